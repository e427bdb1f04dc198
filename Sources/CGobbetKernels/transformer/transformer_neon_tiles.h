// Tiles by the products of `transformer_neon_blocks.h`. Part of `transformer_tiles.h`.

/// Adds a tile's products with the inputs of `rows` rows to their sums, 16 outputs at a time.
INLINE void add_tile(
    const tile *weights, const uint32_t *input, const uint32_t *starts, size_t stride,
    const size_t runs, const bool has_least, const size_t rows, lanes sums[][2]) {
  const size_t count = quads_a_tile / runs;
  UNROLLED
  for (size_t step = 0; step < 2; step++) {
    UNROLLED
    for (size_t run = 0; run < runs; run++) {
      lane_bits exact[ROWS_OF_BLOCKS];
      dot_wide_quads(
          &weights->bytes, step, input, stride, run * count, count, false, rows, exact);
      UNROLLED
      for (size_t row = 0; row < rows; row++) {
        const lane_bits total = exact[row] + (lane_bits)(int32_t)starts[row * stride + run];
        const lanes value = __builtin_convertvector(total, lanes);
        sums[row][step] = fused(value, weights->scales[run][step], sums[row][step]);
      }
    }
    for (size_t row = 0; has_least && row < rows; row++) {
      const lanes sum = row_value(starts + row * stride + 1);
      sums[row][step] = fused(sum, weights->least[step], sums[row][step]);
    }
  }
}

/// Adds a tile's products with a single row to its sums. Weights are used as they are read, and quads that
/// share words stand together: a tile is more than the registers hold.
INLINE void add_single_tile(
    const gobbet_element element, const block_header *header, const uint32_t *words,
    const uint32_t *input, const uint32_t *starts, lanes sums[2]) {
  const gobbet_format format = gobbet_format_of(element);
  const size_t count = quads_a_tile / format.runs;
  for (size_t step = 0; step < 2; step++) {
    const uint32_t *own = words + format.scale_words + step * 16;
    tile weights;
    read_scales(element, header, words, step, &weights);
    UNROLLED
    for (size_t run = 0; run < format.runs; run++) {
      single_sums exact = no_single_sums;
      UNROLLED
      for (size_t index = 0; index < count; index++) {
        const bool is_shared = format.bits < 8 && format.runs == 1;
        const size_t quad = is_shared ? index % 2 * 4 + index / 2 : run * count + index;
        add_single_quad(&exact, weights_of(element, own, quad), input, quad);
      }
      const lane_bits total = single_total(&exact) + (lane_bits)(int32_t)starts[run];
      const lanes value = __builtin_convertvector(total, lanes);
      sums[step] = fused(value, weights.scales[run][step], sums[step]);
    }
    if (format.has_least) {
      sums[step] = fused(row_value(starts + 1), weights.least[step], sums[step]);
    }
  }
}
