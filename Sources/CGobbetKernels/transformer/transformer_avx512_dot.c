// For x86-64 with 512-bit registers and dot products of bfloat16 and integers.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#include "transformer_variants.h"

#define VARIANT gobbet_kernels_avx512_dot
#define VARIANT_WITH_PAIRS gobbet_kernels_avx512_dot_pairs
#define VARIANT_NAME "avx512-dot"
#define ROWS_AT_ONCE 12
#define ROWS_OF_BLOCKS 2
#define STEPS_AT_ONCE 2
#define OWN_DOT_PRODUCTS
#define OWN_BYTE_PRODUCTS
#define OWN_HALVES
#define OWN_TABLES

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,avx512vnni,avx2,fma"))), \
    apply_to = function)

typedef float dot_lanes __attribute__((ext_vector_type(16)));
typedef int32_t dot_bits __attribute__((ext_vector_type(16)));

/// The upper products first, each added with one rounding: the bits of two products of floats.
static inline __attribute__((always_inline)) dot_lanes dot_bfloat16(
    dot_lanes sums, float pair, dot_bits weights) {
  return (dot_lanes)_mm512_dpbf16_ps(
      (__m512)sums, (__m512bh)_mm512_set1_ps(pair), (__m512bh)weights);
}

/// Of every four unsigned bytes their products with the signed bytes of the weights.
static inline __attribute__((always_inline)) dot_bits dot_bytes(
    dot_bits sums, int32_t quad, dot_bits weights) {
  return (dot_bits)_mm512_dpbusd_epi32(
      (__m512i)sums, _mm512_set1_epi32(quad), (__m512i)weights);
}

/// Of every four unsigned bytes of the weights their products with signed bytes.
static inline __attribute__((always_inline)) dot_bits dot_signed(
    dot_bits sums, dot_bits weights, int32_t quad) {
  return (dot_bits)_mm512_dpbusd_epi32(
      (__m512i)sums, (__m512i)weights, _mm512_set1_epi32(quad));
}

#include "transformer_wide.h"
#include "transformer_template.h"
#pragma clang attribute pop
#endif
