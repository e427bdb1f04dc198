// Products of rows with panels: see `gobbet_element` for the order of their sums.
#ifndef TRANSFORMER_PRODUCTS_H
#define TRANSFORMER_PRODUCTS_H

#include "transformer_lanes.h"

/// A row's outputs of `steps` times 16 lanes, through the epilogue and into memory.
///
/// Not inlined: thirty copies in each variant would be a third of its code, and are hardly faster.
APART void finish(
    const gobbet_product *product, size_t row, size_t first_output, const lanes *sums,
    size_t steps) {
  float *output = product->output + row * product->output_stride + first_output;
  for (size_t step = 0; step < steps; step++) {
    if (first_output + step * 16 >= product->output_count) break;
    size_t left = product->output_count - first_output - step * 16;
    left = left < 16 ? left : 16;
    float *own = output + step * 16;
    lanes result = sums[step];
    if (product->epilogue == gobbet_gelu) result = gelu(result);
    if (product->epilogue == gobbet_add) {
      // A copy of unknown length is a call.
      result += left == 16 ? load(own) : load_some(own, left, (lanes)0.0f);
    }
    if (left == 16) store(own, result);
    else store_some(own, left, result);
  }
}

/// Decoding waits for memory; 4 KiB ahead is far enough to hide that.
enum { words_ahead = 1024 };

/// Asks for `count` words that far ahead of those at `words`. What the machine foresees by itself
/// covers about four fifths of them.
INLINE void prefetch(const uint32_t *words, const size_t count) {
  UNROLLED
  for (size_t word = 0; word < count; word += 16) {
    __builtin_prefetch(words + words_ahead + word);
  }
}

/// What the sums of outputs start at.
INLINE lanes start(const gobbet_product *product, size_t output) {
  return product->bias == NULL ? (lanes)0.0f : load(product->bias + output);
}

/// How a panel's words are multiplied.
typedef enum {
  /// As floats, with inputs that are floats.
  words_are_floats,
  /// As pairs of bfloat16 that become floats first: a product of floats is twice as fast as
  /// `vdpbf16ps` on Intel's processors. Of a pair of inputs the second stands first.
  words_become_floats,
  /// As pairs by `dot_bfloat16`, which is twice as fast as a product of floats on AMD's.
  words_are_pairs,
  /// As stored floats that become floats of 32 bits first.
  words_of_float16,
  words_of_bfloat16
} panel_words;

// Below, `words`, `rows` and `steps` are constants wherever a function is inlined, so that the sums
// stay in registers.

/// Half a pair as floats: the upper or the lower one.
INLINE lanes half_of(lane_bits pairs, const bool is_upper) {
  return as_lanes(is_upper ? pairs & (int32_t)0xFFFF0000 : pairs << 16);
}

#ifdef FOR_NEON
#include "transformer_neon_rows.h"
#endif

/// Words of a panel for one input, or for one pair if products take pairs.
INLINE size_t words_an_input(const panel_words words) {
  const bool are_whole = words == words_are_floats || words == words_are_pairs;
  return are_whole ? gobbet_panel_width : gobbet_panel_width / 2;
}

/// The weights of 16 outputs for an input, as products take them.
INLINE lanes weights_at(
    const uint32_t *panel, size_t input, const size_t step, const panel_words words) {
  const uint32_t *own = panel + input * words_an_input(words);
  switch (words) {
  case words_become_floats:
    own = panel + input / 2 * gobbet_panel_width;
    return half_of(load_bits(own + step * 16), input % 2 == 0);
  case words_of_float16: {
    const shorts halves =
        __builtin_convertvector(load_bits(own) >> (int)(16 * step) & 0xFFFF, shorts);
    return halves_at(&halves);
  }
  case words_of_bfloat16: return half_of(load_bits(own), step == 1);
  default: return load((const float *)own + step * 16);
  }
}

/// Adds a product with a word of inputs.
INLINE lanes add_word(lanes sums, float input, lanes weights, const panel_words words) {
#ifdef OWN_DOT_PRODUCTS
  if (words == words_are_pairs) return dot_bfloat16(sums, input, as_bits(weights));
#else
  (void)words;
#endif
  return fused((lanes)input, weights, sums);
}

/// Words of inputs whose weights, 16 KiB, stay in the first cache while all rows go by them.
enum { words_a_part = 128 };
/// Rows whose sums, 8 KiB, wait in memory meanwhile.
enum { rows_a_group = 64 };

/// Adds the products of a part to the sums of `rows` rows and `steps` times 16 outputs.
INLINE void add_words(
    const float *input, size_t stride, const uint32_t *weights, size_t count, lanes waiting[][2],
    const size_t first_step, const panel_words words, const size_t rows, const size_t steps) {
  lanes sums[ROWS_AT_ONCE][2];
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < steps; step++) sums[row][step] = waiting[row][first_step + step];
  }
  for (size_t k = 0; k < count; k++) {
    const uint32_t *own = weights + k * gobbet_panel_width;
    prefetch(own, gobbet_panel_width);
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      for (size_t step = 0; step < steps; step++) {
        const lanes own_weights = load((const float *)own + (first_step + step) * 16);
        sums[row][step] = add_word(sums[row][step], input[row * stride + k], own_weights, words);
      }
    }
  }
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < steps; step++) waiting[row][first_step + step] = sums[row][step];
  }
}

/// The same for any number of rows: as many at once as registers hold, then four, then one.
INLINE void add_words_to_all(
    const float *input, size_t stride, const uint32_t *weights, size_t count, lanes waiting[][2],
    size_t rows, const panel_words words) {
  size_t row = 0;
  for (; row + ROWS_AT_ONCE <= rows; row += ROWS_AT_ONCE) {
    for (size_t step = 0; step < 2; step += STEPS_AT_ONCE) {
      add_words(
          input + row * stride, stride, weights, count, waiting + row, step, words, ROWS_AT_ONCE,
          STEPS_AT_ONCE);
    }
  }
  for (; row + 4 <= rows; row += 4) {
    for (size_t step = 0; step < 2; step += STEPS_AT_ONCE) {
      add_words(
          input + row * stride, stride, weights, count, waiting + row, step, words, 4,
          STEPS_AT_ONCE);
    }
  }
  for (; row < rows; row++) {
    add_words(input + row * stride, stride, weights, count, waiting + row, 0, words, 1, 2);
  }
}

#define ADD_WORDS(NAME, WORDS) \
  APART void NAME( \
      const float *input, size_t stride, const uint32_t *weights, size_t count, \
      lanes waiting[][2], size_t rows) { \
    add_words_to_all(input, stride, weights, count, waiting, rows, WORDS); \
  }
ADD_WORDS(add_floats, words_are_floats)
#ifdef OWN_DOT_PRODUCTS
ADD_WORDS(add_pairs, words_are_pairs)
#endif
#undef ADD_WORDS

/// The weights of `count` inputs as floats.
INLINE const uint32_t *widened(
    const uint32_t *weights, size_t count, const panel_words words, lanes floats[][2]) {
  for (size_t k = 0; k < count; k++) {
    prefetch(weights + k * words_an_input(words), words_an_input(words));
    for (size_t step = 0; step < 2; step++) floats[k][step] = weights_at(weights, k, step, words);
  }
  return (const uint32_t *)floats;
}

/// Words of a row of inputs.
INLINE size_t words_of_inputs(const gobbet_product *product, const panel_words words) {
  const size_t pairs = (product->depth + 1) / 2;
  if (words == words_are_pairs) return pairs;
  return words == words_become_floats ? pairs * 2 : product->depth;
}

/// A panel's outputs for a group of rows.
INLINE void multiply_rows(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t first_row,
    const panel_words words) {
  const size_t left = product->row_count - first_row;
  const size_t rows = left < rows_a_group ? left : rows_a_group;
  const size_t stride = product->input_stride, depth = words_of_inputs(product, words);
  const float *input = (const float *)product->input + first_row * stride;
  lanes sums[rows_a_group][2];
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < 2; step++) {
      sums[row][step] = start(product, first_output + step * 16);
    }
  }
  for (size_t first = 0; first < depth; first += words_a_part) {
    const size_t count = depth - first < words_a_part ? depth - first : words_a_part;
    const uint32_t *weights = panel + first * words_an_input(words);
#ifdef OWN_DOT_PRODUCTS
    if (words == words_are_pairs) {
      add_pairs(input + first, stride, weights, count, sums, rows);
      continue;
    }
#endif
    lanes floats[words_a_part][2];
    if (words != words_are_floats) weights = widened(weights, count, words, floats);
    add_floats(input + first, stride, weights, count, sums, rows);
  }
  for (size_t row = 0; row < rows; row++) {
    finish(product, first_row + row, first_output, sums[row], 2);
  }
}

/// Adds the products with word `k` of a single row to all sums.
INLINE void add_one_word(
    const float *input, const uint32_t *panel, size_t k, const panel_words words, lanes sums[2]) {
  for (size_t step = 0; step < 2; step++) {
    sums[step] = add_word(sums[step], input[k], weights_at(panel, k, step, words), words);
  }
}

/// A panel's outputs for a single row, whose sums stay in registers.
INLINE void multiply_row(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t row,
    const panel_words words) {
  const float *input = (const float *)product->input + row * product->input_stride;
  const size_t count = words_of_inputs(product, words);
  lanes sums[2];
  for (size_t step = 0; step < 2; step++) sums[step] = start(product, first_output + step * 16);
  size_t k = 0;
#ifdef FOR_NEON
  k = add_most_inputs(input, panel, count, words, sums);
#endif
  for (; k + 2 <= count; k += 2) {
    prefetch(panel + k * words_an_input(words), 2 * words_an_input(words));
    add_one_word(input, panel, k, words, sums);
    add_one_word(input, panel, k + 1, words, sums);
  }
  if (k < count) add_one_word(input, panel, k, words, sums);
  // A copy, since what a function is given the address of stays in memory.
  const lanes results[2] = {sums[0], sums[1]};
  finish(product, row, first_output, results, 2);
}

/// The same for a group, or for a single row.
INLINE void multiply_some(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t row,
    const panel_words words, const bool is_single) {
  if (is_single) multiply_row(product, panel, first_output, row, words);
  else multiply_rows(product, panel, first_output, row, words);
}

/// A function NAME of all rows, a group at a time by all panels from `first` to before `end`. `kind` is
/// a constant, and whether a group is a single row is one for the product of it.
#define MULTIPLY_GROUPS(NAME, KIND, MULTIPLY_GROUP) \
  INLINE void NAME(const gobbet_product *product, size_t first, size_t end, const KIND kind) { \
    for (size_t row = 0; row < product->row_count; row += rows_a_group) { \
      const bool is_single = SINGLE_ROWS && product->row_count - row == 1; \
      for (size_t index = first; index < end; index++) { \
        const uint32_t *panel = (const uint32_t *)product->panels + index * product->panel_stride; \
        const size_t output = index * gobbet_panel_width; \
        if (is_single) MULTIPLY_GROUP(product, panel, output, row, kind, true); \
        else MULTIPLY_GROUP(product, panel, output, row, kind, false); \
      } \
    } \
  }

MULTIPLY_GROUPS(multiply_panels, panel_words, multiply_some)

#endif
