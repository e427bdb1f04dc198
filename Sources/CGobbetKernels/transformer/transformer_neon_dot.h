// Sums of products of bytes: four at a time by `sdot` and, for even numbers of rows, twice eight by
// `smmla` where OWN_MATRIX_PRODUCTS says that it is there.
//
// Inputs of 16 bits are an upper and a lower byte: their sums are those of the upper bytes, times 256,
// plus those of the lower ones. Weights have signs and so have bytes of inputs; those of blocks that
// have none are stored 128 too small, so that sums start at 128 times those of the weights, but for
// OWN_MATRIX_PRODUCTS, with which come products of bytes without signs and bytes with them.
#ifndef TRANSFORMER_NEON_DOT_H
#define TRANSFORMER_NEON_DOT_H

#include "transformer_neon.h"

/// Words of inputs in a block or a tile. All upper bytes stand before the lower ones.
enum {
  quads_a_block = gobbet_block_length / 4,
  words_of_8_bits = quads_a_block,
  words_of_16_bits = 2 * quads_a_block
};

/// Four inputs of twice 16 outputs at a time.
typedef struct {
  lane_bits quads[quads_a_block][2];
#ifdef OWN_MATRIX_PRODUCTS
  /// Of every two quads, eight inputs of eight outputs, then of the other eight.
  lane_bits pairs[quads_a_block][2];
#endif
} byte_weights;

/// A row of ones.
static const uint32_t ones[words_of_8_bits] = {
  0x01010101, 0x01010101, 0x01010101, 0x01010101,
  0x01010101, 0x01010101, 0x01010101, 0x01010101};

INLINE lane_bits load_weights(const uint32_t *words) { return load_bits(words); }

INLINE void add_pairs_of_quads(byte_weights *weights) {
#ifdef OWN_MATRIX_PRODUCTS
  UNROLLED
  for (size_t quad = 0; quad < quads_a_block; quad += 2) {
    UNROLLED
    for (size_t step = 0; step < 2; step++) {
      const lane_bits first = weights->quads[quad][step], second = weights->quads[quad + 1][step];
      weights->pairs[quad][step] = __builtin_shufflevector(
          first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      weights->pairs[quad + 1][step] = __builtin_shufflevector(
          first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
  }
#else
  (void)weights;
#endif
}

/// What the bytes of a block's inputs are too small by.
INLINE int32_t zero_of_inputs(const gobbet_inputs inputs) {
#ifdef OWN_MATRIX_PRODUCTS
  (void)inputs;
  return 0;
#else
  return inputs == gobbet_inputs_of_8_bits ? 0 : 128;
#endif
}

/// Four sums, each with the products of four weights and the four bytes of `input`.
INLINE int32x4_t dot_bytes(
    int32x4_t sums, int32x4_t weights, int32_t input, const bool is_unsigned) {
  const int32x4_t inputs = vdupq_n_s32(input);
#ifdef OWN_MATRIX_PRODUCTS
  if (is_unsigned) return vusdotq_s32(sums, (uint8x16_t)inputs, (int8x16_t)weights);
#else
  (void)is_unsigned;
#endif
  return vdotq_s32(sums, (int8x16_t)weights, (int8x16_t)inputs);
}

#ifdef OWN_MATRIX_PRODUCTS
#include "transformer_neon_matrix.h"
#endif

/// What `exhaust` repeats, worth four products of bytes for every lane.
INLINE lane_bits dot_integers(lane_bits sums, int32_t input, lane_bits weights) {
  int32x4_t parts[4];
  UNROLLED
  for (size_t index = 0; index < 4; index++) {
    const int32x4_t own = quarter(sums, index);
#ifdef OWN_MATRIX_PRODUCTS
    parts[index] =
        index < 2 ? dot_matrix(own, quarter(weights, index), vdupq_n_s32(input), false) : own;
#else
    parts[index] = dot_bytes(own, quarter(weights, index), input, false);
#endif
  }
  return of_quarters(parts);
}

// Below, all but pointers and strides are constants wherever a function is inlined.

/// 256 times the sums of 16 outputs and every row plus their products with `count` quads of inputs.
INLINE void add_quads(
    const byte_weights *weights, const size_t step, const uint32_t *input, size_t stride,
    const size_t first, const size_t count, const bool is_unsigned, const size_t rows,
    int32x4_t sums[][4]) {
  UNROLLED
  for (size_t quad = first; quad < first + count; quad++) {
    UNROLLED
    for (size_t index = 0; index < 4; index++) {
      UNROLLED
      for (size_t row = 0; row < rows; row++) {
        const int32x4_t four =
            vld1q_s32((const int32_t *)input + row * stride + quad / 4 * 4);
        sums[row][index] = dot_bytes(
            sums[row][index], quarter(weights->quads[quad][step], index), four[quad % 4],
            is_unsigned);
      }
    }
  }
}

/// The sums of a step's outputs over `count` quads from `first` on, of `parts` bytes an input, with
/// the inputs of `rows` rows. The last byte of an input of blocks has no sign.
INLINE void dot_parts(
    const byte_weights *weights, const size_t step, const uint32_t *input, size_t stride,
    const size_t first, const size_t count, const size_t parts, const bool is_unsigned,
    const size_t rows, lane_bits exact[]) {
  int32x4_t sums[ROWS_OF_BLOCKS][4];
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t index = 0; index < 4; index++) sums[row][index] = vdupq_n_s32(0);
  }
  UNROLLED
  for (size_t part = 0; part < parts; part++) {
    const uint32_t *own = input + part * quads_a_block;
    const bool has_no_sign = is_unsigned && part + 1 == parts;
    UNROLLED
    for (size_t row = 0; part > 0 && row < rows; row++) {
      for (size_t index = 0; index < 4; index++) sums[row][index] <<= 8;
    }
#ifdef OWN_MATRIX_PRODUCTS
    if (rows % 2 == 0) {
      add_pairs_of_rows(weights, step, own, stride, first, count, has_no_sign, rows, sums);
      continue;
    }
#endif
    add_quads(weights, step, own, stride, first, count, has_no_sign, rows, sums);
  }
#ifdef OWN_MATRIX_PRODUCTS
  if (rows % 2 == 0) part_rows(rows, sums);
#endif
  UNROLLED
  for (size_t row = 0; row < rows; row++) exact[row] = of_quarters(sums[row]);
}

/// The sums of a block's products with a single row, for the 16 outputs that have their words at `words`.
/// Four outputs after the other: more sums than these would leave the registers.
INLINE lane_bits dot_single_row(
    const uint32_t *words, const uint32_t *input, const gobbet_inputs inputs) {
  const bool is_wide = inputs == gobbet_inputs_of_16_bits;
  const bool is_unsigned = inputs != gobbet_inputs_of_8_bits;
  const int32_t zero = zero_of_inputs(inputs);
  int32x4_t parts[4];
  UNROLLED
  for (size_t index = 0; index < 4; index++) {
    int32x4_t upper = vdupq_n_s32(0), lower = upper, sums = upper;
    UNROLLED
    for (size_t quad = 0; quad < quads_a_block; quad++) {
      const int32x4_t weights = vld1q_s32((const int32_t *)words + quad * 32 + index * 4);
      const int32_t *own = (const int32_t *)input + quad / 4 * 4;
      const int32_t *last = is_wide ? own + quads_a_block : own;
      if (is_wide) upper = dot_bytes(upper, weights, vld1q_s32(own)[quad % 4], false);
      lower = dot_bytes(lower, weights, vld1q_s32(last)[quad % 4], is_unsigned);
      if (zero != 0) sums = dot_bytes(sums, weights, 0x01010101, false);
    }
    parts[index] = (upper << 8) + lower + zero * sums;
  }
  return of_quarters(parts);
}

/// Sums of a single row and 16 outputs: of upper bytes and of lower ones.
typedef struct {
  int32x4_t upper[4], lower[4];
} single_sums;

static const single_sums no_single_sums = {{{0}}, {{0}}};

/// Adds a quad's products with inputs of 16 bits whose bytes have signs.
INLINE void add_single_quad(
    single_sums *sums, lane_bits weights, const uint32_t *input, const size_t quad) {
  const int32_t *own = (const int32_t *)input + quad / 4 * 4;
  const int32_t first = vld1q_s32(own)[quad % 4];
  const int32_t second = vld1q_s32(own + quads_a_block)[quad % 4];
  UNROLLED
  for (size_t index = 0; index < 4; index++) {
    const int32x4_t four = quarter(weights, index);
    sums->upper[index] = dot_bytes(sums->upper[index], four, first, false);
    sums->lower[index] = dot_bytes(sums->lower[index], four, second, false);
  }
}

INLINE lane_bits single_total(const single_sums *sums) {
  return of_quarters(sums->lower) + (of_quarters(sums->upper) << 8);
}

/// Of inputs of 8 bits.
INLINE void dot_quads(
    const byte_weights *weights, const size_t step, const uint32_t *input, size_t stride,
    const size_t first, const size_t count, const bool is_unsigned, const size_t rows,
    lane_bits exact[]) {
  dot_parts(weights, step, input, stride, first, count, 1, is_unsigned, rows, exact);
}

/// Of inputs of 16 bits.
INLINE void dot_wide_quads(
    const byte_weights *weights, const size_t step, const uint32_t *input, size_t stride,
    const size_t first, const size_t count, const bool is_unsigned, const size_t rows,
    lane_bits exact[]) {
  dot_parts(weights, step, input, stride, first, count, 2, is_unsigned, rows, exact);
}

/// Puts the two halves of a block's inputs into a row.
INLINE void store_block(
    uint32_t *row, const gobbet_inputs inputs, lane_bits first, lane_bits second) {
  const int32_t zero = zero_of_inputs(inputs);
  if (inputs == gobbet_inputs_of_16_bits) {
    store_bytes(row, first >> 8, second >> 8);
    row += quads_a_block;
  }
  store_bytes(row, first - zero, second - zero);
}

/// Puts the two halves of a tile's inputs, whose lower bytes have signs too, into a row.
INLINE void store_tile(uint32_t *row, lane_bits first, lane_bits second) {
  store_bytes(row, (first + 128) >> 8, (second + 128) >> 8);
  store_bytes(row + quads_a_block, first, second);
}

#endif
