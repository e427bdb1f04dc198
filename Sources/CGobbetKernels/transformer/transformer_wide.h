// What both variants with 512-bit registers bring to `transformer_tiles.h`.

/// 16 bytes of a table of 16.
static inline __attribute__((always_inline)) dot_bits float4_bytes(dot_bits codes) {
  const __m128i table =
      _mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);
  return (dot_bits)_mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), (__m512i)codes);
}

static inline __attribute__((always_inline)) dot_lanes halves_at(const void *from) {
  return (dot_lanes)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from));
}
