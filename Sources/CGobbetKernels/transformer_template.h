// The functions of `gobbet_kernels` in portable vectors of 16 floats. Each variant includes this
// file once, compiled for its instructions, with these defined:
//
// VARIANT, VARIANT_NAME  the table and what it is called
// ROWS_AT_ONCE           rows of floats or bfloat16 whose sums fit in the registers
// ROWS_OF_BLOCKS         the same for int8
// STEPS_AT_ONCE          1 or 2, times 16 outputs
// OWN_DOT_PRODUCTS       if the variant brings `dot_bfloat16` and `dot_int16`
// OWN_INTEGER_PRODUCTS   if it brings `dot_int16`
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

#define INLINE static inline __attribute__((always_inline))

INLINE lanes load(const float *from) { return *(const lanes_anywhere *)from; }

INLINE void store(float *to, lanes value) { *(lanes_anywhere *)to = value; }

INLINE lanes fused(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }

INLINE lanes as_lanes(lane_bits bits) {
  lanes value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE lane_bits as_bits(lanes value) {
  lane_bits bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

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
  // Times 2^n, as 2^(n-1) and 2, so that n = 128 passes.
  lane_bits bits = (as_bits(shifted) - 0x4B400000 + 126) << 23;
  lanes result = p * as_lanes(bits) * 2.0f;
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

/// A row's outputs of `steps` times 16 lanes, through the epilogue and into memory.
INLINE void finish(
    const gobbet_product *product, size_t row, size_t first_output, const lanes *sums,
    const size_t steps) {
  float *output = product->output + row * product->output_stride + first_output;
  for (size_t step = 0; step < steps; step++) {
    if (first_output + step * 16 >= product->output_count) break;
    size_t left = product->output_count - first_output - step * 16;
    left = left < 16 ? left : 16;
    lanes result = sums[step];
    if (product->epilogue == gobbet_gelu) result = gelu(result);
    if (product->epilogue == gobbet_add) {
      result = load_some(output + step * 16, left, (lanes)0.0f) + result;
    }
    if (left == 16) store(output + step * 16, result);
    else store_some(output + step * 16, left, result);
  }
}

/// What the sums of outputs start at.
INLINE lanes start(const gobbet_product *product, size_t output) {
  return product->bias == NULL ? (lanes)0.0f : load(product->bias + output);
}

INLINE lane_bits load_bits(const void *from) { return as_bits(load(from)); }

#ifndef OWN_DOT_PRODUCTS
/// sums + the products of two pairs of bfloat16, the upper ones first, each with one rounding.
INLINE lanes dot_bfloat16(lanes sums, int32_t pair, lane_bits weights) {
  const lane_bits both = (lane_bits)pair, upper = (lane_bits)(int32_t)0xFFFF0000;
  sums = fused(as_lanes(both & upper), as_lanes(weights & upper), sums);
  return fused(as_lanes(both << 16), as_lanes(weights << 16), sums);
}
#endif

#if !defined(OWN_DOT_PRODUCTS) && !defined(OWN_INTEGER_PRODUCTS)
/// sums + the products of two pairs of 16-bit integers.
INLINE lane_bits dot_int16(lane_bits sums, int32_t pair, lane_bits weights) {
  const lane_bits both = (lane_bits)pair;
  return sums + (both >> 16) * (weights >> 16) + ((both << 16) >> 16) * ((weights << 16) >> 16);
}
#endif

// Below, `element`, `rows` and `steps` are constants wherever a function is inlined, so that the
// sums stay in registers.

/// Outputs of `steps` times 16 lanes for `rows` rows of floats or pairs of bfloat16.
INLINE void multiply_words(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t first_row,
    const gobbet_element element, const size_t rows, const size_t steps) {
  const uint32_t *input = (const uint32_t *)product->input + first_row * product->input_stride;
  const size_t stride = product->input_stride;
  const size_t words = gobbet_row_words(element, product->depth);
  lanes sums[ROWS_AT_ONCE][2];
  #pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < steps; step++) {
      sums[row][step] = start(product, first_output + step * 16);
    }
  }
  for (size_t k = 0; k < words; k++) {
    const uint32_t *weights = panel + k * gobbet_panel_width;
    // Decoding waits for memory; 4 KiB ahead is far enough to hide that.
    if (rows == 1) __builtin_prefetch(weights + 1024);
    #pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      for (size_t step = 0; step < steps; step++) {
        const void *from = weights + step * 16;
        if (element == gobbet_bfloat16) {
          const int32_t pair = (int32_t)input[row * stride + k];
          sums[row][step] = dot_bfloat16(sums[row][step], pair, load_bits(from));
        } else {
          const lanes value = (lanes)((const float *)input)[row * stride + k];
          sums[row][step] = fused(value, load(from), sums[row][step]);
        }
      }
    }
  }
  #pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    finish(product, first_row + row, first_output, sums[row], steps);
  }
}

/// The same for blocks of integers: see `gobbet_int8`.
INLINE void multiply_blocks(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t first_row,
    const size_t rows, const size_t steps) {
  typedef int8_t bytes __attribute__((ext_vector_type(32), aligned(1)));
  typedef int16_t shorts __attribute__((ext_vector_type(32)));
  enum { pairs = gobbet_block_length / 2 };
  const uint32_t *input = (const uint32_t *)product->input + first_row * product->input_stride;
  const size_t stride = product->input_stride;
  const size_t blocks = (product->depth + gobbet_block_length - 1) / gobbet_block_length;
  const size_t first_step = first_output % gobbet_panel_width / 16;
  lanes sums[ROWS_OF_BLOCKS][2];
  #pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < steps; step++) {
      sums[row][step] = start(product, first_output + step * 16);
    }
  }
  for (size_t block = 0; block < blocks; block++) {
    const uint32_t *scales = panel + block * gobbet_words_a_block;
    const int8_t *weights = (const int8_t *)(scales + 16) + first_step * 32;
    lane_bits exact[ROWS_OF_BLOCKS][2];
    #pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      for (size_t step = 0; step < steps; step++) exact[row][step] = (lane_bits)0;
    }
    #pragma clang loop unroll_count(2)
    for (size_t pair = 0; pair < pairs; pair++) {
      if (rows == 1) __builtin_prefetch(weights + pair * 64 + 4096);
      lane_bits wide[2];
      for (size_t step = 0; step < steps; step++) {
        const bytes narrow = *(const bytes *)(weights + pair * 64 + step * 32);
        const shorts extended = __builtin_convertvector(narrow, shorts);
        memcpy(&wide[step], &extended, sizeof extended);
      }
      #pragma clang loop unroll(full)
      for (size_t row = 0; row < rows; row++) {
        const int32_t both = (int32_t)input[row * stride + block * pairs + pair];
        for (size_t step = 0; step < steps; step++) {
          exact[row][step] = dot_int16(exact[row][step], both, wide[step]);
        }
      }
    }
    for (size_t step = 0; step < steps; step++) {
      typedef uint16_t halves __attribute__((ext_vector_type(16), aligned(2)));
      const halves narrow = *(const halves *)((const uint16_t *)scales + (first_step + step) * 16);
      const lanes scale = as_lanes(__builtin_convertvector(narrow, lane_bits) << 16);
      #pragma clang loop unroll(full)
      for (size_t row = 0; row < rows; row++) {
        float input_scale;
        memcpy(&input_scale, input + row * stride + blocks * pairs + block, sizeof input_scale);
        const lanes value = __builtin_convertvector(exact[row][step], lanes);
        sums[row][step] = fused(value * scale, (lanes)input_scale, sums[row][step]);
      }
    }
  }
  #pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    finish(product, first_row + row, first_output, sums[row], steps);
  }
}

INLINE void multiply_tile(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t first_row,
    const gobbet_element element, const size_t rows, const size_t steps) {
  const size_t step = first_output % gobbet_panel_width;
  if (element == gobbet_int8) {
    multiply_blocks(product, panel, first_output, first_row, rows, steps);
  } else {
    multiply_words(product, panel + step, first_output, first_row, element, rows, steps);
  }
}

/// All rows, as many at once as registers hold, then four, then one.
INLINE void multiply_panels(
    const gobbet_product *product, size_t first, size_t end, const gobbet_element element,
    const size_t rows_at_once) {
  enum { width = STEPS_AT_ONCE * 16 };
  for (size_t index = first; index < end; index++) {
    const uint32_t *panel = (const uint32_t *)product->panels + index * product->panel_stride;
    const size_t panel_output = index * gobbet_panel_width;
    size_t row = 0;
    for (; row + rows_at_once <= product->row_count; row += rows_at_once) {
      for (size_t output = 0; output < gobbet_panel_width; output += width) {
        multiply_tile(
            product, panel, panel_output + output, row, element, rows_at_once, STEPS_AT_ONCE);
      }
    }
    for (; row + 4 <= product->row_count; row += 4) {
      for (size_t output = 0; output < gobbet_panel_width; output += width) {
        multiply_tile(product, panel, panel_output + output, row, element, 4, STEPS_AT_ONCE);
      }
    }
    for (; row < product->row_count; row++) {
      multiply_tile(product, panel, panel_output, row, element, 1, 2);
    }
  }
}

static void multiply(const gobbet_product *product, size_t first, size_t end) {
  switch (product->element) {
  case gobbet_float32:
    return multiply_panels(product, first, end, gobbet_float32, ROWS_AT_ONCE);
  case gobbet_bfloat16:
    return multiply_panels(product, first, end, gobbet_bfloat16, ROWS_AT_ONCE);
  case gobbet_int8:
    return multiply_panels(product, first, end, gobbet_int8, ROWS_OF_BLOCKS);
  }
}

/// The nearest bfloat16s in the upper halves: `gobbet_bfloat16_bits`, 16 at a time.
INLINE lane_bits round_to_bfloat16(lane_bits bits) {
  const lane_bits size = bits & 0x7FFFFFFF;
  lane_bits rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  rounded = size < 0x00800000 ? bits & (int32_t)0x80000000 : rounded;
  return size > 0x7F800000 ? bits | 0x00400000 : rounded;
}

/// Pairs of bfloat16, the last filled with a zero.
static void convert_to_bfloat16(const float *input, size_t depth, uint32_t *row) {
  const size_t whole = depth / 32 * 32;
  for (size_t k = 0; k < whole; k += 32) {
    const lane_bits low = load_bits(input + k), high = load_bits(input + k + 16);
    const lane_bits even = __builtin_shufflevector(
        low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const lane_bits odd = __builtin_shufflevector(
        low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    const lane_bits first = (round_to_bfloat16(even) >> 16) & 0xFFFF;
    const lane_bits second = round_to_bfloat16(odd) & (int32_t)0xFFFF0000;
    store((float *)(row + k / 2), as_lanes(first | second));
  }
  for (size_t k = whole; k < depth; k += 2) {
    const uint32_t second = k + 1 < depth ? gobbet_bfloat16_bits(input[k + 1]) : 0;
    row[k / 2] = gobbet_bfloat16_bits(input[k]) | second << 16;
  }
}

/// Blocks of 16-bit integers, then a scale for each.
static void convert_to_int16(const float *input, size_t depth, uint32_t *row) {
  typedef int16_t shorts __attribute__((ext_vector_type(16), aligned(2)));
  const float magic = 0x1.8p23f;
  const size_t blocks = (depth + gobbet_block_length - 1) / gobbet_block_length;
  for (size_t block = 0; block < blocks; block++) {
    lanes values[2];
    for (size_t half = 0; half < 2; half++) {
      const size_t from = block * gobbet_block_length + half * 16;
      const size_t left = from < depth ? depth - from : 0;
      values[half] = load_some(input + from, left < 16 ? left : 16, (lanes)0.0f);
    }
    const lanes size0 = __builtin_elementwise_abs(values[0]);
    const lanes size1 = __builtin_elementwise_abs(values[1]);
    const float top = largest(size0 > size1 ? size0 : size1);
    // Zero times what is not finite is NaN, and must not get lost in the integers.
    const float scale = top / 32767.0f + 0.0f * sum(values[0] + values[1]);
    const float inverse = top > 0.0f ? 32767.0f / top : 0.0f;
    for (size_t half = 0; half < 2; half++) {
      const lane_bits whole = as_bits(values[half] * inverse + magic) - 0x4B400000;
      *(shorts *)(row + block * 16 + half * 8) = __builtin_convertvector(whole, shorts);
    }
    memcpy(row + blocks * 16 + block, &scale, sizeof scale);
  }
}

static void convert(gobbet_element element, const float *input, size_t depth, void *row) {
  if (element == gobbet_bfloat16) convert_to_bfloat16(input, depth, row);
  else convert_to_int16(input, depth, row);
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

const gobbet_kernels VARIANT = {VARIANT_NAME, multiply, convert, normalize, softmax};
