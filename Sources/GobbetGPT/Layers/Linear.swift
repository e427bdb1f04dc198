/// y = x W + b.
struct Linear: Sendable {
  private let weights: PackedMatrix
  /// Padded with zeros to whole panels.
  private let bias: [Float]?

  /// Outputs of a row.
  var outputCount: Int { weights.outputCount }

  /// A layer with these weights; nil for no bias.
  init(_ weights: PackedMatrix, bias: [Float]?) {
    precondition(bias.map { $0.count == weights.outputCount } ?? true, "Linear: bias")
    self.weights = weights
    let padding = PackedMatrix.paddedCount(weights.outputCount) - weights.outputCount
    self.bias = bias.map { $0 + [Float](repeating: 0, count: padding) }
  }

  /// Shapes: `input` [T, inputs], `output` [T, outputs].
  func apply(
    _ input: Matrix, _ epilogue: Kernels.Epilogue, into output: inout Matrix, _ kernels: Kernels
  ) {
    output.resize(rowCount: input.rowCount)
    kernels.multiply(input, weights, bias: bias, epilogue, into: &output)
  }
}
