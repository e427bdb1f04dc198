// Functions of single rows: norms, activations, caps. Part of `transformer_template.h`.

static void normalize_by_rms(
    const float *input, size_t width, const float *gain, float epsilon, float *output) {
  const size_t whole = width / 16 * 16;
  lanes squares = (lanes)0.0f;
  for (size_t i = 0; i < whole; i += 16) {
    lanes value = load(input + i);
    squares = fused(value, value, squares);
  }
  if (whole < width) {
    lanes value = load_some(input + whole, width - whole, (lanes)0.0f);
    squares = fused(value, value, squares);
  }
  const float scale = 1.0f / sqrtf(sum(squares) / (float)width + epsilon);
  for (size_t i = 0; i < whole; i += 16) {
    store(output + i, load(input + i) * scale * load(gain + i));
  }
  for (size_t i = whole; i < width; i++) output[i] = input[i] * scale * gain[i];
}

INLINE lanes activated(gobbet_activation activation, lanes x) {
  switch (activation) {
  case gobbet_gelu_tanh: return gelu(x);
  case gobbet_gelu_erf: return 0.5f * x * (1.0f + error_function(x * 0.70710678f));
  case gobbet_silu: return silu(x);
  case gobbet_relu_squared: {
    lanes positive = x > 0.0f ? x : (lanes)0.0f;
    // NaN stays NaN.
    return x != x ? x : positive * positive;
  }
  }
}

INLINE void activate_all(
    gobbet_activation activation, float *values, const float *factors, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    const size_t left = count - i < 16 ? count - i : 16;
    lanes result = activated(activation, load_some(values + i, left, (lanes)0.0f));
    if (factors != NULL) result *= load_some(factors + i, left, (lanes)0.0f);
    store_some(values + i, left, result);
  }
}

static void activate(
    gobbet_activation activation, float *values, const float *factors, size_t count) {
  switch (activation) {
  case gobbet_gelu_tanh: return activate_all(gobbet_gelu_tanh, values, factors, count);
  case gobbet_gelu_erf: return activate_all(gobbet_gelu_erf, values, factors, count);
  case gobbet_silu: return activate_all(gobbet_silu, values, factors, count);
  case gobbet_relu_squared: return activate_all(gobbet_relu_squared, values, factors, count);
  }
}

static void cap(float *values, size_t count, float scale, float limit) {
  for (size_t i = 0; i < count; i += 16) {
    const size_t left = count - i < 16 ? count - i : 16;
    lanes value = load_some(values + i, left, (lanes)0.0f) * scale / limit;
    store_some(values + i, left, hyperbolic_tangent(value) * limit);
  }
}
