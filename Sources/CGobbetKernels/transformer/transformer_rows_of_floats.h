// Weights as files have them, see `gobbet_rows_of_float32`: part of `transformer_products.h`.
//
// A part of a panel is put together in the registers, or in the first cache for many rows, where it
// becomes floats and its outputs lanes. The sums are those of a panel of floats.

#ifdef FOR_NEON
#include "transformer_neon.h"
#endif

/// Turns words about: lane o of vector k becomes lane k of vector o.
INLINE void transpose(lane_bits words[16]) {
  lane_bits pairs[16], quads[16];
#define SHUFFLED(A, B, ...) __builtin_shufflevector(A, B, __VA_ARGS__)
  UNROLLED
  for (size_t k = 0; k < 16; k += 2) {
    const lane_bits a = words[k], b = words[k + 1];
    pairs[k] = SHUFFLED(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    pairs[k + 1] = SHUFFLED(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  UNROLLED
  for (size_t k = 0; k < 16; k += 4) {
    UNROLLED
    for (size_t half = 0; half < 2; half++) {
      const lane_bits a = pairs[k + half], b = pairs[k + 2 + half];
      lane_bits *own = quads + k + 2 * half;
      own[0] = SHUFFLED(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      own[1] = SHUFFLED(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
  // Quarters of 4 vectors that are 4 apart.
  UNROLLED
  for (size_t k = 0; k < 4; k++) {
    UNROLLED
    for (size_t half = 0; half < 2; half++) {
      lane_bits a = quads[k], b = quads[k + 4], c = quads[k + 8], d = quads[k + 12];
      a = half == 0 ? SHUFFLED(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
                    : SHUFFLED(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
      c = half == 0 ? SHUFFLED(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
                    : SHUFFLED(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
      words[8 * half + k] =
          SHUFFLED(a, c, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
      words[8 * half + k + 4] =
          SHUFFLED(a, c, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
  }
#undef SHUFFLED
}

/// The rows of a panel's outputs.
typedef struct {
  const uint8_t *rows[2][16];
  /// Bytes of a weight, and from one panel to the next.
  size_t size, panel_size;
} panel_rows;

INLINE panel_rows rows_of_panel(
    const gobbet_product *product, const uint32_t *panel, size_t first_output,
    const panel_words words) {
  panel_rows result;
  result.size = words == words_in_rows_of_float32 ? 4 : 2;
  result.panel_size = gobbet_panel_width * product->depth * result.size;
  const size_t last = product->output_count - first_output - 1;
  for (size_t output = 0; output < gobbet_panel_width; output++) {
    // The last output stands for those that the last panel lacks.
    const size_t own = output < last ? output : last;
    result.rows[output / 16][output % 16] =
        (const uint8_t *)panel + own * product->depth * result.size;
  }
  return result;
}

/// The weights of 16 outputs for `count` inputs from `input` on, 16 words at most, word by word.
INLINE void read_words(
    const panel_rows *panel, const size_t step, size_t input, const size_t count,
    lane_bits words[16]) {
  UNROLLED
  for (size_t lane = 0; lane < 16; lane++) {
    const uint8_t *from = panel->rows[step][lane] + input * panel->size;
    words[lane] = (lane_bits)0;
    memcpy(words + lane, from, count * panel->size);
    // The same inputs of the next panel.
    __builtin_prefetch(from + panel->panel_size, 0, 2);
  }
  transpose(words);
}

/// An input's weights among such words, as floats.
INLINE lanes weights_among(
    const lane_bits read[16], const size_t index, const panel_words words) {
  if (words == words_in_rows_of_float32) return as_lanes(read[index]);
  if (words == words_in_rows_of_bfloat16) return half_of(read[index / 2], index % 2 == 1);
  typedef uint16_t halves __attribute__((ext_vector_type(16)));
  const lane_bits own = read[index / 2] >> (int)(index % 2 * 16) & 0xFFFF;
  const halves narrow = __builtin_convertvector(own, halves);
  return halves_at(&narrow);
}

/// Takes `count` inputs from `first` on, 16 words at most: adds their products with a row of inputs to its
/// sums, the first of `result`; or, without a row, puts their weights there as floats.
INLINE void take_words(
    const panel_rows *panel, size_t first, const size_t count, const panel_words words,
    const float *input, lanes result[][2]) {
  lane_bits read[2][16];
  UNROLLED
  for (size_t step = 0; step < 2; step++) read_words(panel, step, first, count, read[step]);
  UNROLLED
  for (size_t index = 0; index < count; index++) {
    for (size_t step = 0; step < 2; step++) {
      const lanes own = weights_among(read[step], index, words);
      if (input == NULL) result[index][step] = own;
      else result[0][step] = fused((lanes)input[first + index], own, result[0][step]);
    }
  }
}

/// The same for any number of inputs.
INLINE void take_rows(
    const panel_rows *panel, size_t first, size_t count, const panel_words words,
    const float *input, lanes result[][2]) {
  const size_t at_once = words == words_in_rows_of_float32 ? 16 : 32;
  size_t k = 0;
  for (; k + at_once <= count; k += at_once) {
    take_words(panel, first + k, at_once, words, input, input == NULL ? result + k : result);
  }
  for (; k < count; k++) {
    take_words(panel, first + k, 1, words, input, input == NULL ? result + k : result);
  }
}
