// Weights into panels and out of them.
#include <math.h>
#include <string.h>

#include "gobbet_transformer.h"

bool gobbet_all_finite(const float *values, size_t count) {
  const uint32_t exponent = 0x7F800000;
  size_t found = 0;
  for (size_t index = 0; index < count; index++) {
    uint32_t bits;
    memcpy(&bits, values + index, sizeof bits);
    found += (bits & exponent) == exponent;
  }
  return found == 0;
}

bool gobbet_pack_by_input(
    const float *weights, size_t input_count, size_t output_count, float *panels) {
  for (size_t first = 0; first < output_count; first += gobbet_panel_width) {
    size_t left = output_count - first;
    size_t count = left < gobbet_panel_width ? left : gobbet_panel_width;
    for (size_t input = 0; input < input_count; input++) {
      memcpy(panels, weights + input * output_count + first, count * sizeof(float));
      memset(panels + count, 0, (gobbet_panel_width - count) * sizeof(float));
      panels += gobbet_panel_width;
    }
  }
  return gobbet_all_finite(weights, input_count * output_count);
}

bool gobbet_pack_by_output(
    const float *weights, size_t input_count, size_t output_count, float *panels) {
  for (size_t output = 0; output < output_count; output++) {
    const float *from = weights + output * input_count;
    float *to = panels + output / gobbet_panel_width * gobbet_panel_width * input_count
        + output % gobbet_panel_width;
    for (size_t input = 0; input < input_count; input++) to[input * gobbet_panel_width] = from[input];
  }
  size_t used = output_count % gobbet_panel_width;
  if (used != 0) {
    float *last = panels + output_count / gobbet_panel_width * gobbet_panel_width * input_count;
    for (size_t input = 0; input < input_count; input++) {
      memset(last + input * gobbet_panel_width + used, 0,
             (gobbet_panel_width - used) * sizeof(float));
    }
  }
  return gobbet_all_finite(weights, input_count * output_count);
}

void gobbet_unpack_output(
    const float *panels, size_t input_count, size_t output, float *weights) {
  const float *from = panels + output / gobbet_panel_width * gobbet_panel_width * input_count
      + output % gobbet_panel_width;
  for (size_t input = 0; input < input_count; input++) weights[input] = from[input * gobbet_panel_width];
}

double gobbet_log_sum_exp(const float *values, size_t count) {
  double largest = -INFINITY, sum = 0;
  for (size_t index = 0; index < count; index++) largest = fmax(largest, values[index]);
  for (size_t index = 0; index < count; index++) sum += exp(values[index] - largest);
  return largest + log(sum);
}
