// Rows of floats as products of other elements read them.
#ifndef TRANSFORMER_CONVERSIONS_H
#define TRANSFORMER_CONVERSIONS_H

#include "transformer_tiles.h"

/// The nearest bfloat16s in the upper halves: `gobbet_bfloat16_bits`, 16 at a time.
INLINE lane_bits round_to_bfloat16(lane_bits bits) {
  const lane_bits size = bits & 0x7FFFFFFF;
  lane_bits rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  rounded = size < 0x00800000 ? bits & (int32_t)0x80000000 : rounded;
  return size > 0x7F800000 ? bits | 0x00400000 : rounded;
}

#ifdef OWN_DOT_PRODUCTS
/// Pairs of bfloat16, the last filled with a zero.
static void convert_to_pairs(const float *input, size_t depth, uint32_t *row) {
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
#endif

/// The same values as floats, of every pair the second first.
static void convert_to_bfloat16(const float *input, size_t depth, uint32_t *row) {
  const size_t whole = depth / 16 * 16;
  for (size_t k = 0; k < whole; k += 16) {
    const lane_bits bits = round_to_bfloat16(load_bits(input + k)) & (int32_t)0xFFFF0000;
    const lane_bits swapped = __builtin_shufflevector(
        bits, bits, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    store((float *)(row + k), as_lanes(swapped));
  }
  for (size_t k = whole; k < depth; k += 2) {
    row[k] = k + 1 < depth ? gobbet_bfloat16_bits(input[k + 1]) << 16 : 0;
    row[k + 1] = gobbet_bfloat16_bits(input[k]) << 16;
  }
}

/// What rounded numbers are multiples of, and what makes integers of them.
typedef struct {
  float scale;
  float inverse;
} rounding;

/// Steps of `size / count`. Sizes of no account become zeros, so that the inverse is finite.
INLINE rounding rounding_for(float size, float count) {
  return (rounding){size / count, size > 0x1p-100f ? count / size : 0.0f};
}

/// The integers nearest to values of less than 2^22.
INLINE lane_bits nearest(lanes values) { return as_bits(values + 0x1.8p23f) - 0x4B400000; }

/// 16 inputs of a row that zeros follow.
INLINE lanes inputs_at(const float *input, size_t depth, size_t at) {
  const size_t left = at < depth ? depth - at : 0;
  if (left >= 16) return load(input + at);
  return load_some(input + at, left, (lanes)0.0f);
}

/// Blocks of integers, the scale of the row, what its integers count from, and for inputs of 8 bits
/// a scale for every block.
INLINE void convert_to_blocks(
    const gobbet_inputs inputs, const float *input, size_t depth, uint32_t *row) {
  const size_t words = inputs == gobbet_inputs_of_16_bits ? words_of_16_bits : words_of_8_bits;
  const size_t blocks = (depth + gobbet_block_length - 1) / gobbet_block_length;
  const size_t end = blocks * gobbet_block_length;
  float *scales = (float *)(row + blocks * words);
  lanes sizes = (lanes)0.0f, least = (lanes)0.0f, total = (lanes)0.0f;
  if (inputs != gobbet_inputs_of_8_bits) {
    for (size_t at = 0; at < end; at += 16) {
      const lanes values = inputs_at(input, depth, at);
      const lanes size = __builtin_elementwise_abs(values);
      sizes = size > sizes ? size : sizes;
      least = values < least ? values : least;
      total += values;
    }
  }
  const rounding whole = rounding_for(largest(sizes), 32767.0f);
  const float offset = inputs == gobbet_inputs_of_8_bits_upwards ? -largest(-least) : 0.0f;
  // Zero times what is not finite is NaN, and must not get lost in the integers.
  scales[0] = inputs == gobbet_inputs_of_16_bits ? whole.scale + 0.0f * sum(total) : 1.0f;
  scales[1] = offset;
  for (size_t block = 0; block < blocks; block++) {
    const size_t at = block * gobbet_block_length;
    const lanes first = inputs_at(input, depth, at) - offset;
    const lanes second = inputs_at(input, depth, at + 16) - offset;
    rounding own = whole;
    if (inputs != gobbet_inputs_of_16_bits) {
      const lanes size0 = __builtin_elementwise_abs(first);
      const lanes size1 = __builtin_elementwise_abs(second);
      const float size = largest(size0 > size1 ? size0 : size1);
      own = rounding_for(size, inputs == gobbet_inputs_of_8_bits ? 127.0f : 255.0f);
      scales[2 + block] = own.scale + 0.0f * sum(first + second);
    }
    store_block(
        row + block * words, inputs, nearest(first * own.inverse), nearest(second * own.inverse));
  }
}

/// The tiles of a row and the scale of it all: see `gobbet_tile_input_words`.
static void convert_to_tiles(
    gobbet_element element, const float *input, size_t depth, uint32_t *row) {
  const gobbet_format format = gobbet_format_of(element);
  const int32_t zero = are_bytes_signed && format.bits == 8 ? 0 : format.zero;
  const size_t tiles = depth / gobbet_tile_length;
  uint32_t *starts = row + tiles * gobbet_tile_input_words;
  lanes sizes = (lanes)0.0f, total = (lanes)0.0f;
  for (size_t at = 0; at < depth; at += 16) {
    const lanes values = load(input + at), size = __builtin_elementwise_abs(values);
    sizes = size > sizes ? size : sizes;
    total += values;
  }
  // The upper of two bytes with signs reaches 127.
  const rounding whole = rounding_for(largest(sizes), 127.0f * 256.0f);
  for (size_t index = 0; index < tiles; index++) {
    const float *own = input + index * gobbet_tile_length;
    const lane_bits first = nearest(load(own) * whole.inverse);
    const lane_bits second = nearest(load(own + 16) * whole.inverse);
    const int32_t sums[2] = {
      __builtin_reduce_add(first), __builtin_reduce_add(second)};
    const int32_t start = -zero * (format.runs == 2 ? sums[0] : sums[0] + sums[1]);
    const float sum = (float)(sums[0] + sums[1]);
    const int32_t other = -zero * sums[1];
    store_tile(row + index * gobbet_tile_input_words, first, second);
    memcpy(starts + 2 * index, &start, sizeof start);
    memcpy(starts + 2 * index + 1, format.has_least ? (const void *)&sum : &other, sizeof other);
  }
  // Zero times what is not finite is NaN, and must not get lost in the integers.
  const float scale = whole.scale + 0.0f * sum(total);
  memcpy(starts + 2 * tiles, &scale, sizeof scale);
}

static void convert(
    gobbet_element element, gobbet_inputs inputs, const float *input, size_t depth, void *row) {
  if (element == gobbet_bfloat16) return convert_to_bfloat16(input, depth, row);
  if (element != gobbet_int8) return convert_to_tiles(element, input, depth, row);
  switch (inputs) {
  case gobbet_inputs_of_16_bits:
    return convert_to_blocks(gobbet_inputs_of_16_bits, input, depth, row);
  case gobbet_inputs_of_8_bits:
    return convert_to_blocks(gobbet_inputs_of_8_bits, input, depth, row);
  case gobbet_inputs_of_8_bits_upwards:
    return convert_to_blocks(gobbet_inputs_of_8_bits_upwards, input, depth, row);
  }
}

#endif
