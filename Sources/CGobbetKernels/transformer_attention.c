// Attention as two products: with the keys, whose outputs are positions, and, after the softmax,
// with the values, whose outputs are the columns of the head.
#include <math.h>
#include <string.h>

#include "gobbet_transformer.h"

static size_t panels_of(size_t count) {
  return (count + gobbet_panel_width - 1) / gobbet_panel_width;
}

size_t gobbet_key_count(size_t capacity, size_t head_count, size_t head_width) {
  return head_count * capacity * head_width;
}

size_t gobbet_value_count(size_t capacity, size_t head_count, size_t head_width) {
  return head_count * capacity * panels_of(head_width) * gobbet_panel_width;
}

static float *keys_of(const gobbet_layer_cache *cache, size_t head) {
  return cache->keys + gobbet_key_count(cache->capacity, head, cache->head_width);
}

static float *values_of(const gobbet_layer_cache *cache, size_t head) {
  return cache->values + gobbet_value_count(cache->capacity, head, cache->head_width);
}

void gobbet_remember(
    const gobbet_layer_cache *cache, const float *rows, size_t row_stride, size_t row_count,
    size_t position) {
  const size_t width = cache->head_width, model_width = cache->head_count * width;
  for (size_t head = 0; head < cache->head_count; head++) {
    for (size_t row = 0; row < row_count; row++) {
      const float *key = rows + row * row_stride + model_width + head * width;
      const float *value = key + model_width;
      size_t at = position + row;
      float *keys = keys_of(cache, head)
          + at / gobbet_panel_width * gobbet_panel_width * width + at % gobbet_panel_width;
      for (size_t k = 0; k < width; k++) keys[k * gobbet_panel_width] = key[k];
      float *values = values_of(cache, head) + at * gobbet_panel_width;
      for (size_t k = 0; k < width; k += gobbet_panel_width) {
        size_t count = width - k < gobbet_panel_width ? width - k : gobbet_panel_width;
        memcpy(values + k * cache->capacity, value + k, count * sizeof(float));
      }
    }
  }
}

/// Floats of scratch that one thread needs.
static size_t scratch_a_thread(size_t capacity) { return gobbet_queries_at_once * capacity; }

size_t gobbet_attention_scratch(const gobbet_pool *pool, size_t capacity) {
  return gobbet_pool_thread_count(pool) * scratch_a_thread(capacity);
}

/// One head of one group. Row r's scores past its own position become zero weights, which add
/// nothing to the sums of the second product.
static void attend(
    const gobbet_kernels *kernels, const gobbet_attention *group, size_t head, float *scratch,
    float scale) {
  const gobbet_layer_cache *cache = &group->cache;
  const size_t width = cache->head_width, seen = group->position + group->row_count;
  const gobbet_product scores = {
    .element = gobbet_float32,
    .input = group->queries + head * width,
    .input_stride = group->query_stride,
    .row_count = group->row_count,
    .depth = width,
    .panels = keys_of(cache, head),
    .panel_stride = width * gobbet_panel_width,
    .output = scratch,
    .output_stride = cache->capacity,
    .output_count = seen,
    .epilogue = gobbet_store,
  };
  kernels->multiply(&scores, 0, panels_of(seen));
  for (size_t row = 0; row < group->row_count; row++) {
    float *weights = scratch + row * cache->capacity;
    size_t count = group->position + row + 1;
    kernels->softmax(weights, count, scale);
    memset(weights + count, 0, (seen - count) * sizeof(float));
    if (group->weights != NULL) {
      float *kept = group->weights + (head * group->weight_rows + row) * group->weight_stride;
      memcpy(kept, weights, count * sizeof(float));
    }
  }
  const gobbet_product sums = {
    .element = gobbet_float32,
    .input = scratch,
    .input_stride = cache->capacity,
    .row_count = group->row_count,
    .depth = seen,
    .panels = values_of(cache, head),
    .panel_stride = cache->capacity * gobbet_panel_width,
    .output = group->output + head * width,
    .output_stride = group->output_stride,
    .output_count = width,
    .epilogue = gobbet_store,
  };
  kernels->multiply(&sums, 0, panels_of(width));
}

typedef struct {
  const gobbet_kernels *kernels;
  const gobbet_attention *groups;
  size_t head_count;
  float *scratch;
  float scale;
} attention_work;

static void attend_task(const void *context, size_t task, size_t thread) {
  const attention_work *work = context;
  const gobbet_attention *group = &work->groups[task / work->head_count];
  float *scratch = work->scratch + thread * scratch_a_thread(group->cache.capacity);
  attend(work->kernels, group, task % work->head_count, scratch, work->scale);
}

void gobbet_attend(
    const gobbet_kernels *kernels, gobbet_pool *pool, const gobbet_attention *groups,
    size_t group_count, float *scratch) {
  if (group_count == 0) return;
  const gobbet_layer_cache *cache = &groups[0].cache;
  attention_work work = {
    kernels, groups, cache->head_count, scratch, 1.0f / sqrtf((float)cache->head_width)};
  gobbet_pool_run(pool, group_count * cache->head_count, attend_task, &work);
}
