// Attention as two products: with the keys, whose outputs are positions, and, after the softmax,
// with the values, whose outputs are the columns of the head.
#include <string.h>

#include "transformer_layout.h"

static size_t panels_of(size_t count) {
  return (count + gobbet_panel_width - 1) / gobbet_panel_width;
}

size_t gobbet_key_words(gobbet_element element, size_t capacity, size_t head_width) {
  return panels_of(capacity) * gobbet_panel_words(element, head_width);
}

size_t gobbet_value_words(gobbet_element element, size_t capacity, size_t head_width) {
  return panels_of(head_width) * gobbet_panel_words(element, capacity);
}

static uint32_t *keys_of(const gobbet_layer_cache *cache, size_t head) {
  return (uint32_t *)cache->keys
      + head * gobbet_key_words(cache->element, cache->capacity, cache->head_width);
}

static uint32_t *values_of(const gobbet_layer_cache *cache, size_t head) {
  return (uint32_t *)cache->values
      + head * gobbet_value_words(cache->element, cache->capacity, cache->head_width);
}

/// A key is a column of its matrix: an output's weights for all inputs.
static void set_key(
    gobbet_element element, uint32_t *panels, const float *key, size_t width, size_t position) {
  uint32_t *panel =
      panels + position / gobbet_panel_width * gobbet_panel_words(element, width);
  const size_t output = position % gobbet_panel_width;
  if (element == gobbet_float32) {
    float *to = (float *)panel + output;
    for (size_t input = 0; input < width; input++) to[input * gobbet_panel_width] = key[input];
  } else {
    uint16_t *to = (uint16_t *)(panel + output);
    for (size_t input = 0; input < width; input++) {
      to[input / 2 * 2 * gobbet_panel_width + input % 2] = gobbet_bfloat16_bits(key[input]);
    }
  }
}

/// A value is a row of its matrix: an input's weights for all outputs.
static void set_value(
    gobbet_element element, uint32_t *panels, size_t panel_words, const float *value, size_t width,
    size_t position) {
  for (size_t first = 0; first < width; first += gobbet_panel_width) {
    const size_t left = width - first;
    const size_t count = left < gobbet_panel_width ? left : gobbet_panel_width;
    if (element == gobbet_float32) {
      memcpy(panels + position * gobbet_panel_width, value + first, count * sizeof(float));
    } else {
      uint16_t *to = (uint16_t *)(panels + position / 2 * gobbet_panel_width) + position % 2;
      for (size_t output = 0; output < count; output++) {
        to[2 * output] = gobbet_bfloat16_bits(value[first + output]);
      }
    }
    panels += panel_words;
  }
}

typedef struct {
  const gobbet_layer_cache *cache;
  const float *keys;
  size_t row_stride;
  size_t row_count;
  size_t position;
} remembering;

static void remember_task(const void *context, size_t head, size_t thread) {
  (void)thread;
  const remembering *work = context;
  const gobbet_layer_cache *cache = work->cache;
  const size_t width = cache->head_width, row_width = cache->head_count * width;
  const size_t value_panel_words = gobbet_panel_words(cache->element, cache->capacity);
  for (size_t row = 0; row < work->row_count; row++) {
    const float *key = work->keys + row * work->row_stride + head * width;
    const size_t position = work->position + row;
    set_key(cache->element, keys_of(cache, head), key, width, position);
    set_value(
        cache->element, values_of(cache, head), value_panel_words, key + row_width, width,
        position);
  }
}

void gobbet_remember(
    gobbet_pool *pool, const gobbet_layer_cache *cache, const float *keys, size_t row_stride,
    size_t row_count, size_t position) {
  remembering work = {cache, keys, row_stride, row_count, position};
  gobbet_pool_run(pool, cache->head_count, remember_task, &work);
}

/// Floats from a row of scores to the next: a score for every position, and one for a sink.
static size_t score_stride(size_t capacity) { return capacity + gobbet_panel_width; }

/// Words of scratch that one thread needs: scores, and rows as products read them.
static size_t scratch_a_thread(size_t capacity, size_t head_width) {
  // A row of head width may be filled up to a whole pair.
  const size_t longest = capacity > head_width ? capacity : head_width + 1;
  return gobbet_queries_at_once * (score_stride(capacity) + longest);
}

/// Softmax over scores and a sink after them, of which the latter's share goes nowhere.
static void softmax_with_sink(
    const gobbet_kernels *kernels, float *scores, size_t count, float scale, float sink) {
  // The scale of the softmax is undone for the sink.
  scores[count] = sink / scale;
  kernels->softmax(scores, count + 1, scale);
}

size_t gobbet_attention_scratch(const gobbet_pool *pool, size_t capacity, size_t head_width) {
  return gobbet_pool_thread_count(pool) * scratch_a_thread(capacity, head_width);
}

/// The whole product on this thread; `converted` has room for the rows.
static void multiply_here(
    const gobbet_kernels *kernels, gobbet_product product, uint32_t *converted) {
  if (product.element != gobbet_float32) {
    const size_t row_words = gobbet_row_words(kernels, product.element, product.depth);
    for (size_t row = 0; row < product.row_count; row++) {
      kernels->convert(
          product.element, product.inputs,
          (const float *)product.input + row * product.input_stride, product.depth,
          converted + row * row_words);
    }
    product.input = converted;
    product.input_stride = row_words;
  }
  kernels->multiply(&product, 0, panels_of(product.output_count));
}

/// The position after the last that `row` sees, and through `first` the first.
static size_t seen_by(const gobbet_attention *group, size_t row, size_t *first) {
  const size_t end =
      group->sequence_end != 0 ? group->sequence_end : group->position + row + 1;
  *first = group->window != 0 && end > group->window ? end - group->window : 0;
  return end;
}

/// One head of one group. Scores that a row does not see become zero weights, which add nothing to
/// the sums of the second product; whole panels of positions that no row sees are left out.
static void attend(
    const gobbet_kernels *kernels, const gobbet_attention *group, size_t head, float *scratch) {
  const gobbet_layer_cache *cache = &group->cache;
  const size_t width = cache->head_width;
  const size_t cache_head = head / (group->query_head_count / cache->head_count);
  size_t start;
  seen_by(group, 0, &start);
  start = start / gobbet_panel_width * gobbet_panel_width;
  size_t unused;
  const size_t seen = seen_by(group, group->row_count - 1, &unused) - start;
  const size_t key_panel_words = gobbet_panel_words(cache->element, width);
  const size_t stride = score_stride(cache->capacity);
  uint32_t *converted = (uint32_t *)scratch + gobbet_queries_at_once * stride;
  const gobbet_product scores = {
    .element = cache->element,
    .input = group->queries + head * width,
    .input_stride = group->query_stride,
    .row_count = group->row_count,
    .depth = width,
    .panels = keys_of(cache, cache_head) + start / gobbet_panel_width * key_panel_words,
    .panel_stride = key_panel_words,
    .output = scratch,
    .output_stride = stride,
    .output_count = seen,
    .epilogue = gobbet_store,
  };
  multiply_here(kernels, scores, converted);
  for (size_t row = 0; row < group->row_count; row++) {
    float *weights = scratch + row * stride;
    size_t first;
    const size_t end = seen_by(group, row, &first) - start;
    first -= start;
    float scale = group->scale;
    if (group->cap != 0) {
      kernels->cap(weights + first, end - first, scale, group->cap);
      scale = 1;
    }
    if (group->sinks != NULL) {
      softmax_with_sink(kernels, weights + first, end - first, scale, group->sinks[head]);
    } else {
      kernels->softmax(weights + first, end - first, scale);
    }
    memset(weights, 0, first * sizeof(float));
    memset(weights + end, 0, (seen - end) * sizeof(float));
    if (group->weights != NULL) {
      float *kept = group->weights + (head * group->weight_rows + row) * group->weight_stride;
      memcpy(kept + start, weights, end * sizeof(float));
    }
  }
  // As many positions in a word as one word of a panel's row of values holds.
  const size_t positions_a_word = cache->element == gobbet_float32 ? 1 : 2;
  const gobbet_product sums = {
    .element = cache->element,
    .input = scratch,
    .input_stride = stride,
    .row_count = group->row_count,
    .depth = seen,
    .panels = values_of(cache, cache_head) + start / positions_a_word * gobbet_panel_width,
    .panel_stride = gobbet_panel_words(cache->element, cache->capacity),
    .output = group->output + head * width,
    .output_stride = group->output_stride,
    .output_count = width,
    .epilogue = gobbet_store,
  };
  multiply_here(kernels, sums, converted);
}

typedef struct {
  const gobbet_kernels *kernels;
  const gobbet_attention *groups;
  size_t head_count;
  float *scratch;
  size_t scratch_stride;
} attention_work;

static void attend_task(const void *context, size_t task, size_t thread) {
  const attention_work *work = context;
  attend(
      work->kernels, &work->groups[task / work->head_count], task % work->head_count,
      work->scratch + thread * work->scratch_stride);
}

void gobbet_attend(
    const gobbet_kernels *kernels, gobbet_pool *pool, const gobbet_attention *groups,
    size_t group_count, void *scratch) {
  if (group_count == 0) return;
  const gobbet_layer_cache *cache = &groups[0].cache;
  size_t capacity = 0;
  for (size_t group = 0; group < group_count; group++) {
    if (groups[group].cache.capacity > capacity) capacity = groups[group].cache.capacity;
  }
  attention_work work = {
    kernels, groups, groups[0].query_head_count, scratch,
    scratch_a_thread(capacity, cache->head_width)};
  gobbet_pool_run(pool, group_count * work.head_count, attend_task, &work);
}
