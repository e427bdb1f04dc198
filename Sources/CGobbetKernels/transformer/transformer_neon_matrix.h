// Sums of products of bytes for pairs of rows by `smmla`, eight at a time: part of
// `transformer_neon_dot.h`.

/// The sums of two rows and two outputs, each with eight products.
INLINE int32x4_t dot_matrix(
    int32x4_t sums, int32x4_t weights, int32x4_t inputs, const bool is_unsigned) {
  if (is_unsigned) return vusmmlaq_s32(sums, (uint8x16_t)inputs, (int8x16_t)weights);
  return vmmlaq_s32(sums, (int8x16_t)inputs, (int8x16_t)weights);
}

/// What `add_quads` does, of pairs of rows: in `sums[row]` and the next, two outputs of both rows in a
/// quarter.
INLINE void add_pairs_of_rows(
    const byte_weights *weights, const size_t step, const uint32_t *input, size_t stride,
    const size_t first, const size_t count, const bool is_unsigned, const size_t rows,
    int32x4_t sums[][4]) {
  UNROLLED
  for (size_t quad = first; quad < first + count; quad += 2) {
    int32x4_t both[ROWS_OF_BLOCKS];
    UNROLLED
    for (size_t row = 0; row < rows; row += 2) {
      const int32_t *own = (const int32_t *)input + row * stride + quad / 4 * 4;
      const int64x2_t upper = (int64x2_t)vld1q_s32(own);
      const int64x2_t lower = (int64x2_t)vld1q_s32(own + stride);
      both[row] = (int32x4_t)(quad % 4 == 0 ? vzip1q_s64(upper, lower) : vzip2q_s64(upper, lower));
    }
    UNROLLED
    for (size_t index = 0; index < 8; index++) {
      const int32x4_t pair = quarter(weights->pairs[quad + index / 4][step], index % 4);
      UNROLLED
      for (size_t row = 0; row < rows; row += 2) {
        int32x4_t *own = &sums[row + index % 2][index / 2];
        *own = dot_matrix(*own, pair, both[row], is_unsigned);
      }
    }
  }
}

/// Sums of pairs of rows as those of rows.
INLINE void part_rows(const size_t rows, int32x4_t sums[][4]) {
  UNROLLED
  for (size_t row = 0; row < rows; row += 2) {
    UNROLLED
    for (size_t index = 0; index < 4; index++) {
      const int64x2_t first = (int64x2_t)sums[row][index];
      const int64x2_t second = (int64x2_t)sums[row + 1][index];
      sums[row][index] = (int32x4_t)vzip1q_s64(first, second);
      sums[row + 1][index] = (int32x4_t)vzip2q_s64(first, second);
    }
  }
}
