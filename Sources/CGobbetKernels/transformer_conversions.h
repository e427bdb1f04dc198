// Rows of floats as products of other elements read them.
#ifndef TRANSFORMER_CONVERSIONS_H
#define TRANSFORMER_CONVERSIONS_H

#include "transformer_lanes.h"

/// The nearest bfloat16s in the upper halves: `gobbet_bfloat16_bits`, 16 at a time.
INLINE lane_bits round_to_bfloat16(lane_bits bits) {
  const lane_bits size = bits & 0x7FFFFFFF;
  lane_bits rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  rounded = size < 0x00800000 ? bits & (int32_t)0x80000000 : rounded;
  return size > 0x7F800000 ? bits | 0x00400000 : rounded;
}

#ifdef OWN_DOT_PRODUCTS
/// Pairs of bfloat16, the last filled with a zero.
static void convert_to_bfloat16(const float *input, size_t depth, uint32_t *row) {
  const size_t whole = depth / 32 * 32;
  for (size_t k = 0; k < whole; k += 32) {
    const lane_bits low = load_bits(input + k), high = load_bits(input + k + 16);
    const lane_bits even = __builtin_shufflevector(
        low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const lane_bits odd = __builtin_shufflevector(
        low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    const lane_bits first = (round_to_bfloat16(even) >> 16) & 0xFFFF;
    const lane_bits second = round_to_bfloat16(odd) & (int32_t)0xFFFF0000;
    store((float *)(row + k / 2), as_lanes(first | second));
  }
  for (size_t k = whole; k < depth; k += 2) {
    const uint32_t second = k + 1 < depth ? gobbet_bfloat16_bits(input[k + 1]) : 0;
    row[k / 2] = gobbet_bfloat16_bits(input[k]) | second << 16;
  }
}
#else
/// The same values as floats, which is what products in floats need of them; the last pair is filled
/// with a zero.
static void convert_to_bfloat16(const float *input, size_t depth, uint32_t *row) {
  for (size_t k = 0; k < depth; k += 16) {
    const size_t count = depth - k < 16 ? depth - k : 16;
    const lane_bits bits = as_bits(load_some(input + k, count, (lanes)0.0f));
    store_some((float *)(row + k), count, as_lanes(round_to_bfloat16(bits) & (int32_t)0xFFFF0000));
  }
  if (depth % 2 == 1) row[depth] = 0;
}
#endif

/// Blocks of 16-bit integers, then a scale for each. Of every four integers the first stands with the
/// third and the second with the fourth, as products take the weights apart.
static void convert_to_int16(const float *input, size_t depth, uint32_t *row) {
  typedef int16_t shorts __attribute__((ext_vector_type(16), aligned(2)));
  const float magic = 0x1.8p23f;
  const size_t blocks = (depth + gobbet_block_length - 1) / gobbet_block_length;
  for (size_t block = 0; block < blocks; block++) {
    lanes values[2];
    for (size_t half = 0; half < 2; half++) {
      const size_t from = block * gobbet_block_length + half * 16;
      const size_t left = from < depth ? depth - from : 0;
      values[half] = load_some(input + from, left < 16 ? left : 16, (lanes)0.0f);
    }
    const lanes size0 = __builtin_elementwise_abs(values[0]);
    const lanes size1 = __builtin_elementwise_abs(values[1]);
    const float top = largest(size0 > size1 ? size0 : size1);
    // Zero times what is not finite is NaN, and must not get lost in the integers.
    const float scale = top / 32767.0f + 0.0f * sum(values[0] + values[1]);
    const float inverse = top > 0.0f ? 32767.0f / top : 0.0f;
    for (size_t half = 0; half < 2; half++) {
      const lane_bits whole = as_bits(values[half] * inverse + magic) - 0x4B400000;
      const lane_bits pairs = __builtin_shufflevector(
          whole, whole, 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
      *(shorts *)(row + block * 16 + half * 8) = __builtin_convertvector(pairs, shorts);
    }
    memcpy(row + blocks * 16 + block, &scale, sizeof scale);
  }
}

static void convert(gobbet_element element, const float *input, size_t depth, void *row) {
  if (element == gobbet_bfloat16) convert_to_bfloat16(input, depth, row);
  else convert_to_int16(input, depth, row);
}

#endif
