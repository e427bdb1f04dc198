// Sums of products of 16-bit integers, for arm64 without products of bytes: `smlal` takes four outputs
// by one input, so that the weights of one input must stand together.
#ifndef TRANSFORMER_NEON_LONG_H
#define TRANSFORMER_NEON_LONG_H

#include "transformer_neon.h"

/// Words of inputs in a block or a tile: 16-bit integers in their order, whatever they were rounded to.
enum {
  quads_a_block = gobbet_block_length / 4,
  words_of_8_bits = 2 * quads_a_block,
  words_of_16_bits = 2 * quads_a_block
};

/// Four inputs of twice 16 outputs at a time: a quarter of a vector has an input of all 16.
typedef struct {
  lane_bits quads[quads_a_block][2];
} byte_weights;

/// A row of ones.
static const uint32_t ones[words_of_8_bits] = {
  0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001,
  0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001, 0x00010001,
  0x00010001, 0x00010001, 0x00010001, 0x00010001};

/// Of 16 words the first bytes, the second, the third and the fourth.
INLINE lane_bits load_weights(const uint32_t *words) {
  const uint8x16x4_t bytes = vld4q_u8((const uint8_t *)words);
  const int32x4_t parts[4] = {
    (int32x4_t)bytes.val[0], (int32x4_t)bytes.val[1], (int32x4_t)bytes.val[2],
    (int32x4_t)bytes.val[3]};
  return of_quarters(parts);
}

INLINE void add_pairs_of_quads(byte_weights *weights) { (void)weights; }

/// What the integers of a block's inputs are too small by.
INLINE int32_t zero_of_inputs(const gobbet_inputs inputs) {
  (void)inputs;
  return 0;
}

/// What `exhaust` repeats, worth two products for every lane.
INLINE lane_bits dot_integers(lane_bits sums, int32_t input, lane_bits weights) {
  const int16x8_t inputs = vdupq_n_s16((int16_t)input);
  int32x4_t parts[4];
  UNROLLED
  for (size_t index = 0; index < 4; index++) {
    const int16x8_t own = (int16x8_t)quarter(weights, index);
    parts[index] = vmlal_s16(quarter(sums, index), vget_low_s16(own), vget_low_s16(inputs));
    parts[index] = vmlal_high_s16(parts[index], own, inputs);
  }
  return of_quarters(parts);
}

// Below, `step`, `first`, `count` and `rows` are constants wherever a function is inlined.

/// Adds an input's products with 16 bytes to as many sums.
INLINE void add_input(int32x4_t sums[4], int32x4_t weights, int16x8_t inputs) {
  const int8x16_t bytes = (int8x16_t)weights;
  const int16x8_t lower = vmovl_s8(vget_low_s8(bytes)), upper = vmovl_high_s8(bytes);
  sums[0] = vmlal_s16(sums[0], vget_low_s16(lower), vget_low_s16(inputs));
  sums[1] = vmlal_high_s16(sums[1], lower, inputs);
  sums[2] = vmlal_s16(sums[2], vget_low_s16(upper), vget_low_s16(inputs));
  sums[3] = vmlal_high_s16(sums[3], upper, inputs);
}

/// The sums of a step's outputs over `count` quads from `first` on with the inputs of `rows` rows.
INLINE void dot_quads(
    const byte_weights *weights, const size_t step, const uint32_t *input, size_t stride,
    const size_t first, const size_t count, const bool is_unsigned, const size_t rows,
    lane_bits exact[]) {
  (void)is_unsigned;
  int32x4_t sums[ROWS_OF_BLOCKS][4];
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t index = 0; index < 4; index++) sums[row][index] = vdupq_n_s32(0);
  }
  UNROLLED
  for (size_t quad = first; quad < first + count; quad++) {
    UNROLLED
    for (size_t place = 0; place < 4; place++) {
      const int32x4_t bytes = quarter(weights->quads[quad][step], place);
      UNROLLED
      for (size_t row = 0; row < rows; row++) {
        const int16_t *own = (const int16_t *)(input + row * stride) + quad / 2 * 8;
        add_input(sums[row], bytes, vdupq_n_s16(vld1q_s16(own)[quad % 2 * 4 + place]));
      }
    }
  }
  UNROLLED
  for (size_t row = 0; row < rows; row++) exact[row] = of_quarters(sums[row]);
}

/// Sums of a single row and 16 outputs.
typedef struct {
  int32x4_t quarters[4];
} single_sums;

static const single_sums no_single_sums = {{{0}}};

/// Adds a quad's products with inputs of 16 bits.
INLINE void add_single_quad(
    single_sums *sums, lane_bits weights, const uint32_t *input, const size_t quad) {
  const int16x8_t inputs = vld1q_s16((const int16_t *)input + quad / 2 * 8);
  UNROLLED
  for (size_t place = 0; place < 4; place++) {
    add_input(
        sums->quarters, quarter(weights, place), vdupq_n_s16(inputs[quad % 2 * 4 + place]));
  }
}

INLINE lane_bits single_total(const single_sums *sums) { return of_quarters(sums->quarters); }

/// The sums of a block's products with a single row, for the 16 outputs that have their words at `words`.
INLINE lane_bits dot_single_row(
    const uint32_t *words, const uint32_t *input, const gobbet_inputs inputs) {
  (void)inputs;
  single_sums sums = no_single_sums;
  UNROLLED
  for (size_t quad = 0; quad < quads_a_block; quad++) {
    add_single_quad(&sums, load_weights(words + quad * 32), input, quad);
  }
  return single_total(&sums);
}

INLINE void dot_wide_quads(
    const byte_weights *weights, const size_t step, const uint32_t *input, size_t stride,
    const size_t first, const size_t count, const bool is_unsigned, const size_t rows,
    lane_bits exact[]) {
  dot_quads(weights, step, input, stride, first, count, is_unsigned, rows, exact);
}

/// Puts the two halves of a block's inputs into a row.
INLINE void store_block(
    uint32_t *row, const gobbet_inputs inputs, lane_bits first, lane_bits second) {
  typedef int16_t shorts __attribute__((ext_vector_type(16), aligned(2)));
  (void)inputs;
  *(shorts *)row = __builtin_convertvector(first, shorts);
  *(shorts *)(row + 8) = __builtin_convertvector(second, shorts);
}

INLINE void store_tile(uint32_t *row, lane_bits first, lane_bits second) {
  store_block(row, gobbet_inputs_of_16_bits, first, second);
}

#endif
