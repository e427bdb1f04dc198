// Products of rows with panels: see `gobbet_element` for the order of their sums.
#ifndef TRANSFORMER_PRODUCTS_H
#define TRANSFORMER_PRODUCTS_H

#include "transformer_lanes.h"

/// A row's outputs of `steps` times 16 lanes, through the epilogue and into memory.
///
/// Not inlined: thirty copies in each variant would be a third of its code, and are hardly faster.
static __attribute__((noinline)) void finish(
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

/// Asks for two lines of the cache ahead of those at `words`. What the machine foresees by itself
/// covers about four fifths of them.
INLINE void prefetch_two(const uint32_t *words) {
  __builtin_prefetch(words + words_ahead);
  __builtin_prefetch(words + words_ahead + 16);
}

/// What the sums of outputs start at.
INLINE lanes start(const gobbet_product *product, size_t output) {
  return product->bias == NULL ? (lanes)0.0f : load(product->bias + output);
}

#ifdef OWN_DOT_PRODUCTS
enum { words_a_pair = 1 };

/// Adds the products of a pair of inputs of every row to its sums: the upper ones first, each with
/// one rounding.
INLINE void add_pairs(
    const uint32_t *input, size_t stride, const uint32_t *weights, lanes sums[][2],
    const size_t rows, const size_t steps) {
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < steps; step++) {
      sums[row][step] = dot_bfloat16(
          sums[row][step], (int32_t)input[row * stride], load_bits(weights + step * 16));
    }
  }
}
#else
enum { words_a_pair = 2 };

/// Half a pair as floats: the upper or the lower one.
INLINE lanes half_of(lane_bits pairs, const bool is_upper) {
  return as_lanes(is_upper ? pairs & (int32_t)0xFFFF0000 : pairs << 16);
}

/// The same for inputs that are floats already. All rows go through one half of the weights before
/// the other, so that registers never hold both.
INLINE void add_pairs(
    const uint32_t *input, size_t stride, const uint32_t *weights, lanes sums[][2],
    const size_t rows, const size_t steps) {
  UNROLLED
  for (size_t half = 2; half-- > 0;) {
    // Reading the weights twice is cheaper than keeping them: the compiler must not see that it could.
    __asm__("" : "+r"(weights));
    lanes wide[2];
    for (size_t step = 0; step < steps; step++) {
      wide[step] = half_of(load_bits(weights + step * 16), half == 1);
    }
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      const lanes value = (lanes)((const float *)input)[row * stride + half];
      for (size_t step = 0; step < steps; step++) {
        sums[row][step] = fused(value, wide[step], sums[row][step]);
      }
    }
  }
}

/// The products of one pair: what `exhaust` repeats.
INLINE lanes dot_bfloat16(lanes sums, int32_t pair, lane_bits weights) {
  const lane_bits both = (lane_bits)pair;
  sums = fused(half_of(both, true), half_of(weights, true), sums);
  return fused(half_of(both, false), half_of(weights, false), sums);
}
#endif

// Below, `element`, `rows` and `steps` are constants wherever a function is inlined, so that the
// sums stay in registers.

/// Outputs of `steps` times 16 lanes for `rows` rows of floats or pairs of bfloat16.
INLINE void multiply_words(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t first_row,
    const gobbet_element element, const size_t rows, const size_t steps) {
  const uint32_t *input = (const uint32_t *)product->input + first_row * product->input_stride;
  const size_t stride = product->input_stride;
  // Inputs, or pairs of them.
  const size_t words = element == gobbet_bfloat16 ? (product->depth + 1) / 2 : product->depth;
  lanes sums[ROWS_AT_ONCE][2];
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < steps; step++) {
      sums[row][step] = start(product, first_output + step * 16);
    }
  }
  for (size_t k = 0; k < words; k++) {
    const uint32_t *weights = panel + k * gobbet_panel_width;
    if (rows == 1) prefetch_two(weights);
    if (element == gobbet_bfloat16) {
      add_pairs(input + k * words_a_pair, stride, weights, sums, rows, steps);
      continue;
    }
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      const lanes value = (lanes)((const float *)input)[row * stride + k];
      for (size_t step = 0; step < steps; step++) {
        sums[row][step] = fused(value, load((const float *)weights + step * 16), sums[row][step]);
      }
    }
  }
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    // A copy, since what a function is given the address of stays in memory.
    const lanes results[2] = {sums[row][0], sums[row][steps - 1]};
    finish(product, first_row + row, first_output, results, steps);
  }
}

/// All rows, as many at once as registers hold, then four, then one.
INLINE void multiply_panels(
    const gobbet_product *product, size_t first, size_t end, const gobbet_element element) {
  enum { width = STEPS_AT_ONCE * 16 };
  for (size_t index = first; index < end; index++) {
    const uint32_t *panel = (const uint32_t *)product->panels + index * product->panel_stride;
    const size_t panel_output = index * gobbet_panel_width;
    size_t row = 0;
    for (; row + ROWS_AT_ONCE <= product->row_count; row += ROWS_AT_ONCE) {
      for (size_t output = 0; output < gobbet_panel_width; output += width) {
        multiply_words(
            product, panel + output, panel_output + output, row, element, ROWS_AT_ONCE,
            STEPS_AT_ONCE);
      }
    }
    for (; row + 4 <= product->row_count; row += 4) {
      for (size_t output = 0; output < gobbet_panel_width; output += width) {
        multiply_words(
            product, panel + output, panel_output + output, row, element, 4, STEPS_AT_ONCE);
      }
    }
    for (; row < product->row_count; row++) {
      multiply_words(product, panel, panel_output, row, element, 1, 2);
    }
  }
}

#endif
