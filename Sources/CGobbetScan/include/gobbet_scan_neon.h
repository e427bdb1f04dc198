// Windows of 64 bytes by NEON. Part of `CGobbetScan.h`.
//
// Loaded with every fourth byte in one register, byte i of a window in lane i / 4 of quarter i % 4: then
// four shifts that insert bring the tests of each lane together, and the bits of a window are a
// register narrowed once.
#ifndef GOBBET_SCAN_NEON_H
#define GOBBET_SCAN_NEON_H

#if defined(__aarch64__)

typedef uint8_t gobbet_all_lanes __attribute__((vector_size(64), aligned(1), may_alias));

/// The bytes of a quarter: `ld4`.
#define GOBBET_EVERY_FOURTH(all, first) \
  __builtin_shufflevector( \
      all, all, first, first + 4, first + 8, first + 12, first + 16, first + 20, first + 24, \
      first + 28, first + 32, first + 36, first + 40, first + 44, first + 48, first + 52, \
      first + 56, first + 60)

GOBBET_INLINE gobbet_window gobbet_window_at(const uint8_t *bytes) {
  const gobbet_all_lanes all = *(const gobbet_all_lanes *)bytes;
  const gobbet_window window = {
    {GOBBET_EVERY_FOURTH(all, 0), GOBBET_EVERY_FOURTH(all, 1), GOBBET_EVERY_FOURTH(all, 2),
     GOBBET_EVERY_FOURTH(all, 3)}};
  return window;
}
#undef GOBBET_EVERY_FOURTH

/// `to` with what `from` is after a shift under its uppermost bits, as many as the shift: `sri`, into
/// which the compiler makes no such expression.
#define GOBBET_INSERT(to, from, shift) \
  __asm__("sri %0.16b, %1.16b, #" #shift : "+w"(to) : "w"(from))

/// The tests of a window as bits, the lowest that of its first byte.
GOBBET_INLINE uint64_t gobbet_window_bits(gobbet_window_tests tests) {
  typedef uint16_t pairs __attribute__((vector_size(16)));
  typedef uint8_t half __attribute__((vector_size(8)));
  gobbet_tests first = tests.quarters[1], four = tests.quarters[3];
  GOBBET_INSERT(first, tests.quarters[0], 1);
  GOBBET_INSERT(four, tests.quarters[2], 1);
  // Then bits 7 to 4 of a lane are the tests of its four bytes, the last highest, and 3 to 0 again.
  GOBBET_INSERT(four, first, 2);
  GOBBET_INSERT(four, four, 4);
  // `shrn`: of every two lanes the lower half of the second over the upper one of the first.
  const half bits = __builtin_convertvector((pairs)four >> 4, half);
  uint64_t mask;
  __builtin_memcpy(&mask, &bits, sizeof mask);
  return mask;
}
#undef GOBBET_INSERT

#endif
#endif
