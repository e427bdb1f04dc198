/// y = x W + b.
struct Linear: Sendable {
  private let weights: PackedMatrix
  /// Padded with zeros to whole panels.
  private let bias: [Float]
  private let inputs: InputRounding

  /// Outputs of a row.
  var outputCount: Int { weights.outputCount }

  /// A layer with these weights and no bias.
  init(_ weights: PackedMatrix) { self.init(weights, bias: []) }

  /// A layer with these weights; the outputs that the bias is too short for have none.
  init(_ weights: PackedMatrix, bias: [Float], inputs: InputRounding = .sixteenBits) {
    let paddedCount = PackedMatrix.paddedCount(weights.outputCount)
    precondition(bias.count <= paddedCount, "Linear: more bias than outputs")
    self.weights = weights
    self.inputs = inputs
    self.bias = bias + [Float](repeating: 0, count: paddedCount - bias.count)
  }

  /// Shapes: `input` [T, inputs], `output` [T, outputs], or wider if the outputs go to the columns
  /// from `column` on.
  func apply(
    _ input: FloatMatrix, _ epilogue: Kernels.Epilogue, into output: inout FloatMatrix,
    column: Int = 0, _ kernels: Kernels
  ) {
    kernels.multiply(
      input, weights, bias: bias, epilogue, inputs: inputs, into: &output, column: column)
  }
}
