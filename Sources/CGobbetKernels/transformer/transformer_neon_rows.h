// Products of a single row of floats or bfloat16 on arm64, part of `transformer_products.h`: four words
// of inputs at a time, whose lanes instructions take by themselves.

#include "transformer_neon.h"

/// Adds the products with two inputs, in lane `first` of `inputs` the second of their pair.
INLINE lanes add_pair(lanes sums, float32x4_t inputs, const size_t first, lane_bits weights) {
#ifdef OWN_PAIRS
  // A bfloat16 is the upper half of its float, and each product is added with one rounding.
  const bfloat16x8_t halves = (bfloat16x8_t)inputs;
  const bfloat16x8_t upper = vdupq_n_bf16(halves[2 * first + 1]);
  const bfloat16x8_t lower = vdupq_n_bf16(halves[2 * first + 3]);
  int32x4_t parts[4];
  UNROLLED
  for (size_t index = 0; index < 4; index++) {
    const bfloat16x8_t own = (bfloat16x8_t)quarter(weights, index);
    const float32x4_t sum = (float32x4_t)quarter(as_bits(sums), index);
    parts[index] = (int32x4_t)vbfmlalbq_f32(vbfmlaltq_f32(sum, own, upper), own, lower);
  }
  return as_lanes(of_quarters(parts));
#else
  sums = fused((lanes)inputs[first], half_of(weights, true), sums);
  return fused((lanes)inputs[first + 1], half_of(weights, false), sums);
#endif
}

/// Adds the products of four words of all outputs, floats or pairs that become floats.
INLINE void add_four_words(
    const float *input, const uint32_t *panel, const panel_words words, lanes sums[2]) {
  UNROLLED
  for (size_t word = 0; word < 4; word++) {
    const uint32_t *own = panel + word * gobbet_panel_width;
    prefetch(own, gobbet_panel_width);
    UNROLLED
    for (size_t step = 0; step < 2; step++) {
      const lane_bits bits = load_bits(own + step * 16);
      sums[step] = words == words_become_floats
          ? add_pair(sums[step], vld1q_f32(input + word / 2 * 4), word % 2 * 2, bits)
          : fused((lanes)vld1q_f32(input)[word], as_lanes(bits), sums[step]);
    }
  }
}

/// Adds the products with the inputs of a row, as many as make whole fours of words; returns how many.
INLINE size_t add_most_inputs(
    const float *input, const uint32_t *panel, size_t count, const panel_words words,
    lanes sums[2]) {
  if (words != words_are_floats && words != words_become_floats) return 0;
  const size_t inputs_a_word = words == words_become_floats ? 2 : 1;
  size_t word = 0;
  for (; (word + 4) * inputs_a_word <= count; word += 4) {
    add_four_words(
        input + word * inputs_a_word, panel + word * gobbet_panel_width, words, sums);
  }
  return word * inputs_a_word;
}
