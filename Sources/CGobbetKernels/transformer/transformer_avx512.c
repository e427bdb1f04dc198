// For x86-64 with 512-bit registers.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#include "transformer_variants.h"

#define VARIANT gobbet_kernels_avx512
#define VARIANT_NAME "avx512"
#define ROWS_AT_ONCE 12
#define ROWS_OF_BLOCKS 2
#define STEPS_AT_ONCE 2
#define OWN_INTEGER_PRODUCTS
#define OWN_HALVES
#define OWN_TABLES

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx2,fma"))), apply_to = function)

typedef float dot_lanes __attribute__((ext_vector_type(16)));
typedef int32_t dot_bits __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) dot_bits dot_int16(
    dot_bits sums, int32_t pair, dot_bits weights) {
  return sums + (dot_bits)_mm512_madd_epi16(_mm512_set1_epi32(pair), (__m512i)weights);
}

#include "transformer_wide.h"
#include "transformer_template.h"
#pragma clang attribute pop
#endif
