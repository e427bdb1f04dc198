// The functions of `gobbet_kernels` in portable vectors of 16 floats. Each variant includes this
// file once, compiled for its instructions, with VARIANT and ROWS_AT_ONCE defined.
#include <math.h>
#include <string.h>

#include "gobbet_transformer.h"

// `a * b + c` must not become one rounding in some variants and two in others.
#pragma STDC FP_CONTRACT OFF
// Every function that takes or gives vectors is inlined, so how they would be passed is no matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes __attribute__((ext_vector_type(16)));
typedef float lanes_anywhere __attribute__((ext_vector_type(16), aligned(4)));
typedef int32_t lane_bits __attribute__((ext_vector_type(16)));

#define INLINE static inline __attribute__((always_inline))

INLINE lanes load(const float *from) { return *(const lanes_anywhere *)from; }

INLINE void store(float *to, lanes value) { *(lanes_anywhere *)to = value; }

INLINE lanes fused(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }

/// The first `count` of 16 lanes from memory, the others from `rest`.
INLINE lanes load_some(const float *from, size_t count, lanes rest) {
  memcpy(&rest, from, count * sizeof(float));
  return rest;
}

INLINE void store_some(float *to, size_t count, lanes value) {
  memcpy(to, &value, count * sizeof(float));
}

/// The sum of all lanes, as a tree of halves.
INLINE float sum(lanes v) {
  typedef float half __attribute__((ext_vector_type(8)));
  typedef float quarter __attribute__((ext_vector_type(4)));
  half h = v.lo + v.hi;
  quarter q = h.lo + h.hi;
  return (q.x + q.z) + (q.y + q.w);
}

INLINE float largest(lanes v) {
  float result = v[0];
  for (int lane = 1; lane < 16; lane++) result = v[lane] > result ? v[lane] : result;
  return result;
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
  // Times 2^n, as 2^(n-1) and 2, so that n = 128 passes.
  lane_bits bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits - 0x4B400000 + 126) << 23;
  lanes power;
  memcpy(&power, &bits, sizeof power);
  lanes result = p * power * 2.0f;
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

/// One panel's outputs for `rows` rows, which is a constant wherever this is inlined.
INLINE void multiply_tile(
    const gobbet_product *product, const float *panel, size_t first_output, size_t first_row,
    const size_t rows) {
  enum { steps = gobbet_panel_width / 16 };
  const float *input = product->input + first_row * product->input_stride;
  const size_t stride = product->input_stride, depth = product->depth;
  lanes sums[ROWS_AT_ONCE][steps];
  for (size_t step = 0; step < steps; step++) {
    lanes start = product->bias == NULL
        ? (lanes)0.0f : load(product->bias + first_output + step * 16);
    #pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) sums[row][step] = start;
  }
  for (size_t k = 0; k < depth; k++) {
    const float *weights = panel + k * gobbet_panel_width;
    // Decoding waits for memory; 4 KiB ahead is far enough to hide that.
    if (rows == 1) __builtin_prefetch(weights + 1024);
    #pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      lanes value = (lanes)input[row * stride + k];
      for (size_t step = 0; step < steps; step++) {
        sums[row][step] = fused(value, load(weights + step * 16), sums[row][step]);
      }
    }
  }
  #pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    float *output = product->output + (first_row + row) * product->output_stride + first_output;
    for (size_t step = 0; step < steps; step++) {
      if (first_output + step * 16 >= product->output_count) break;
      size_t left = product->output_count - first_output - step * 16;
      left = left < 16 ? left : 16;
      lanes result = sums[row][step];
      if (product->epilogue == gobbet_gelu) result = gelu(result);
      if (product->epilogue == gobbet_add) {
        result = load_some(output + step * 16, left, (lanes)0.0f) + result;
      }
      if (left == 16) store(output + step * 16, result);
      else store_some(output + step * 16, left, result);
    }
  }
}

static void multiply(const gobbet_product *product, size_t first, size_t end) {
  for (size_t index = first; index < end; index++) {
    const float *panel = product->panels + index * product->panel_stride;
    size_t output = index * gobbet_panel_width;
    size_t row = 0;
    for (; row + ROWS_AT_ONCE <= product->row_count; row += ROWS_AT_ONCE) {
      multiply_tile(product, panel, output, row, ROWS_AT_ONCE);
    }
    for (; row + 4 <= product->row_count; row += 4) multiply_tile(product, panel, output, row, 4);
    for (; row < product->row_count; row++) multiply_tile(product, panel, output, row, 1);
  }
}

static void normalize(
    const float *input, size_t width, const float *gain, const float *shift, float epsilon,
    float *output) {
  const size_t whole = width / 16 * 16;
  lanes total = (lanes)0.0f;
  for (size_t i = 0; i < whole; i += 16) total += load(input + i);
  if (whole < width) total += load_some(input + whole, width - whole, (lanes)0.0f);
  const float mean = sum(total) / (float)width;
  lanes squares = (lanes)0.0f;
  for (size_t i = 0; i < whole; i += 16) {
    lanes distance = load(input + i) - mean;
    squares = fused(distance, distance, squares);
  }
  if (whole < width) {
    lanes distance = load_some(input + whole, width - whole, (lanes)mean) - mean;
    squares = fused(distance, distance, squares);
  }
  const float scale = 1.0f / sqrtf(sum(squares) / (float)width + epsilon);
  for (size_t i = 0; i < whole; i += 16) {
    lanes distance = (load(input + i) - mean) * scale;
    store(output + i, fused(distance, load(gain + i), load(shift + i)));
  }
  for (size_t i = whole; i < width; i++) {
    output[i] = fmaf((input[i] - mean) * scale, gain[i], shift[i]);
  }
}

static void softmax(float *scores, size_t count, float scale) {
  const size_t whole = count / 16 * 16;
  lanes highest = (lanes)-INFINITY;
  for (size_t i = 0; i < whole; i += 16) {
    lanes v = load(scores + i);
    highest = v > highest ? v : highest;
  }
  if (whole < count) {
    lanes v = load_some(scores + whole, count - whole, (lanes)-INFINITY);
    highest = v > highest ? v : highest;
  }
  const float top = largest(highest);
  lanes total = (lanes)0.0f;
  for (size_t i = 0; i < whole; i += 16) {
    lanes e = exponential((load(scores + i) - top) * scale);
    total += e;
    store(scores + i, e);
  }
  if (whole < count) {
    lanes v = load_some(scores + whole, count - whole, (lanes)-INFINITY);
    lanes e = exponential((v - top) * scale);
    total += e;
    store_some(scores + whole, count - whole, e);
  }
  const float factor = 1.0f / sum(total);
  for (size_t i = 0; i < whole; i += 16) store(scores + i, load(scores + i) * factor);
  for (size_t i = whole; i < count; i++) scores[i] *= factor;
}

const gobbet_kernels VARIANT = {VARIANT_NAME, multiply, normalize, softmax};
