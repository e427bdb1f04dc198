// Blocks of GGUF, decoded as ggml does it, and products with them in the order that
// `gobbet_transformer.h` states.
#include "blocks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

/// A run of weights with one scale: integer x scale + least.
typedef struct {
  float scale, least;
  int weights[32];
} run;

typedef struct {
  gobbet_element element;
  const char *name;
  size_t length, size, run_length;
  bool has_least;
} kind;

static const kind kinds[] = {
  {gobbet_q4_0, "q4_0", 32, 18, 32, false},   {gobbet_q4_1, "q4_1", 32, 20, 32, true},
  {gobbet_q5_0, "q5_0", 32, 22, 32, false},   {gobbet_q5_1, "q5_1", 32, 24, 32, true},
  {gobbet_q8_0, "q8_0", 32, 34, 32, false},   {gobbet_q4_k, "q4_k", 256, 144, 32, true},
  {gobbet_q5_k, "q5_k", 256, 176, 32, true},  {gobbet_q6_k, "q6_k", 256, 210, 16, false},
  {gobbet_mxfp4, "mxfp4", 32, 17, 32, false},
};

static float half_value(const uint8_t *bytes) {
  const unsigned bits = bytes[0] | bytes[1] << 8;
  const int exponent = bits >> 10 & 31;
  const float size = exponent == 0 ? ldexpf((float)(bits & 1023), -24)
                                   : ldexpf((float)(1024 + (bits & 1023)), exponent - 25);
  return bits & 0x8000 ? -size : size;
}

/// Random bytes, with scales of usual sizes.
static void fill(const kind *kind, uint8_t *block, uint32_t (*random)(void)) {
  for (size_t index = 0; index < kind->size; index++) block[index] = (uint8_t)(random() >> 24);
  uint8_t *scales = kind->element == gobbet_q6_k ? block + 208 : block;
  if (kind->element == gobbet_mxfp4) {
    block[0] = (uint8_t)(random() % 40 == 0 ? random() % 3 : 118 + random() % 8);
    return;
  }
  // Half of them negative, some not normal, some zero.
  const uint8_t exponent = (uint8_t)(random() % 30 == 0 ? 0 : 6 + random() % 4);
  scales[1] = (uint8_t)((scales[1] & 0x83) | exponent << 2);
  if (random() % 50 == 0) scales[0] = scales[1] = 0;
  if (kind->has_least) scales[3] = (uint8_t)((scales[3] & 0x83) | (7 + random() % 4) << 2);
}

/// The runs of a block, in order.
static size_t decode(const kind *kind, const uint8_t *block, run *runs) {
  static const int float4[] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
  const size_t count = kind->length / kind->run_length;
  const uint8_t *nibbles = block + kind->size - 16;
  uint32_t fifth;
  memcpy(&fifth, block + kind->size - 20, 4);
  for (size_t index = 0; index < count; index++) {
    run *own = runs + index;
    own->least = 0;
    own->scale = half_value(block);
    for (size_t at = 0; at < kind->run_length; at++) {
      const int small = at < 16 ? nibbles[at] & 15 : nibbles[at - 16] >> 4;
      const int large = small | (int)(fifth >> at & 1) << 4;
      const size_t place = index * kind->run_length + at;
      switch (kind->element) {
      case gobbet_q4_0: own->weights[at] = small - 8; break;
      case gobbet_q4_1: own->weights[at] = small; break;
      case gobbet_q5_0: own->weights[at] = large - 16; break;
      case gobbet_q5_1: own->weights[at] = large; break;
      case gobbet_q8_0: own->weights[at] = (int8_t)block[2 + at]; break;
      case gobbet_mxfp4: own->weights[at] = float4[small]; break;
      case gobbet_q6_k: {
        const size_t half = place / 128, in = place % 128;
        const int low = block[half * 64 + in % 64] >> in / 64 * 4 & 15;
        const int high = block[128 + half * 32 + in % 32] >> in / 32 * 2 & 3;
        own->weights[at] = (low | high << 4) - 32;
        break;
      }
      default: {
        const uint8_t *bytes = block + kind->size - 128 + place / 64 * 32;
        const int low = bytes[place % 32] >> place / 32 % 2 * 4 & 15;
        const int high = kind->element == gobbet_q5_k ? block[16 + place % 32] >> index & 1 : 0;
        own->weights[at] = low | high << 4;
      }
      }
    }
    if (kind->element == gobbet_mxfp4) own->scale = ldexpf(1, block[0] - 128);
    if (kind->element == gobbet_q6_k) {
      own->scale = half_value(block + 208) * (float)(int8_t)block[192 + index];
    } else if (kind->length == 256) {
      const uint8_t *packed = block + 4;
      const int first = index < 4 ? packed[index] & 63
                                  : (packed[index + 4] & 15) | packed[index - 4] >> 6 << 4;
      const int second = index < 4 ? packed[index + 4] & 63
                                   : packed[index + 4] >> 4 | packed[index] >> 6 << 4;
      own->scale = half_value(block) * (float)first;
      own->least = -(half_value(block + 2) * (float)second);
    } else if (kind->has_least) {
      own->least = half_value(block + 2);
    }
  }
  return count;
}

static int failures;

static void fail(const gobbet_kernels *kernels, const kind *kind, const char *what) {
  if (failures++ < 20) printf("%s: %s of %s differs\n", kernels->name, what, kind->name);
}

/// The integers of a row and their scale; NaN as the scale of a row that is not finite.
static float rounded(const float *input, size_t depth, int *integers) {
  float top = 0, total = 0;
  for (size_t k = 0; k < depth; k++) {
    top = fabsf(input[k]) > top ? fabsf(input[k]) : top;
    total += input[k];
  }
  const float inverse = top > 0x1p-100f ? 32512.0f / top : 0;
  for (size_t k = 0; k < depth; k++) integers[k] = (int)lrintf(input[k] * inverse);
  return isfinite(total) ? top / 32512.0f : NAN;
}

static void check_kind(
    const gobbet_kernels *kernels, gobbet_pool *pool, const kind *kind, size_t rows, size_t depth,
    size_t outputs, uint32_t (*random)(void), void (*add)(const float *, size_t)) {
  const size_t padded = (outputs + 31) / 32 * 32, blocks = depth / kind->length;
  const size_t row_size = gobbet_block_row_size(kind->element, depth);
  const size_t panel_words = gobbet_panel_words(kind->element, depth);
  const size_t row_words = gobbet_row_words(kernels, kind->element, depth);
  if (row_size != blocks * kind->size) fail(kernels, kind, "the size of a row");
  uint8_t *file = malloc(outputs * row_size);
  float *input = malloc(rows * depth * sizeof(float)), *bias = calloc(padded, sizeof(float));
  float *output = calloc(rows * outputs, sizeof(float)), *weights = malloc(depth * sizeof(float));
  float *scales = malloc(rows * sizeof(float));
  int *integers = malloc(rows * depth * sizeof(int));
  void *panels = calloc(padded / 32 * panel_words, 4), *converted = malloc(rows * row_words * 4);
  run *runs = malloc(depth / kind->run_length * sizeof(run));
  for (size_t index = 0; index < outputs * blocks; index++) {
    fill(kind, file + index * kind->size, random);
  }
  for (size_t index = 0; index < rows * depth; index++) {
    input[index] = (float)(int32_t)random() * 0x1p-31f * (float)(index / 7 % 5);
  }
  for (size_t index = 0; index < outputs; index++) bias[index] = (float)(int32_t)random() * 0x1p-31f;
  for (size_t k = 0; rows > 4 && k < depth; k++) input[2 * depth + k] = 0;
  if (rows > 4) input[3 * depth + depth / 2] = INFINITY;
  // In two parts, so that a part that is not the first is seen.
  const size_t first = outputs > 32 ? 32 : outputs;
  const gobbet_block_part parts[2] = {
    {file, 0, first}, {file + first * row_size, first, outputs - first}};
  for (size_t part = 0; part < 2; part++) {
    if (!gobbet_pack_blocks(kind->element, parts + part, depth, panels)) {
      fail(kernels, kind, "finiteness");
    }
  }
  const gobbet_product product = {
    kind->element, input, depth, rows, depth, panels, panel_words, bias, output, outputs, outputs,
    gobbet_store, gobbet_inputs_of_16_bits};
  gobbet_multiply(kernels, pool, &product, converted);
  for (size_t row = 0; row < rows; row++) {
    scales[row] = rounded(input + row * depth, depth, integers + row * depth);
  }
  for (size_t at = 0; at < outputs; at++) {
    size_t run_count = 0;
    for (size_t block = 0; block < blocks; block++) {
      run_count +=
          decode(kind, file + at * row_size + block * kind->size, runs + run_count);
    }
    gobbet_unpack_output(kind->element, panels, depth, at, weights);
    for (size_t k = 0; k < depth; k++) {
      const run *own = runs + k / kind->run_length;
      const float product = own->scale * (float)own->weights[k % kind->run_length];
      if (weights[k] != (kind->has_least ? product + own->least : product)) {
        fail(kernels, kind, "a weight");
      }
    }
    for (size_t row = 0; row < rows; row++) {
      float sum = 0;
      double exact = 0, size = 0;
      for (size_t index = 0; index < run_count; index++) {
        int products = 0, inputs = 0;
        for (size_t k = 0; k < kind->run_length; k++) {
          const int value = integers[row * depth + index * kind->run_length + k];
          products += value * runs[index].weights[k];
          inputs += value;
          exact += (double)input[row * depth + index * kind->run_length + k]
              * weights[index * kind->run_length + k];
          size += fabs(weights[index * kind->run_length + k]);
        }
        sum = fmaf((float)products, runs[index].scale, sum);
        if (kind->has_least) sum = fmaf((float)inputs, runs[index].least, sum);
      }
      sum = fmaf(sum, scales[row], bias[at]);
      const float got = output[row * outputs + at];
      if (isnan(scales[row]) ? !isnan(got) : got != sum) fail(kernels, kind, "a product");
      const double error = fabs(got - bias[at] - exact);
      // An input is off by half a step at most, and sums of floats by little.
      if (!isnan(scales[row]) && !(error < size * (scales[row] / 2 + 1e-5) + 1e-6)) {
        fail(kernels, kind, "the size of a product");
      }
      if (isnan(scales[row])) output[row * outputs + at] = 0;
    }
  }
  add(output, rows * outputs);
  free(file); free(input); free(bias); free(output); free(weights); free(scales);
  free(integers); free(panels); free(converted); free(runs);
}

/// Scales that are not finite, or make a weight so, are found in any place.
static void check_finiteness(const gobbet_kernels *kernels, const kind *kind) {
  const size_t depth = 512, row_size = gobbet_block_row_size(kind->element, depth);
  uint8_t *file = calloc(33, row_size);
  void *panels = calloc(2 * gobbet_panel_words(kind->element, depth), 4);
  const gobbet_block_part part = {file, 0, 33};
  const size_t places = kind->has_least ? 2 : 1;
  for (size_t place = 0; place < places; place++) {
    uint8_t *block = file + 33 * row_size - kind->size;
    uint8_t *scale = block + (kind->element == gobbet_q6_k ? 208 : 2 * place);
    if (kind->element == gobbet_mxfp4) {
      block[0] = 253;
      if (!gobbet_pack_blocks(kind->element, &part, depth, panels)) {
        fail(kernels, kind, "finiteness of zeros");
      }
      block[9] = 0xF0;
    } else {
      scale[1] = 0x7C;
    }
    if (gobbet_pack_blocks(kind->element, &part, depth, panels)) {
      fail(kernels, kind, "finiteness of infinity");
    }
    memset(block, 0, kind->size);
  }
  free(file); free(panels);
}

int check_blocks(
    const gobbet_kernels *kernels, gobbet_pool *pool, uint32_t (*random)(void),
    void (*add)(const float *values, size_t count)) {
  static const size_t row_counts[] = {1, 2, 5, 67}, output_counts[] = {1, 32, 50, 96};
  failures = 0;
  for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
    const kind *own = kinds + index;
    for (size_t r = 0; r < 4; r++) {
      for (size_t o = 0; o < 4; o++) {
        check_kind(kernels, pool, own, row_counts[r], own->length, output_counts[o], random, add);
        check_kind(kernels, pool, own, row_counts[r], 768, output_counts[o], random, add);
      }
    }
    check_finiteness(kernels, own);
    if (gobbet_block_row_size(own->element, own->length + 16) != 0) {
      fail(kernels, own, "the size of a broken row");
    }
  }
  return failures;
}
