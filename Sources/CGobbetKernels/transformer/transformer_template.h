// The functions of `gobbet_kernels` in portable vectors of 16 floats. Each variant includes this
// file once, compiled for its instructions, with these defined:
//
// VARIANT, VARIANT_NAME  the table and what it is called
// ROWS_AT_ONCE           rows of floats or bfloat16 whose sums fit in the registers
// ROWS_OF_BLOCKS         rows whose products with a block of int8 are added side by side
// STEPS_AT_ONCE          1 or 2, times 16 outputs
// OWN_DOT_PRODUCTS       if the variant brings `dot_bfloat16`: then there is a second table,
//                        VARIANT_WITH_PAIRS, of kernels that use it
// OWN_INTEGER_PRODUCTS   if it brings `dot_int16`
// OWN_BYTE_PRODUCTS      if it brings `dot_bytes` and `dot_signed`, or has `sdot`
// FOR_NEON               if products of integers are those of `transformer_neon_blocks.h`
// OWN_MATRIX_PRODUCTS    if `smmla` is among them
// OWN_PAIRS              if it has products of bfloat16 that are added with one rounding
// FUSED_BY_CALLS         if a fused multiply-add is a call for each lane, whose code is not repeated
//                        for single rows of tiles
// OWN_HALVES             if it brings `halves_at`
// OWN_TABLES             if it brings `float4_bytes`
#include "transformer_lanes.h"
#include "transformer_products.h"
#include "transformer_blocks.h"
#include "transformer_tiles.h"
#include "transformer_conversions.h"
#include "transformer_limits.h"
#include "transformer_rows.h"

static void multiply(const gobbet_product *product, size_t first, size_t end) {
  switch (product->element) {
  case gobbet_float32: return multiply_panels(product, first, end, words_are_floats);
  case gobbet_bfloat16: return multiply_panels(product, first, end, words_become_floats);
  case gobbet_int8: break;
  case gobbet_stored_float16: return multiply_panels(product, first, end, words_of_float16);
  case gobbet_stored_bfloat16: return multiply_panels(product, first, end, words_of_bfloat16);
  default: return multiply_all_tiles(product, first, end);
  }
  switch (product->inputs) {
  case gobbet_inputs_of_16_bits:
    return multiply_blocks(product, first, end, gobbet_inputs_of_16_bits);
  case gobbet_inputs_of_8_bits:
    return multiply_blocks(product, first, end, gobbet_inputs_of_8_bits);
  case gobbet_inputs_of_8_bits_upwards:
    return multiply_blocks(product, first, end, gobbet_inputs_of_8_bits_upwards);
  }
}

static void normalize(
    const float *input, size_t width, const float *gain, const float *shift, float epsilon,
    float *output) {
  const size_t whole = width / 16 * 16;
  lanes total = (lanes)0.0f;
  for (size_t i = 0; i < whole; i += 16) total += load(input + i);
  if (whole < width) total += load_some(input + whole, width - whole, (lanes)0.0f);
  const float mean = sum(total) / (float)width;
  lanes squares = (lanes)0.0f;
  for (size_t i = 0; i < whole; i += 16) {
    lanes distance = load(input + i) - mean;
    squares = fused(distance, distance, squares);
  }
  if (whole < width) {
    lanes distance = load_some(input + whole, width - whole, (lanes)mean) - mean;
    squares = fused(distance, distance, squares);
  }
  const float scale = 1.0f / sqrtf(sum(squares) / (float)width + epsilon);
  for (size_t i = 0; i < whole; i += 16) {
    lanes distance = (load(input + i) - mean) * scale;
    store(output + i, fused(distance, load(gain + i), load(shift + i)));
  }
  for (size_t i = whole; i < width; i++) {
    output[i] = fmaf((input[i] - mean) * scale, gain[i], shift[i]);
  }
}

static void softmax(float *scores, size_t count, float scale) {
  const size_t whole = count / 16 * 16;
  lanes highest = (lanes)-INFINITY;
  for (size_t i = 0; i < whole; i += 16) {
    lanes v = load(scores + i);
    highest = v > highest ? v : highest;
  }
  if (whole < count) {
    lanes v = load_some(scores + whole, count - whole, (lanes)-INFINITY);
    highest = v > highest ? v : highest;
  }
  const float top = largest(highest);
  lanes total = (lanes)0.0f;
  for (size_t i = 0; i < whole; i += 16) {
    lanes e = exponential((load(scores + i) - top) * scale);
    total += e;
    store(scores + i, e);
  }
  if (whole < count) {
    lanes v = load_some(scores + whole, count - whole, (lanes)-INFINITY);
    lanes e = exponential((v - top) * scale);
    total += e;
    store_some(scores + whole, count - whole, e);
  }
  const float factor = 1.0f / sum(total);
  for (size_t i = 0; i < whole; i += 16) store(scores + i, load(scores + i) * factor);
  for (size_t i = whole; i < count; i++) scores[i] *= factor;
}

#define KERNELS(NAME, MULTIPLY, CONVERT, EXHAUST, WORDS_A_PAIR) { \
  NAME, MULTIPLY, CONVERT, normalize, normalize_by_rms, activate, cap, softmax, EXHAUST, \
  ROWS_AT_ONCE * STEPS_AT_ONCE * 16, WORDS_A_PAIR, words_of_8_bits < words_of_16_bits}

const gobbet_kernels VARIANT = KERNELS(VARIANT_NAME, multiply, convert, exhaust, 2);

#ifdef OWN_DOT_PRODUCTS
static void multiply_pairs(const gobbet_product *product, size_t first, size_t end) {
  if (product->element != gobbet_bfloat16) return multiply(product, first, end);
  multiply_panels(product, first, end, words_are_pairs);
}

static void convert_pairs(
    gobbet_element element, gobbet_inputs inputs, const float *input, size_t depth, void *row) {
  if (element != gobbet_bfloat16) return convert(element, inputs, input, depth, row);
  convert_to_pairs(input, depth, row);
}

static float exhaust_pairs(gobbet_element element, size_t rounds) {
  if (element != gobbet_bfloat16) return exhaust(element, rounds);
  return exhaust_element(gobbet_bfloat16, words_are_pairs, rounds);
}

const gobbet_kernels VARIANT_WITH_PAIRS =
    KERNELS(VARIANT_NAME "-pairs", multiply_pairs, convert_pairs, exhaust_pairs, 1);
#endif
