internal import CGobbetKernels

/// A matrix in panels: for every 32 outputs, input by input, their weights side by side.
///
/// So a product reads the weights strictly in order, for one row as for many.
@safe struct PackedMatrix: Sendable {
  /// Outputs in a panel.
  static let panelWidth = Int(gobbet_panel_width)

  /// How the weights given to ``init(_:_:inputCount:outputCount:_:_:)`` lie.
  enum Order {
    /// [inputs, outputs]
    case byInput
    /// [outputs, inputs]
    case byOutput
  }

  /// What the weights are in the panels.
  let precision: Precision
  /// Floats that every row brings.
  let inputCount: Int
  /// Floats that every row becomes.
  let outputCount: Int
  private let panels: LargeMemory

  /// A count of outputs, rounded up to whole panels.
  static func paddedCount(_ outputCount: Int) -> Int {
    (outputCount + panelWidth - 1) / panelWidth * panelWidth
  }

  /// Packs weights; nil if one of them is not finite.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  init?(
    _ weights: [Float], _ order: Order, inputCount: Int, outputCount: Int,
    _ precision: Precision, _ threads: ThreadPool
  ) throws(GPTError) {
    precondition(weights.count == inputCount * outputCount, "PackedMatrix: count of weights")
    self.precision = precision
    self.inputCount = inputCount
    self.outputCount = outputCount
    let panelCount = Self.paddedCount(outputCount) / Self.panelWidth
    let words = gobbet_panel_words(precision.code, inputCount)
    panels = try LargeMemory(wordCount: panelCount * words)
    var scratch = [Float](
      repeating: 0, count: threads.threadCount * inputCount * Self.panelWidth)
    // SAFETY: the weights are inputs x outputs floats, the panels as many in whole panels, and the
    // scratch holds a panel of floats for every thread.
    let isFinite = unsafe gobbet_pack(
      threads.pool, precision.code, order == .byOutput, weights, inputCount, outputCount, &scratch,
      panels.pointer())
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
        precision.code, panels.pointer(), inputCount, output, base + row * inputCount)
    }
  }

  /// The panels, for kernels; the pointer lives as long as `self`.
  var pointer: UnsafeRawPointer { unsafe UnsafeRawPointer(panels.pointer()) }
}
