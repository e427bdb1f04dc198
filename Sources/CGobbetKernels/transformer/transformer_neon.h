// What all variants for arm64 bring to the template beyond their products of integers.
//
// Weights of blocks are read by `load_bits` or `load_weights` and, as 16 bytes of four outputs, one
// quarter of a vector at a time.
#ifndef TRANSFORMER_NEON_H
#define TRANSFORMER_NEON_H

#include <arm_neon.h>

#include "transformer_lanes.h"

/// Four of 16 lanes.
INLINE int32x4_t quarter(lane_bits v, const size_t index) {
  switch (index) {
  case 0: return v.lo.lo;
  case 1: return v.lo.hi;
  case 2: return v.hi.lo;
  default: return v.hi.hi;
  }
}

INLINE lane_bits of_quarters(const int32x4_t parts[4]) {
  typedef int32_t half __attribute__((ext_vector_type(8)));
  const half low = __builtin_shufflevector(parts[0], parts[1], 0, 1, 2, 3, 4, 5, 6, 7);
  const half high = __builtin_shufflevector(parts[2], parts[3], 0, 1, 2, 3, 4, 5, 6, 7);
  return __builtin_shufflevector(
      low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/// The values of 16 IEEE halves.
INLINE lanes halves_at(const void *from) {
  typedef __fp16 halves __attribute__((ext_vector_type(16), aligned(2)));
  return __builtin_convertvector(*(const halves *)from, lanes);
}

/// 16 bytes of a table of 16.
INLINE lane_bits float4_bytes(lane_bits codes) {
  static const uint8_t values[16] = {
    12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};
  const uint8x16_t table = vld1q_u8(values);
  int32x4_t parts[4];
  UNROLLED
  for (size_t index = 0; index < 4; index++) {
    parts[index] = (int32x4_t)vqtbl1q_u8(table, (uint8x16_t)quarter(codes, index));
  }
  return of_quarters(parts);
}

#endif
