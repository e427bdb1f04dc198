#include <math.h>

#include "gobbet_transformer.h"

double gobbet_log_sum_exp(const float *values, size_t count) {
  double largest = -INFINITY, sum = 0;
  for (size_t index = 0; index < count; index++) largest = fmax(largest, values[index]);
  for (size_t index = 0; index < count; index++) sum += exp(values[index] - largest);
  return largest + log(sum);
}

double gobbet_exp(double value) { return exp(value); }
