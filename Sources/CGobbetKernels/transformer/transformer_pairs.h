// Blocks of int8 by products of 16-bit integers, for variants that have none of bytes.
#ifndef TRANSFORMER_PAIRS_H
#define TRANSFORMER_PAIRS_H

#include "transformer_lanes.h"

#ifndef OWN_INTEGER_PRODUCTS
/// sums + the products of two pairs of 16-bit integers.
INLINE lane_bits dot_int16(lane_bits sums, int32_t pair, lane_bits weights) {
  const lane_bits both = (lane_bits)pair;
  return sums + (both >> 16) * (weights >> 16) + ((both << 16) >> 16) * ((weights << 16) >> 16);
}
#endif

/// What `exhaust` repeats.
INLINE lane_bits dot_integers(lane_bits sums, int32_t inputs, lane_bits weights) {
  return dot_int16(sums, inputs, weights);
}

/// Words of inputs in a block, which are 16-bit integers whatever they were rounded to. Of every
/// four the first stands with the third and the second with the fourth, as shifts take the weights
/// apart.
enum {
  pairs_a_block = gobbet_block_length / 2,
  words_of_8_bits = pairs_a_block,
  words_of_16_bits = pairs_a_block
};

/// A pair of 16 outputs, out of the bytes of a block.
INLINE lane_bits pair_of(const uint32_t *words, size_t pair, size_t step) {
  typedef int16_t shorts __attribute__((ext_vector_type(32)));
  const shorts both = (shorts)load_bits(words + pair / 2 * 32 + step * 16);
  return (lane_bits)(pair % 2 == 0 ? (both << 8) >> 8 : both >> 8);
}

/// The weights of a block: as they are for a single row, and taken apart for several.
typedef struct {
  const uint32_t *words;
  lane_bits pairs[pairs_a_block][2];
} block_weights;

INLINE block_weights read_block(const uint32_t *words, const gobbet_inputs inputs) {
  (void)inputs;
  block_weights block;
  block.words = words;
  UNROLLED
  for (size_t pair = 0; pair < pairs_a_block; pair++) {
    for (size_t step = 0; step < 2; step++) block.pairs[pair][step] = pair_of(words, pair, step);
  }
  return block;
}

/// The sums of a block's weights.
INLINE lane_bits sum_block(const block_weights *block, size_t step) {
  lane_bits sums = (lane_bits)0;
  UNROLLED
  for (size_t pair = 0; pair < pairs_a_block; pair++) {
    sums = dot_int16(sums, 0x00010001, pair_of(block->words, pair, step));
  }
  return sums;
}

/// Puts the two halves of a block's inputs into a row.
INLINE void store_block(
    uint32_t *row, const gobbet_inputs inputs, lane_bits first, lane_bits second) {
  typedef int16_t shorts __attribute__((ext_vector_type(16), aligned(2)));
  (void)inputs;
  const lane_bits halves[2] = {first, second};
  for (size_t half = 0; half < 2; half++) {
    const lane_bits pairs = __builtin_shufflevector(
        halves[half], halves[half], 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
    *(shorts *)(row + half * 8) = __builtin_convertvector(pairs, shorts);
  }
}

/// The sums of a block's products with the inputs of `rows` rows, a constant.
INLINE void dot_block(
    const block_weights *block, const uint32_t *input, size_t stride, const gobbet_inputs inputs,
    const size_t rows, lane_bits exact[][2]) {
  (void)inputs;
  for (size_t row = 0; row < rows; row++) exact[row][0] = exact[row][1] = (lane_bits)0;
  UNROLLED
  for (size_t pair = 0; pair < pairs_a_block; pair++) {
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      const int32_t both = (int32_t)input[row * stride + pair];
      for (size_t step = 0; step < 2; step++) {
        const lane_bits weights =
            rows == 1 ? pair_of(block->words, pair, step) : block->pairs[pair][step];
        exact[row][step] = dot_int16(exact[row][step], both, weights);
      }
    }
  }
}

#endif
