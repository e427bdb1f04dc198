/// Up to four times the width, GELU, and down again.
struct FeedForward: Sendable {
  /// To four times the width, [C, 4C].
  let up: Linear
  /// Back, [4C, C].
  let down: Linear

  /// Adds the result to the residual stream.
  ///
  /// Shapes: `input` [T, C], `expanded` [T, 4C], scratch; `residual` [T, C].
  func apply(
    _ input: FloatMatrix, _ expanded: inout FloatMatrix, addingTo residual: inout FloatMatrix,
    _ kernels: Kernels
  ) {
    up.apply(input, .gelu, into: &expanded, kernels)
    down.apply(expanded, .add, into: &residual, kernels)
  }
}
