// Runs every variant of the matrix kernels that the machine has over random matrices of many shapes,
// compares each with loops that follow the documented order of every sum, and prints a checksum of all
// bits, which must be the same on every machine.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "gobbet_transformer.h"

static uint64_t state = 1;

static uint32_t random_bits(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 32);
}

static float random_float(void) { return (float)(int32_t)random_bits() * 0x1p-31f; }

static uint64_t checksum = 14695981039346656037u;

static void add_to_checksum(const float *values, size_t count) {
  for (size_t index = 0; index < count; index++) {
    uint32_t bits;
    memcpy(&bits, values + index, sizeof bits);
    checksum = (checksum ^ bits) * 1099511628211u;
  }
}

static float bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// One output in the documented order. For int8, `weights` are what the panels gave back, and the
/// result is in double precision.
static double expected(
    gobbet_element element, const float *input, const float *weights, size_t depth, float bias) {
  if (element == gobbet_int8) {
    double sum = bias;
    for (size_t k = 0; k < depth; k++) sum += (double)input[k] * weights[k];
    return sum;
  }
  float sum = bias;
  if (element == gobbet_float32) {
    for (size_t k = 0; k < depth; k++) sum = fmaf(input[k], weights[k], sum);
    return sum;
  }
  for (size_t k = 0; k < depth; k += 2) {
    if (k + 1 < depth) sum = fmaf(bfloat16(input[k + 1]), bfloat16(weights[k + 1]), sum);
    sum = fmaf(bfloat16(input[k]), bfloat16(weights[k]), sum);
  }
  return sum;
}

static int failures = 0;

static void fail(const char *variant, const char *what, gobbet_element element, size_t depth) {
  printf("%s: %s differs, element %d, depth %zu\n", variant, what, element, depth);
  failures++;
}

static void check_products(
    const gobbet_kernels *kernels, gobbet_pool *pool, gobbet_element element, gobbet_inputs inputs,
    size_t rows, size_t depth, size_t outputs) {
  const size_t padded = (outputs + 31) / 32 * 32;
  float *weights = malloc(depth * outputs * sizeof(float));
  float *input = malloc(rows * depth * sizeof(float));
  float *output = malloc(rows * outputs * sizeof(float));
  float *bias = calloc(padded, sizeof(float));
  float *scratch = malloc((depth + 1) * 32 * sizeof(float));
  float *column = malloc(depth * sizeof(float));
  const size_t panel_words = gobbet_panel_words(element, depth);
  void *panels = calloc(padded / 32 * panel_words, 4);
  void *converted = malloc(rows * gobbet_row_words(kernels, element, depth) * 4 + 64);
  for (size_t index = 0; index < depth * outputs; index++) weights[index] = random_float();
  for (size_t index = 0; index < rows * depth; index++) input[index] = random_float();
  for (size_t index = 0; index < outputs; index++) bias[index] = random_float();
  const gobbet_part part = {weights, true, 0, depth, 0, outputs};
  if (!gobbet_pack(element, &part, depth, scratch, panels)) {
    fail(kernels->name, "finiteness", element, depth);
  }
  const gobbet_product product = {
    element, input, depth, rows, depth, panels, panel_words, bias, output, outputs, outputs,
    gobbet_store, inputs};
  gobbet_multiply(kernels, pool, &product, converted);
  for (size_t at = 0; at < outputs; at++) {
    gobbet_unpack_output(element, panels, depth, at, column);
    const float *exact = element == gobbet_int8 ? column : weights + at * depth;
    for (size_t row = 0; row < rows; row++) {
      const double wanted = expected(element, input + row * depth, exact, depth, bias[at]);
      const double error = fabs(wanted - output[row * outputs + at]);
      const double allowed = inputs == gobbet_inputs_of_16_bits ? 1e-4 : 8e-3;
      if (element == gobbet_int8 ? error > allowed * sqrt((double)depth) : error != 0) {
        fail(kernels->name, "product", element, depth);
      }
    }
  }
  add_to_checksum(output, rows * outputs);
  free(weights); free(input); free(output); free(bias); free(scratch); free(column);
  free(panels); free(converted);
}

/// Stored floats, whether packed out of rows at an odd address or out of floats, give the bits of their
/// floats.
static void check_stored_floats(
    const gobbet_kernels *kernels, gobbet_pool *pool, gobbet_element element, size_t rows,
    size_t depth, size_t outputs) {
  const size_t count = depth * outputs, panel_count = (outputs + 31) / 32;
  const size_t panel_words = gobbet_panel_words(gobbet_float32, depth);
  const size_t stored_size = panel_count * gobbet_panel_words(element, depth) * 4;
  uint8_t *memory = malloc(2 * count + 1), *file = memory + 1;
  float *weights = malloc(count * sizeof(float)), *input = malloc(rows * depth * sizeof(float));
  float *bias = calloc(outputs + 31, sizeof(float));
  float *output = malloc(2 * rows * outputs * sizeof(float));
  void *panels = calloc(panel_count * panel_words, 4), *stored = calloc(1, stored_size);
  void *scratch = malloc(panel_words * 4), *repacked = malloc(stored_size);
  for (size_t index = 0; index < count; index++) {
    // Of every eight one under the least normal number; none that is infinite.
    uint32_t bits = random_bits() & (index % 8 == 0 ? 0x807FFFFF : 0xBF7FFFFF);
    bits >>= 16;
    if (element == gobbet_stored_float16) bits &= index % 8 == 0 ? 0x83FF : 0xBBFF;
    memcpy(file + 2 * index, &bits, 2);
  }
  gobbet_block_part whole = {file, 0, outputs};
  if (gobbet_block_row_size(element, depth) != 2 * depth
      || !gobbet_pack_blocks(element, &whole, depth, stored)) {
    fail(kernels->name, "finiteness of stored floats", element, depth);
  }
  for (size_t at = 0; at < outputs; at++) {
    gobbet_unpack_output(element, stored, depth, at, weights + at * depth);
  }
  for (size_t index = 0; index < count; index++) {
    uint32_t bits = 0;
    memcpy(&bits, file + 2 * index, 2);
    const double half = ldexp((bits & 1023) + (bits >> 10 & 31 ? 1024 : 0),
        (int)(bits >> 10 & 31) - (bits >> 10 & 31 ? 25 : 24));
    float value = bits >> 15 ? -(float)half : (float)half;
    bits <<= 16;
    if (element == gobbet_stored_bfloat16) memcpy(&value, &bits, sizeof value);
    if (value != weights[index]) fail(kernels->name, "a stored weight", element, depth);
  }
  for (size_t index = 0; index < rows * depth; index++) input[index] = random_float();
  for (size_t index = 0; index < outputs; index++) bias[index] = random_float();
  const gobbet_part part = {weights, true, 0, depth, 0, outputs};
  if (!gobbet_pack(gobbet_float32, &part, depth, NULL, panels)
      || !gobbet_pack(element, &part, depth, scratch, repacked)
      || memcmp(stored, repacked, stored_size) != 0) {
    fail(kernels->name, "packing of stored floats", element, depth);
  }
  gobbet_product product = {
    gobbet_float32, input, depth, rows, depth, panels, panel_words, bias, output, outputs, outputs,
    gobbet_store, gobbet_inputs_of_16_bits};
  gobbet_multiply(kernels, pool, &product, NULL);
  product.element = element;
  product.panels = stored;
  product.panel_stride = gobbet_panel_words(element, depth);
  product.output += rows * outputs;
  gobbet_multiply(kernels, pool, &product, NULL);
  if (memcmp(output, product.output, rows * outputs * sizeof(float)) != 0) {
    fail(kernels->name, "a product of stored floats", element, depth);
  }
  add_to_checksum(output, rows * outputs);
  for (size_t index = 0; index < count; index += count / 3 + 1) {
    const uint16_t infinite = element == gobbet_stored_float16 ? 0x7C00 : 0x7F80;
    uint16_t finite;
    memcpy(&finite, file + 2 * index, 2);
    memcpy(file + 2 * index, &infinite, 2);
    if (gobbet_pack_blocks(element, &whole, depth, repacked)) {
      fail(kernels->name, "finiteness of stored floats", element, depth);
    }
    memcpy(file + 2 * index, &finite, 2);
  }
  free(memory); free(weights); free(input); free(bias); free(output); free(panels);
  free(stored); free(scratch); free(repacked);
}

/// A row of zeros gives the bias, one with an input that is not finite gives NaN.
static void check_odd_rows(const gobbet_kernels *kernels, gobbet_pool *pool, gobbet_inputs inputs) {
  enum { depth = 70, rows = 3 };
  static float weights[32 * depth], input[rows * depth], bias[32], output[rows * 32];
  static float scratch[32 * depth];
  for (size_t index = 0; index < 32 * depth; index++) weights[index] = random_float();
  for (size_t index = 0; index < 32; index++) bias[index] = random_float();
  for (size_t index = depth; index < rows * depth; index++) input[index] = random_float();
  input[depth + 5] = NAN;
  input[2 * depth + 69] = -INFINITY;
  const gobbet_part part = {weights, true, 0, depth, 0, 32};
  const size_t panel_words = gobbet_panel_words(gobbet_int8, depth);
  void *panels = calloc(panel_words, 4);
  void *converted = malloc(rows * gobbet_row_words(kernels, gobbet_int8, depth) * 4);
  gobbet_pack(gobbet_int8, &part, depth, scratch, panels);
  const gobbet_product product = {
    gobbet_int8, input, depth, rows, depth, panels, panel_words, bias, output, 32, 32,
    gobbet_store, inputs};
  gobbet_multiply(kernels, pool, &product, converted);
  for (size_t at = 0; at < 32; at++) {
    if (output[at] != bias[at]) fail(kernels->name, "a row of zeros", gobbet_int8, depth);
    if (!isnan(output[32 + at]) || !isnan(output[64 + at])) {
      fail(kernels->name, "a row with NaN", gobbet_int8, depth);
    }
  }
  free(panels); free(converted);
}

static void check_rows(const gobbet_kernels *kernels, size_t count) {
  float row[300], gain[300], shift[300], result[300];
  double mean = 0, variance = 0, sum = 0;
  for (size_t index = 0; index < count; index++) {
    row[index] = random_float() * 4;
    gain[index] = random_float();
    shift[index] = random_float();
    mean += row[index] / (double)count;
  }
  for (size_t index = 0; index < count; index++) {
    variance += (row[index] - mean) * (row[index] - mean) / (double)count;
    sum += exp(row[index]);
  }
  kernels->normalize(row, count, gain, shift, 1e-5f, result);
  for (size_t index = 0; index < count; index++) {
    const double wanted = (row[index] - mean) / sqrt(variance + 1e-5) * gain[index] + shift[index];
    if (fabs(wanted - result[index]) > 1e-5) fail(kernels->name, "norm", 0, count);
  }
  add_to_checksum(result, count);
  memcpy(result, row, sizeof row);
  kernels->softmax(result, count, 1);
  for (size_t index = 0; index < count; index++) {
    if (fabs(exp(row[index]) / sum - result[index]) > 1e-6) {
      fail(kernels->name, "softmax", 0, count);
    }
  }
  add_to_checksum(result, count);
}

/// Norms by the root mean square, activations, caps.
static void check_families(const gobbet_kernels *kernels, size_t count) {
  float row[300], factors[300], result[300];
  double squares = 0;
  for (size_t index = 0; index < count; index++) {
    row[index] = random_float() * 6;
    factors[index] = random_float();
    squares += (double)row[index] * row[index] / (double)count;
  }
  kernels->normalize_by_rms(row, count, factors, 1e-6f, result);
  for (size_t index = 0; index < count; index++) {
    const double wanted = row[index] / sqrt(squares + 1e-6) * factors[index];
    if (fabs(wanted - result[index]) > 1e-5) fail(kernels->name, "norm by rms", 0, count);
  }
  add_to_checksum(result, count);
  for (gobbet_activation activation = gobbet_gelu_tanh; activation <= gobbet_relu_squared;
       activation++) {
    memcpy(result, row, sizeof row);
    kernels->activate(activation, result, count % 2 == 0 ? factors : NULL, count);
    for (size_t index = 0; index < count; index++) {
      const double x = row[index];
      const double cubic = 0.7978845608028654 * (x + 0.044715 * x * x * x);
      const double wanted = activation == gobbet_gelu_tanh ? x * (1 + tanh(cubic)) / 2
          : activation == gobbet_gelu_erf                  ? x * (1 + erf(x / sqrt(2))) / 2
          : activation == gobbet_silu                      ? x / (1 + exp(-x))
          : activation == gobbet_gelu_sigmoid              ? x / (1 + exp(-1.702 * x))
          : activation == gobbet_relu                      ? fmax(x, 0)
                                                           : fmax(x, 0) * fmax(x, 0);
      const double factor = count % 2 == 0 ? factors[index] : 1;
      if (fabs(wanted * factor - result[index]) > 4e-6) {
        fail(kernels->name, "activation", 0, count);
      }
    }
    add_to_checksum(result, count);
  }
  memcpy(result, row, sizeof row);
  kernels->cap(result, count, 0.5f, 2);
  for (size_t index = 0; index < count; index++) {
    if (fabs(2 * tanh(row[index] / 4) - result[index]) > 1e-6) {
      fail(kernels->name, "cap", 0, count);
    }
  }
  add_to_checksum(result, count);
}

int main(void) {
  static const size_t depths[] = {1, 2, 3, 16, 31, 32, 33, 64, 95, 160, 258};
  static const size_t row_counts[] = {1, 2, 4, 7, 13, 25, 67};
  static const size_t output_counts[] = {1, 17, 32, 50, 96};
  uint64_t first = 0;
  for (size_t index = 0; gobbet_kernels_at(index) != NULL; index++) {
    const gobbet_kernels *kernels = gobbet_kernels_at(index);
    gobbet_pool *pool = gobbet_pool_create(2);
    state = 1;
    checksum = 14695981039346656037u;
    for (int element = 0; element < 3; element++) {
      for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
        for (size_t r = 0; r < sizeof row_counts / sizeof *row_counts; r++) {
          for (size_t o = 0; o < sizeof output_counts / sizeof *output_counts; o++) {
            for (int inputs = 0; inputs < (element == gobbet_int8 ? 3 : 1); inputs++) {
              check_products(
                  kernels, pool, element, inputs, row_counts[r], depths[d], output_counts[o]);
            }
          }
        }
      }
    }
    for (int element = gobbet_stored_float16; element <= gobbet_stored_bfloat16; element++) {
      for (size_t r = 0; r < sizeof row_counts / sizeof *row_counts; r += 2) {
        for (size_t o = 0; o < 5; o++) {
          for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
            check_stored_floats(
                kernels, pool, element, row_counts[r], depths[d], output_counts[o]);
          }
        }
      }
    }
    for (int inputs = 0; inputs < 3; inputs++) check_odd_rows(kernels, pool, inputs);
    failures += check_blocks(kernels, pool, random_bits, add_to_checksum);
    for (size_t count = 1; count <= 300; count++) check_rows(kernels, count);
    for (size_t count = 1; count <= 300; count++) check_families(kernels, count);
    gobbet_pool_destroy(pool);
    printf("%-16s %016llx\n", kernels->name, (unsigned long long)checksum);
    if (index == 0) first = checksum;
    if (checksum != first) failures++;
  }
  return failures == 0 ? 0 : 1;
}
