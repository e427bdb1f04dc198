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

/// max(x, 0); NaN stays NaN.
INLINE lanes relu(lanes x) { return x < 0.0f ? (lanes)0.0f : x; }

INLINE lanes activated(gobbet_activation activation, lanes x) {
  switch (activation) {
  case gobbet_gelu_tanh: return gelu(x);
  case gobbet_gelu_erf: return 0.5f * x * (1.0f + error_function(x * 0.70710678f));
  case gobbet_silu: return silu(x);
  case gobbet_gelu_sigmoid: return x / (1.0f + exponential(-1.702f * x));
  case gobbet_relu: return relu(x);
  case gobbet_relu_squared: return relu(x) * relu(x);
  }
}

static void activate(
    gobbet_activation activation, float *values, const float *factors, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    const size_t left = count - i < 16 ? count - i : 16;
    lanes result = activated(activation, load_some(values + i, left, (lanes)0.0f));
    if (factors != NULL) result *= load_some(factors + i, left, (lanes)0.0f);
    store_some(values + i, left, result);
  }
}

static void cap(float *values, size_t count, float scale, float limit) {
  for (size_t i = 0; i < count; i += 16) {
    const size_t left = count - i < 16 ? count - i : 16;
    lanes value = load_some(values + i, left, (lanes)0.0f) * scale / limit;
    store_some(values + i, left, hyperbolic_tangent(value) * limit);
  }
}
