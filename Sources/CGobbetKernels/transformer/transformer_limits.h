// The arithmetic of a product without its memory: what `multiply` is measured against.
#include "transformer_lanes.h"

/// `element` is a constant wherever this is inlined.
INLINE float exhaust_element(const gobbet_element element, size_t rounds) {
  enum { count = ROWS_AT_ONCE * STEPS_AT_ONCE };
  lanes sums[count];
  for (size_t i = 0; i < count; i++) sums[i] = (lanes)(float)i;
  // What the compiler cannot know it cannot compute ahead.
  volatile float opaque = 0.5f;
  const lanes weights = (lanes)opaque;
  const int32_t pair = as_bits(weights)[0];
  for (size_t round = 0; round < rounds; round++) {
    UNROLLED
    for (size_t i = 0; i < count; i++) {
      const lane_bits own = as_bits(sums[i]);
      if (element == gobbet_float32) sums[i] = fused(sums[i], weights, weights);
      if (element == gobbet_bfloat16) sums[i] = dot_bfloat16(sums[i], pair, as_bits(weights));
      if (element == gobbet_int8) sums[i] = as_lanes(dot_integers(own, pair, own));
    }
  }
  lanes total = sums[0];
  for (size_t i = 1; i < count; i++) total += sums[i];
  return sum(total);
}

/// `rounds` times the multiply-adds of one input, or pair of inputs, into all sums of a tile.
static float exhaust(gobbet_element element, size_t rounds) {
  switch (element) {
  case gobbet_float32: return exhaust_element(gobbet_float32, rounds);
  case gobbet_bfloat16: return exhaust_element(gobbet_bfloat16, rounds);
  default: return exhaust_element(gobbet_int8, rounds);
  }
}
