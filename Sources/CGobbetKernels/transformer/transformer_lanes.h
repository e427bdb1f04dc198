// Portable vectors of 16 floats, and the functions of them that the layers need.
#ifndef TRANSFORMER_LANES_H
#define TRANSFORMER_LANES_H

#include <math.h>
#include <string.h>

#include "transformer_layout.h"

// `a * b + c` must not become one rounding in some variants and two in others.
#pragma STDC FP_CONTRACT OFF
// Every function that takes or gives vectors is inlined, so how they would be passed is no matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes __attribute__((ext_vector_type(16)));
typedef float lanes_anywhere __attribute__((ext_vector_type(16), aligned(4)));
typedef int32_t lane_bits __attribute__((ext_vector_type(16)));
typedef uint16_t shorts __attribute__((ext_vector_type(16), aligned(2)));

#ifdef FUSED_BY_CALLS
// Slow anyway: as functions and loops of variable length they are a tenth of the code.
#define INLINE static inline __attribute__((minsize))
#define APART static __attribute__((noinline, minsize))
#define UNROLLED
#define SINGLE_ROWS false
#else
#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline))
/// Stands before a loop whose length is a constant where it is inlined.
#define UNROLLED _Pragma("clang loop unroll(full)")
/// Whether single rows have code of their own.
#define SINGLE_ROWS true
#endif

INLINE lanes load(const float *from) { return *(const lanes_anywhere *)from; }

INLINE void store(float *to, lanes value) { *(lanes_anywhere *)to = value; }

#ifdef FUSED_BY_CALLS
__attribute__((noinline))
#endif
INLINE lanes fused(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }

// A cast between vectors keeps the bits.
INLINE lanes as_lanes(lane_bits bits) { return (lanes)bits; }

INLINE lane_bits as_bits(lanes value) { return (lane_bits)value; }

INLINE lane_bits load_bits(const void *from) { return as_bits(load(from)); }

/// The first `count` of 16 lanes from memory, the others from `rest`.
INLINE lanes load_some(const float *from, size_t count, lanes rest) {
  memcpy(&rest, from, count * sizeof(float));
  return rest;
}

/// The lowest bytes of 32 lanes.
INLINE void store_bytes(uint32_t *to, lane_bits first, lane_bits second) {
  typedef uint8_t bytes __attribute__((ext_vector_type(16), aligned(4)));
  *(bytes *)to = __builtin_convertvector(first & 0xFF, bytes);
  *(bytes *)(to + 4) = __builtin_convertvector(second & 0xFF, bytes);
}

INLINE void store_some(float *to, size_t count, lanes value) {
  memcpy(to, &value, count * sizeof(float));
}

/// 16 numbers of 16 bits.
INLINE lane_bits shorts_at(const void *from) {
  return __builtin_convertvector(*(const shorts *)from, lane_bits);
}

/// The values of 16 bfloat16s.
INLINE lanes bfloat16s_at(const void *from) { return as_lanes(shorts_at(from) << 16); }

#ifndef OWN_HALVES
/// The values of 16 IEEE halves.
INLINE lanes halves_at(const void *from) {
  const lane_bits wide = shorts_at(from);
  lane_bits size = as_bits(as_lanes((wide & 0x7FFF) << 13) * 0x1p112f);
  // What is over the largest half is infinite, or NaN.
  size |= size >= 0x47800000 ? (lane_bits)0x7F800000 : (lane_bits)0;
  return as_lanes(size | (wide & 0x8000) << 16);
}
#endif

/// The sum of all lanes, as a tree of halves.
INLINE float sum(lanes v) {
  typedef float half __attribute__((ext_vector_type(8)));
  typedef float quarter __attribute__((ext_vector_type(4)));
  half h = v.lo + v.hi;
  quarter q = h.lo + h.hi;
  return (q.x + q.z) + (q.y + q.w);
}

INLINE float largest(lanes v) {
  typedef float half __attribute__((ext_vector_type(8)));
  typedef float quarter __attribute__((ext_vector_type(4)));
  half h = v.lo > v.hi ? v.lo : v.hi;
  quarter q = h.lo > h.hi ? h.lo : h.hi;
  float x = q.x > q.z ? q.x : q.z, y = q.y > q.w ? q.y : q.w;
  return x > y ? x : y;
}

/// exp(x) to within an ulp; 0 below -87.3, where it would be denormal, infinite above 88.7.
INLINE lanes exponential(lanes x) {
  const float magic = 0x1.8p23f;
  // n is the integer nearest to x / log 2, r the rest, in two parts of log 2.
  lanes shifted = fused(x, (lanes)0x1.715476p0f, (lanes)magic);
  lanes n = shifted - magic;
  lanes r = fused(n, (lanes)-0x1.62e4p-1f, x);
  r = fused(n, (lanes)-0x1.7f7d1cp-20f, r);
  // Taylor to the seventh power: |r| is at most 0.347, the next term 1.1e-9 of the result's half.
  lanes p = (lanes)(1.0f / 5040);
  p = fused(p, r, (lanes)(1.0f / 720));
  p = fused(p, r, (lanes)(1.0f / 120));
  p = fused(p, r, (lanes)(1.0f / 24));
  p = fused(p, r, (lanes)(1.0f / 6));
  p = fused(p, r, (lanes)0.5f);
  p = fused(p, r, (lanes)1.0f);
  p = fused(p, r, (lanes)1.0f);
  // Times 2^n in two halves, for n itself may be 128.
  lane_bits exponent = as_bits(shifted) - 0x4B400000, half = exponent >> 1;
  lanes result = p * as_lanes((half + 127) << 23) * as_lanes((exponent - half + 127) << 23);
  result = x < -87.3f ? (lanes)0.0f : result;
  result = x > 88.72f ? (lanes)INFINITY : result;
  return x != x ? x : result;
}

/// x / (1 + exp(-2u)) with u = sqrt(2/pi) (x + 0.044715 x^3), which is x (1 + tanh u) / 2.
INLINE lanes gelu(lanes x) {
  lanes cube = x * x * x;
  lanes u = fused(cube, (lanes)0.044715f, x) * -1.5957691216057308f;
  return x / (1.0f + exponential(u));
}

/// x / (1 + exp(-x))
INLINE lanes silu(lanes x) { return x / (1.0f + exponential(-x)); }

/// tanh x = 1 - 2 / (1 + exp 2x): to within an ulp of 1.
INLINE lanes hyperbolic_tangent(lanes x) { return 1.0f - 2.0f / (1.0f + exponential(x + x)); }

/// erf(x), off by at most 1.5e-7.
///
/// Not libm's, whose bits depend on the system and the processor. Polynomials fitted at Chebyshev's
/// nodes: of erf(x) / x in x^2 up to 1, of log(1 - erf(x)) from there to 4, where erf rounds to 1.
INLINE lanes error_function(lanes x) {
  const lanes size = __builtin_elementwise_abs(x);
  const lanes square = x * x;
  lanes near = (lanes)-0x1.449784p-17f;
  near = fused(near, square, (lanes)0x1.d89ff4p-14f);
  near = fused(near, square, (lanes)-0x1.bcd3a4p-11f);
  near = fused(near, square, (lanes)0x1.562abep-8f);
  near = fused(near, square, (lanes)-0x1.b829d0p-6f);
  near = fused(near, square, (lanes)0x1.ce2f0ap-4f);
  near = fused(near, square, (lanes)-0x1.812746p-2f);
  near = fused(near, square, (lanes)0x1.20dd76p+0f) * x;
  const lanes limited = size < 4.0f ? size : (lanes)4.0f;
  lanes far = (lanes)0x1.b14578p-20f;
  far = fused(far, limited, (lanes)-0x1.7e711ep-15f);
  far = fused(far, limited, (lanes)0x1.36c82ep-11f);
  far = fused(far, limited, (lanes)-0x1.36a7bcp-8f);
  far = fused(far, limited, (lanes)0x1.aff5a4p-6f);
  far = fused(far, limited, (lanes)-0x1.c2788cp-4f);
  far = fused(far, limited, (lanes)-0x1.438d42p-1f);
  far = fused(far, limited, (lanes)-0x1.21529ap+0f);
  far = fused(far, limited, (lanes)0x1.3df11cp-12f);
  far = __builtin_elementwise_copysign((lanes)1.0f - exponential(far), x);
  // NaN stays NaN.
  return x != x ? x : size < 1.0f ? near : far;
}

#endif
