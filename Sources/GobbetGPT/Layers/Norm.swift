/// Rows of one size, times a gain: by mean and variance with a shift, or by the root mean square.
///
/// The variance is the biased one, divided by C.
/// - Source: Ba et al. 2016; Zhang & Sennrich 2019.
struct Norm: Sendable {
  /// A factor for every column, [C].
  let gain: [Float]
  /// What is added to every column, [C]; nil for a norm by the root mean square.
  let shift: [Float]?
  /// What is added to the variance or to the mean of squares.
  let epsilon: Float

  /// Shapes: `input` [T, C], `output` [T, C].
  func apply(_ input: FloatMatrix, into output: inout FloatMatrix, _ kernels: Kernels) {
    kernels.normalize(input, gain: gain, shift: shift, epsilon: epsilon, into: &output)
  }

  /// Normalises heads of rows in place: `count` runs of the gain's length from column `first` on.
  ///
  /// - Precondition: it is a norm by the root mean square.
  func applyToHeads(
    of rows: inout FloatMatrix, first: Int, count: Int, _ kernels: Kernels
  ) {
    precondition(shift == nil, "applyToHeads: a norm by mean and variance")
    kernels.normalizeHeads(of: &rows, first: first, count: count, gain: gain, epsilon: epsilon)
  }
}
