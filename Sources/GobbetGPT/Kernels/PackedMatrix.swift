internal import CGobbetKernels
internal import GobbetData

/// A matrix in panels: for every 32 outputs, input by input, their weights side by side, so that a
/// product reads the weights strictly in order, for one row as for many.
@safe struct PackedMatrix: Sendable {
  /// Outputs in a panel.
  static let panelWidth = Int(gobbet_panel_width)
  /// Inputs in a block of integers; parts begin at multiples of it.
  static let blockLength = Int(gobbet_block_length)

  /// How weights lie before they are packed.
  enum Order {
    /// [inputs, outputs]
    case byInput
    /// [outputs, inputs]
    case byOutput
  }

  /// What the weights are in the panels.
  let element: gobbet_element
  /// Floats that every row brings.
  let inputCount: Int
  /// Floats that every row becomes.
  let outputCount: Int
  private let memory: LargeMemory
  /// The word of the memory where the panels begin.
  private let offset: Int

  /// A count of outputs, rounded up to whole panels.
  static func paddedCount(_ outputCount: Int) -> Int {
    (outputCount + panelWidth - 1) / panelWidth * panelWidth
  }

  /// Words that a matrix takes; nil if there are too many.
  static func wordCount(
    inputCount: Int, outputCount: Int, _ element: gobbet_element
  ) -> Int? {
    // Sizes of a configuration are at most 2^31, of which four times are within words of 64 bits.
    let words = gobbet_panel_words(element, inputCount)
    let (count, overflow) = words.multipliedReportingOverflow(
      by: paddedCount(outputCount) / panelWidth)
    return overflow ? nil : count
  }

  /// Bytes of the panels.
  var byteCount: Int {
    4 * (Self.wordCount(inputCount: inputCount, outputCount: outputCount, element) ?? 0)
  }

  /// A matrix of zeros, whose weights are yet to come, in memory from a word on.
  init(
    inputCount: Int, outputCount: Int, _ element: gobbet_element, _ memory: LargeMemory, offset: Int
  ) {
    let count = Self.wordCount(inputCount: inputCount, outputCount: outputCount, element)
    precondition(count.map { $0 <= memory.count - offset } ?? false, "PackedMatrix: no room")
    self.element = element
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.memory = memory
    self.offset = offset
  }

  /// Puts some of the weights into the panels; false if one of them is not finite.
  ///
  /// Parts that do not overlap can be packed at the same time. `scratch` is used and may grow.
  /// - Precondition: the part lies in the matrix and begins with a block and a panel; it ends with
  ///   them or with the matrix.
  func pack(
    _ weights: [Float], _ order: Order, inputs: Range<Int>, outputs: Range<Int>,
    scratch: inout [Float]
  ) -> Bool {
    precondition(weights.count >= inputs.count * outputs.count, "pack: too few weights")
    precondition(
      inputs.lowerBound.isMultiple(of: Self.blockLength) && inputs.upperBound <= inputCount
        && (inputs.count.isMultiple(of: Self.blockLength) || inputs.upperBound == inputCount)
        && outputs.lowerBound.isMultiple(of: Self.panelWidth) && outputs.upperBound <= outputCount
        && (outputs.count.isMultiple(of: Self.panelWidth) || outputs.upperBound == outputCount),
      "pack: no such part")
    let scratchCount = inputs.count * Self.panelWidth
    if element != gobbet_float32, scratch.count < scratchCount {
      scratch = [Float](repeating: 0, count: scratchCount)
    }
    return unsafe weights.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return true }
      var part = unsafe gobbet_part(
        weights: base, by_output: order == .byOutput, first_input: inputs.lowerBound,
        input_count: inputs.count, first_output: outputs.lowerBound, output_count: outputs.count)
      // SAFETY: the part has that many weights and lies in the panels, and the scratch holds a panel
      // of its inputs.
      return unsafe gobbet_pack(element, &part, inputCount, &scratch, memory.pointer(at: offset))
    }
  }

  /// Bytes that an output takes in a tensor that has its weights in the order and with the bits of the
  /// panels; nil if the tensor does not.
  func blockRowByteCount(of tensor: TensorDescription, _ order: Order) -> Int? {
    guard order == .byOutput else { return nil }
    let count = gobbet_block_row_size(element, inputCount)
    return count == 0 ? nil : count
  }

  /// Puts outputs into the panels with the bits of a file; false if a weight is not finite.
  ///
  /// - Precondition: as ``pack(_:_:inputs:outputs:scratch:)``, for whole outputs, and
  ///   ``blockRowByteCount(of:_:)`` is not nil.
  func pack(blocks: [UInt8], outputs: Range<Int>) -> Bool {
    let rowByteCount = gobbet_block_row_size(element, inputCount)
    precondition(
      rowByteCount > 0 && blocks.count >= outputs.count * rowByteCount
        && outputs.lowerBound.isMultiple(of: Self.panelWidth) && outputs.upperBound <= outputCount
        && (outputs.count.isMultiple(of: Self.panelWidth) || outputs.upperBound == outputCount),
      "pack: no such part")
    return unsafe blocks.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return true }
      var part = unsafe gobbet_block_part(
        blocks: base, first_output: outputs.lowerBound, output_count: outputs.count)
      // SAFETY: the outputs have that many bytes and lie in the panels.
      return unsafe gobbet_pack_blocks(element, &part, inputCount, memory.pointer(at: offset))
    }
  }

  /// Copies the weights of one output to a row.
  func copyWeights(ofOutput output: Int, to rows: inout FloatMatrix, row: Int) {
    precondition(output >= 0 && output < outputCount, "copyWeights: no such output")
    precondition(rows.width == inputCount && row < rows.rowCount, "copyWeights: no such row")
    unsafe rows.elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the row has room for the inputs, and the output lies in the panels.
      unsafe gobbet_unpack_output(
        element, pointer, inputCount, output, base + row * inputCount)
    }
  }

  /// The panels, for kernels; the pointer lives as long as `self`.
  var pointer: UnsafeRawPointer { unsafe UnsafeRawPointer(memory.pointer(at: offset)) }
}
