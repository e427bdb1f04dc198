internal import CGobbetKernels

/// A matrix in panels: for every 32 outputs, input by input, their weights side by side.
///
/// So a product reads the weights strictly in order, for one row as for many.
@safe struct PackedMatrix: Sendable {
  /// Outputs in a panel.
  static let panelWidth = Int(gobbet_panel_width)

  /// Floats that every row brings.
  let inputCount: Int
  /// Floats that every row becomes.
  let outputCount: Int
  private let panels: FloatMemory

  private init(inputCount: Int, outputCount: Int) throws(GPTError) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    panels = try FloatMemory(
      count: Self.paddedCount(outputCount) * inputCount)
  }

  /// A count of outputs, rounded up to whole panels.
  static func paddedCount(_ outputCount: Int) -> Int {
    (outputCount + panelWidth - 1) / panelWidth * panelWidth
  }

  /// Packs weights [inputs, outputs]; nil if one of them is not finite.
  init?(byInput weights: [Float], inputCount: Int, outputCount: Int) throws(GPTError) {
    precondition(weights.count == inputCount * outputCount, "byInput: another count of weights")
    try self.init(inputCount: inputCount, outputCount: outputCount)
    // SAFETY: the weights are inputs x outputs floats, the panels as many in whole panels.
    let isFinite = unsafe gobbet_pack_by_input(
      weights, inputCount, outputCount, panels.pointer(at: 0))
    guard isFinite else { return nil }
  }

  /// Packs weights [outputs, inputs]; nil if one of them is not finite.
  init?(byOutput weights: [Float], inputCount: Int, outputCount: Int) throws(GPTError) {
    precondition(weights.count == inputCount * outputCount, "byOutput: another count of weights")
    try self.init(inputCount: inputCount, outputCount: outputCount)
    // SAFETY: the weights are outputs x inputs floats, the panels as many in whole panels.
    let isFinite = unsafe gobbet_pack_by_output(
      weights, inputCount, outputCount, panels.pointer(at: 0))
    guard isFinite else { return nil }
  }

  /// Copies the weights of one output to a row.
  func copyWeights(ofOutput output: Int, to rows: inout Matrix, row: Int) {
    precondition(output >= 0 && output < outputCount, "copyWeights: no such output")
    precondition(rows.width == inputCount && row < rows.rowCount, "copyWeights: no such row")
    unsafe rows.elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the row has room for the inputs, and the output lies in the panels.
      unsafe gobbet_unpack_output(
        panels.pointer(at: 0), inputCount, output, base + row * inputCount)
    }
  }

  /// The panels, for kernels; the pointer lives as long as `self`.
  var pointer: UnsafePointer<Float> { unsafe UnsafePointer(panels.pointer(at: 0)) }
}
