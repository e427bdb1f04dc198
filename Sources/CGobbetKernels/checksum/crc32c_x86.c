#if defined(__x86_64__)

#include "crc32c_internal.h"

#include <immintrin.h>
#include <string.h>

// Folding: 16 bytes are a polynomial A = L·x^64 + H (the first bit in memory is the highest power),
// and A·x^d, which is what A is worth d bits before the end, has the same remainder as
// L·(x^(64+d) mod P) + H·(x^d mod P), which is 16 bytes again, to be added to the 16 bytes d bits on.
// Carry-less products of bit-reversed words come out one power too high, so the constants are
// x^(63+d) mod P and x^(d-1) mod P, their bits reversed, in the high half of a word.
#define FOLD_128 0x3171d43000000000, 0x3743f7bd00000000
#define FOLD_512 0x75bba45b00000000, 0x1c19243b00000000
#define FOLD_2048 0x1426a81500000000, 0xe9a5d8be00000000

__attribute__((target("sse4.2"))) uint32_t gobbet_crc32c_instruction(uint32_t checksum,
                                                                     const void *bytes,
                                                                     size_t count) {
  const uint8_t *next = bytes;
  uint64_t crc = (uint32_t)~checksum;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  uint32_t rest = (uint32_t)crc;
  while (count-- > 0) rest = _mm_crc32_u8(rest, *next++);
  return ~rest;
}

// `sum` moved on by the distance of `constants`, added to `next`.
__attribute__((target("sse4.2,pclmul"))) static inline __m128i fold(__m128i sum, __m128i constants,
                                                                    __m128i next) {
  __m128i low = _mm_clmulepi64_si128(sum, constants, 0x00);
  __m128i high = _mm_clmulepi64_si128(sum, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// The checksum of the four sums, 16 bytes apart, and of the bytes after them.
__attribute__((target("sse4.2,pclmul"))) static uint32_t finish(const __m128i sums[4],
                                                                const uint8_t *rest, size_t count) {
  const __m128i by16 = _mm_set_epi64x(FOLD_128);
  __m128i sum = fold(sums[0], by16, sums[1]);
  sum = fold(sum, by16, sums[2]);
  sum = fold(sum, by16, sums[3]);
  uint64_t crc = _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(sum));
  crc = _mm_crc32_u64(crc, (uint64_t)_mm_extract_epi64(sum, 1));
  return gobbet_crc32c_instruction(~(uint32_t)crc, rest, count);
}

__attribute__((target("sse4.2,pclmul"))) uint32_t gobbet_crc32c_folding(uint32_t checksum,
                                                                        const void *bytes,
                                                                        size_t count) {
  if (count < 64) return gobbet_crc32c_instruction(checksum, bytes, count);
  const __m128i *next = bytes;
  __m128i sums[4];
  for (int i = 0; i < 4; i++) sums[i] = _mm_loadu_si128(next++);
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128((int)~checksum));
  const __m128i by64 = _mm_set_epi64x(FOLD_512);
  for (count -= 64; count >= 64; count -= 64)
    for (int i = 0; i < 4; i++) sums[i] = fold(sums[i], by64, _mm_loadu_si128(next++));
  return finish(sums, (const uint8_t *)next, count);
}

__attribute__((target("avx512f,vpclmulqdq"))) static inline __m512i fold_wide(__m512i sum,
                                                                              __m512i constants,
                                                                              __m512i next) {
  __m512i low = _mm512_clmulepi64_epi128(sum, constants, 0x00);
  __m512i high = _mm512_clmulepi64_epi128(sum, constants, 0x11);
  return _mm512_ternarylogic_epi64(low, high, next, 0x96);
}

__attribute__((target("sse4.2,pclmul,avx512f,vpclmulqdq"))) uint32_t gobbet_crc32c_wide_folding(
    uint32_t checksum, const void *bytes, size_t count) {
  if (count < 256) return gobbet_crc32c_folding(checksum, bytes, count);
  const uint8_t *next = bytes;
  __m512i sums[4];
  for (int i = 0; i < 4; i++, next += 64) sums[i] = _mm512_loadu_si512(next);
  sums[0] = _mm512_xor_si512(sums[0],
                             _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)~checksum)));
  const __m512i by256 = _mm512_broadcast_i32x4(_mm_set_epi64x(FOLD_2048));
  for (count -= 256; count >= 256; count -= 256)
    for (int i = 0; i < 4; i++, next += 64)
      sums[i] = fold_wide(sums[i], by256, _mm512_loadu_si512(next));
  const __m512i by64 = _mm512_broadcast_i32x4(_mm_set_epi64x(FOLD_512));
  for (int i = 1; i < 4; i++) sums[i] = fold_wide(sums[i - 1], by64, sums[i]);
  __m128i lanes[4];
  _mm512_storeu_si512(lanes, sums[3]);
  return finish(lanes, next, count);
}

#endif
