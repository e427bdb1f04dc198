// Products of rows with blocks of integers: see `gobbet_inputs` for the order of their sums.
//
// A block's weights are taken apart once for many rows, which go by them one after the other while
// their sums wait in memory.
#ifndef TRANSFORMER_BLOCKS_H
#define TRANSFORMER_BLOCKS_H

#include "transformer_products.h"
#if defined(FOR_NEON)
#include "transformer_neon_blocks.h"
#elif defined(OWN_BYTE_PRODUCTS)
#include "transformer_bytes.h"
#else
#include "transformer_pairs.h"
#endif

// Below, `inputs`, `rows` where it is marked so, and `is_single` are constants wherever a function
// is inlined.

/// A float of a converted row.
INLINE lanes row_value(const uint32_t *from) { return as_lanes((lane_bits)(int32_t)*from); }

#ifdef FOR_NEON
#include "transformer_neon_steps.h"
#else
/// Adds a block's products with the inputs of `rows` rows, a constant, to their sums. The rows'
/// scales for the block stand at `input_scale`.
INLINE void add_block(
    const block_weights *block, const lanes scale[2], const uint32_t *input,
    const uint32_t *input_scale, size_t stride, const gobbet_inputs inputs, const size_t rows,
    lanes sums[][2]) {
  lane_bits exact[ROWS_OF_BLOCKS][2];
  dot_block(block, input, stride, inputs, rows, exact);
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < 2; step++) {
      const lanes value = __builtin_convertvector(exact[row][step], lanes);
      sums[row][step] = inputs == gobbet_inputs_of_16_bits
          ? fused(value, scale[step], sums[row][step])
          : fused(value * scale[step], row_value(input_scale + row * stride), sums[row][step]);
    }
  }
}
#endif

/// A panel's outputs for a group of rows; the sums of a single row stay in registers.
INLINE void multiply_group(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t first_row,
    const gobbet_inputs inputs, const bool is_single) {
  const size_t words = inputs == gobbet_inputs_of_16_bits ? words_of_16_bits : words_of_8_bits;
  const size_t blocks = (product->depth + gobbet_block_length - 1) / gobbet_block_length;
  const size_t stride = product->input_stride, left = product->row_count - first_row;
  const size_t rows = is_single ? 1 : left < rows_a_group ? left : rows_a_group;
  const uint32_t *input = (const uint32_t *)product->input + first_row * stride;
  const uint32_t *tail = input + blocks * words;
  lanes sums[is_single ? 1 : rows_a_group][2];
  for (size_t row = 0; row < rows; row++) sums[row][0] = sums[row][1] = (lanes)0.0f;
  lanes weight_sums[2] = {(lanes)0.0f, (lanes)0.0f};
  for (size_t index = 0; index < blocks; index++) {
    const uint32_t *own = panel + index * gobbet_words_a_block;
    const lanes scale[2] = {bfloat16s_at(own), bfloat16s_at(own + 8)};
    const block_weights block = read_block(own + gobbet_panel_width / 2, inputs);
    if (inputs == gobbet_inputs_of_8_bits_upwards) {
      for (size_t step = 0; step < 2; step++) {
        const lanes sum = __builtin_convertvector(sum_block(&block, step), lanes);
        weight_sums[step] = fused(sum, scale[step], weight_sums[step]);
      }
    }
    const uint32_t *from = input + index * words, *input_scale = tail + 2 + index;
    size_t row = 0;
    for (; !is_single && row + ROWS_OF_BLOCKS <= rows; row += ROWS_OF_BLOCKS) {
      add_block(
          &block, scale, from + row * stride, input_scale + row * stride, stride, inputs,
          ROWS_OF_BLOCKS, sums + row);
    }
    for (; ROWS_OF_BLOCKS > 2 && !is_single && row + 2 <= rows; row += 2) {
      add_block(
          &block, scale, from + row * stride, input_scale + row * stride, stride, inputs, 2,
          sums + row);
    }
    for (; row < rows; row++) {
      add_block(
          &block, scale, from + row * stride, input_scale + row * stride, stride, inputs, 1,
          sums + row);
    }
  }
  for (size_t row = 0; row < rows; row++) {
    const lanes factor = row_value(tail + row * stride);
    const lanes least = row_value(tail + row * stride + 1);
    lanes results[2];
    for (size_t step = 0; step < 2; step++) {
      lanes base = start(product, first_output + step * 16);
      if (inputs == gobbet_inputs_of_8_bits_upwards) base = fused(least, weight_sums[step], base);
      results[step] = fused(sums[row][step], factor, base);
    }
    finish(product, first_row + row, first_output, results, 2);
  }
}

MULTIPLY_GROUPS(multiply_blocks, gobbet_inputs, multiply_group)

#endif
