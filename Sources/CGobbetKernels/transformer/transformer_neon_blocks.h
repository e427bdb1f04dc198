// Blocks of int8, for the variants for arm64, by `dot_quads`: see `transformer_neon_dot.h` and
// `transformer_neon_long.h`.
#ifndef TRANSFORMER_NEON_BLOCKS_H
#define TRANSFORMER_NEON_BLOCKS_H

#ifdef OWN_BYTE_PRODUCTS
#include "transformer_neon_dot.h"
#else
#include "transformer_neon_long.h"
#endif

/// The weights of a block, four inputs of twice 16 outputs at a time.
typedef struct {
  const uint32_t *words;
  byte_weights bytes;
  /// What sums start at.
  lane_bits starts[2];
} block_weights;

/// The sums of a block's weights.
INLINE lane_bits sum_block(const block_weights *block, const size_t step) {
  return dot_single_row(block->words + step * 16, ones, gobbet_inputs_of_8_bits);
}

INLINE block_weights read_block(const uint32_t *words, const gobbet_inputs inputs) {
  block_weights block;
  block.words = words;
  UNROLLED
  for (size_t quad = 0; quad < quads_a_block; quad++) {
    UNROLLED
    for (size_t step = 0; step < 2; step++) {
      block.bytes.quads[quad][step] = load_weights(words + quad * 32 + step * 16);
    }
  }
  add_pairs_of_quads(&block.bytes);
  UNROLLED
  for (size_t step = 0; step < 2; step++) {
    block.starts[step] = zero_of_inputs(inputs) * sum_block(&block, step);
  }
  return block;
}

#endif
