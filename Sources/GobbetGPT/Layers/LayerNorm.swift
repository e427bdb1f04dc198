/// Rows of mean 0 and variance 1, times a gain, plus a shift.
///
/// The variance is the biased one, divided by C.
struct LayerNorm: Sendable {
  /// A factor for every column, [C].
  let gain: [Float]
  /// What is added to every column, [C].
  let shift: [Float]
  /// What is added to the variance.
  let epsilon: Float

  /// Shapes: `input` [T, C], `output` [T, C].
  func apply(_ input: FloatMatrix, into output: inout FloatMatrix, _ kernels: Kernels) {
    kernels.normalize(input, gain: gain, shift: shift, epsilon: epsilon, into: &output)
  }
}
