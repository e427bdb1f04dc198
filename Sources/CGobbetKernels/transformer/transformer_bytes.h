// Blocks of int8 by products of bytes, unsigned inputs with signed weights: `dot_bytes`.
//
// Inputs of 16 bits are an upper and a lower byte: their products are those of the upper bytes,
// times 256, plus those of the lower ones. A byte with a sign is stored 128 too large, so its sums
// start at -128 times those of the weights.
#ifndef TRANSFORMER_BYTES_H
#define TRANSFORMER_BYTES_H

#include "transformer_lanes.h"

/// What `exhaust` repeats: four products of bytes, which are worth two of 16 bits.
INLINE lane_bits dot_integers(lane_bits sums, int32_t inputs, lane_bits weights) {
  return dot_bytes(sums, inputs, weights);
}

/// Words of inputs in a block. All upper bytes stand before the lower ones.
enum {
  quads_a_block = gobbet_block_length / 4,
  words_of_8_bits = quads_a_block,
  words_of_16_bits = 2 * quads_a_block
};

/// The weights of a block, four inputs of twice 16 outputs at a time.
typedef struct {
  lane_bits quads[quads_a_block][2];
  /// What sums start at.
  lane_bits starts[2];
} block_weights;

/// The sums of a block's weights.
INLINE lane_bits sum_block(const block_weights *block, size_t step) {
  lane_bits sums = (lane_bits)0;
  UNROLLED
  for (size_t quad = 0; quad < quads_a_block; quad++) {
    sums = dot_bytes(sums, 0x01010101, block->quads[quad][step]);
  }
  return sums;
}

INLINE block_weights read_block(const uint32_t *words, const gobbet_inputs inputs) {
  block_weights block;
  UNROLLED
  for (size_t quad = 0; quad < quads_a_block; quad++) {
    for (size_t step = 0; step < 2; step++) {
      block.quads[quad][step] = load_bits(words + quad * 32 + step * 16);
    }
  }
  for (size_t step = 0; step < 2; step++) {
    block.starts[step] = inputs == gobbet_inputs_of_8_bits_upwards
        ? (lane_bits)0
        : -128 * sum_block(&block, step);
  }
  return block;
}

/// Puts the two halves of a block's inputs into a row.
INLINE void store_block(
    uint32_t *row, const gobbet_inputs inputs, lane_bits first, lane_bits second) {
  switch (inputs) {
  case gobbet_inputs_of_16_bits:
    store_bytes(row, (first >> 8) + 128, (second >> 8) + 128);
    store_bytes(row + quads_a_block, first, second);
    break;
  case gobbet_inputs_of_8_bits:
    store_bytes(row, first + 128, second + 128);
    break;
  case gobbet_inputs_of_8_bits_upwards:
    store_bytes(row, first, second);
    break;
  }
}

/// The sums of a block's products with the inputs of `rows` rows, a constant.
INLINE void dot_block(
    const block_weights *block, const uint32_t *input, size_t stride, const gobbet_inputs inputs,
    const size_t rows, lane_bits exact[][2]) {
  const size_t words = inputs == gobbet_inputs_of_16_bits ? words_of_16_bits : words_of_8_bits;
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < 2; step++) exact[row][step] = block->starts[step];
  }
  UNROLLED
  for (size_t word = 0; word < words; word++) {
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      const int32_t four = (int32_t)input[row * stride + word];
      for (size_t step = 0; step < 2; step++) {
        if (word == quads_a_block) exact[row][step] <<= 8;
        exact[row][step] =
            dot_bytes(exact[row][step], four, block->quads[word % quads_a_block][step]);
      }
    }
  }
}

#endif
