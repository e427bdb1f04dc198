// Planes of elements on arm64: loads and stores that take every second or fourth byte, and two shifts for
// each byte of an element's rotation, the latter of which inserts.
//
// Elements of two bytes are split by plain C: by llvm-mca its vectors are faster on Neoverse and on Apple's
// processors than `ld2`.
#if defined(__aarch64__)
#include "planes_neon.h"

#include <arm_neon.h>

enum { lanes = 16 };

/// Bytes moved up by one bit, with the uppermost bits of those below them.
static inline uint8x16_t up(uint8x16_t bytes, uint8x16_t below) {
  return vsliq_n_u8(vshrq_n_u8(below, 7), bytes, 1);
}

/// Bytes moved down by one bit, with the lowest bits of those above them.
static inline uint8x16_t down(uint8x16_t bytes, uint8x16_t above) {
  return vsliq_n_u8(vshrq_n_u8(bytes, 1), above, 7);
}

/// Where the vector from `place` on begins: the last is a whole one, too, and has some elements again.
static inline size_t vector_at(size_t place, size_t count) {
  return count - place < lanes ? count - lanes : place;
}

int gobbet_split_neon(size_t width, const void *elements, size_t count, void *planes) {
  if (width != 4 || count < lanes) return 0;
  const uint8_t *source = elements;
  uint8_t *top = planes, *next = top + count, *middle = next + count;
  for (size_t place = 0; place < count; place += lanes) {
    const size_t at = vector_at(place, count);
    const uint8x16x4_t bytes = vld4q_u8(source + 4 * at);
    const uint8x16x2_t rest = {
      {up(bytes.val[0], bytes.val[3]), up(bytes.val[1], bytes.val[0])}};
    vst1q_u8(top + at, up(bytes.val[3], bytes.val[2]));
    vst1q_u8(next + at, up(bytes.val[2], bytes.val[1]));
    vst2q_u8(middle + 2 * at, rest);
  }
  return 1;
}

int gobbet_join_neon(size_t width, const void *const *planes, size_t count, void *elements) {
  if ((width != 2 && width != 4) || count < lanes) return 0;
  uint8_t *target = elements;
  const uint8_t *top = planes[0], *next = planes[1];
  const uint8_t *middle = width == 4 ? planes[2] : NULL;
  for (size_t place = 0; place < count; place += lanes) {
    const size_t at = vector_at(place, count);
    const uint8x16_t high = vld1q_u8(top + at), low = vld1q_u8(next + at);
    if (width == 2) {
      const uint8x16x2_t bytes = {{down(low, high), down(high, low)}};
      vst2q_u8(target + 2 * at, bytes);
    } else {
      const uint8x16x2_t rest = vld2q_u8(middle + 2 * at);
      const uint8x16x4_t bytes = {
        {down(rest.val[0], rest.val[1]), down(rest.val[1], low), down(low, high),
         down(high, rest.val[0])}};
      vst4q_u8(target + 4 * at, bytes);
    }
  }
  return 1;
}
#endif
