// How rows and panels lie in memory, for those that write them and those that read them.
#ifndef TRANSFORMER_LAYOUT_H
#define TRANSFORMER_LAYOUT_H

#include <string.h>

#include "gobbet_transformer.h"

// The panel of a block of int8: 32 scales, the upper halves of floats; then, for every four inputs,
// 32 outputs of four weights each.
enum {
  gobbet_words_a_block =
      gobbet_panel_width / 2 + gobbet_block_length * gobbet_panel_width / 4
};

/// The nearest bfloat16, ties to even; what is under the least normal number becomes zero, as the
/// instructions for it read it anyway.
static inline uint32_t gobbet_bfloat16_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t size = bits & 0x7FFFFFFF;
  if (size > 0x7F800000) return bits >> 16 | 0x40;
  if (size < 0x00800000) return bits >> 31 << 15;
  return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

/// The value of a bfloat16.
static inline float gobbet_bfloat16_value(uint32_t bits) {
  float value;
  bits <<= 16;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#endif
