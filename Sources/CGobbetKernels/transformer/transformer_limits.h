// The arithmetic of a product without its memory: what `multiply` is measured against.
#include "transformer_products.h"

/// `element` and `words` are constants wherever this is inlined.
INLINE float exhaust_element(
    const gobbet_element element, const panel_words words, size_t rounds) {
  enum { count = ROWS_AT_ONCE * STEPS_AT_ONCE };
  lanes sums[count];
  for (size_t i = 0; i < count; i++) sums[i] = (lanes)(float)i;
  // What the compiler cannot know it cannot compute ahead.
  volatile float opaque = 0.5f;
  const float input = opaque;
  const lanes weights = (lanes)input;
  for (size_t round = 0; round < rounds; round++) {
    UNROLLED
    for (size_t i = 0; i < count; i++) {
      const lane_bits own = as_bits(sums[i]);
      if (element == gobbet_int8) {
        sums[i] = as_lanes(dot_integers(own, as_bits(weights)[0], own));
        continue;
      }
      sums[i] = add_word(sums[i], input, weights, words);
      if (words == words_become_floats) sums[i] = add_word(sums[i], input, weights, words);
    }
  }
  lanes total = sums[0];
  for (size_t i = 1; i < count; i++) total += sums[i];
  return sum(total);
}

/// `rounds` times the multiply-adds of one input, or pair of inputs, into all sums of a tile.
static float exhaust(gobbet_element element, size_t rounds) {
  switch (element) {
  case gobbet_float32: return exhaust_element(gobbet_float32, words_are_floats, rounds);
  case gobbet_bfloat16: return exhaust_element(gobbet_bfloat16, words_become_floats, rounds);
  default: return exhaust_element(gobbet_int8, words_are_floats, rounds);
  }
}
