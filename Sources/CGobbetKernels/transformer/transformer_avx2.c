// For x86-64 since 2013.
#if defined(__x86_64__)
// How vectors would be passed is no matter: what takes or gives them is inlined.
#pragma clang diagnostic ignored "-Wpsabi"
#include <immintrin.h>

#include "transformer_variants.h"

#define VARIANT gobbet_kernels_avx2
#define VARIANT_NAME "avx2"
#define ROWS_AT_ONCE 6
#define ROWS_OF_BLOCKS 2
#define STEPS_AT_ONCE 1
#define OWN_INTEGER_PRODUCTS
#define OWN_TABLES

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

typedef int32_t dot_bits __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) dot_bits dot_int16(
    dot_bits sums, int32_t pair, dot_bits weights) {
  const __m256i both = _mm256_set1_epi32(pair);
  typedef int32_t half __attribute__((ext_vector_type(8)));
  const half low = (half)_mm256_madd_epi16(both, (__m256i)weights.lo);
  const half high = (half)_mm256_madd_epi16(both, (__m256i)weights.hi);
  dot_bits products;
  products.lo = low;
  products.hi = high;
  return sums + products;
}

static inline __attribute__((always_inline)) dot_bits float4_bytes(dot_bits codes) {
  const __m256i table =
      _mm256_broadcastsi128_si256(
          _mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
  typedef int32_t half __attribute__((ext_vector_type(8)));
  dot_bits values;
  values.lo = (half)_mm256_shuffle_epi8(table, (__m256i)codes.lo);
  values.hi = (half)_mm256_shuffle_epi8(table, (__m256i)codes.hi);
  return values;
}

#include "transformer_template.h"
#pragma clang attribute pop
#endif
