// Products of rows with blocks of int8 on arm64: part of `transformer_blocks.h`. The sums of 16 outputs are
// all that the registers hold: rows go by half a block, then by the other.

/// Adds sums over a block, times its scales, to those of a row.
INLINE lanes scaled(
    lane_bits exact, lanes scale, const uint32_t *input_scale, const gobbet_inputs inputs,
    lanes sums) {
  const lanes value = __builtin_convertvector(exact, lanes);
  return inputs == gobbet_inputs_of_16_bits
      ? fused(value, scale, sums)
      : fused(value * scale, row_value(input_scale), sums);
}

/// Adds a block's products with the inputs of `rows` rows, a constant, to their sums. The rows' scales
/// for the block stand at `input_scale`.
INLINE void add_block(
    const block_weights *block, const lanes scale[2], const uint32_t *input,
    const uint32_t *input_scale, size_t stride, const gobbet_inputs inputs, const size_t rows,
    lanes sums[][2]) {
  UNROLLED
  for (size_t step = 0; rows == 1 && step < 2; step++) {
    const lane_bits exact = dot_single_row(block->words + step * 16, input, inputs);
    sums[0][step] = scaled(exact, scale[step], input_scale, inputs, sums[0][step]);
  }
  if (rows == 1) return;
  UNROLLED
  for (size_t step = 0; step < 2; step++) {
    lane_bits exact[ROWS_OF_BLOCKS];
    if (inputs == gobbet_inputs_of_16_bits) {
      dot_wide_quads(&block->bytes, step, input, stride, 0, quads_a_block, true, rows, exact);
    } else {
      const bool is_unsigned = inputs == gobbet_inputs_of_8_bits_upwards;
      dot_quads(
          &block->bytes, step, input, stride, 0, quads_a_block, is_unsigned, rows, exact);
    }
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      sums[row][step] = scaled(
          exact[row] + block->starts[step], scale[step], input_scale + row * stride, inputs,
          sums[row][step]);
    }
  }
}
