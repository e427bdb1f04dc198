internal import CGobbetKernels

/// The arithmetic of the layers, for the instructions of this machine, divided over threads.
///
/// The result depends on neither: see `gobbet_transformer.h` for the order of every sum.
@safe final class Kernels {
  // SAFETY: points to a constant of the C target.
  let functions: UnsafePointer<gobbet_kernels>
  let threads: ThreadPool
  /// Words that no value outlives a call in.
  var scratch: [Float] = []

  /// What happens to the outputs of a product.
  enum Epilogue {
    case store, add, gelu

    fileprivate var code: gobbet_epilogue {
      switch self {
      case .store: gobbet_store
      case .add: gobbet_add
      case .gelu: gobbet_gelu
      }
    }
  }

  /// Kernels for a pool of that many threads.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  init(variant: KernelVariant, threadCount: Int) throws(GPTError) {
    unsafe functions = variant.functions
    threads = try ThreadPool(threadCount: threadCount)
  }

  /// Every row times the weights, plus the bias.
  ///
  /// Shapes: `input` [T, inputs], `bias` the outputs padded to whole panels, `output` [T, outputs], or
  /// wider if the outputs go to the columns from `column` on.
  func multiply(
    _ input: FloatMatrix, _ weights: PackedMatrix, bias: [Float], _ epilogue: Epilogue,
    inputs rounding: InputRounding, into output: inout FloatMatrix, column: Int = 0
  ) {
    precondition(input.width == weights.inputCount, "multiply: input of another width")
    precondition(
      column >= 0 && weights.outputCount <= output.width - column, "multiply: too narrow an output")
    precondition(bias.count == PackedMatrix.paddedCount(weights.outputCount), "multiply: bias")
    output.resize(rowCount: input.rowCount)
    let element = weights.element
    let rowWords = unsafe gobbet_row_words(functions, element, weights.inputCount)
    reserveScratch(input.rowCount * rowWords)
    // SAFETY: input, output and bias have the shapes checked above, the scratch a converted row for
    // every row, and all of it outlives the call.
    unsafe input.elements.withUnsafeBufferPointer { inputs in
      unsafe output.elements.withUnsafeMutableBufferPointer { outputs in
        unsafe bias.withUnsafeBufferPointer { bias in
          guard let from = inputs.baseAddress, let to = outputs.baseAddress, input.rowCount > 0
          else { return }
          var product = unsafe gobbet_product(
            element: element, input: from, input_stride: input.width,
            row_count: input.rowCount, depth: weights.inputCount, panels: weights.pointer,
            panel_stride: gobbet_panel_words(element, weights.inputCount),
            bias: bias.baseAddress, output: to + column, output_stride: output.width,
            output_count: weights.outputCount, epilogue: epilogue.code, inputs: rounding.code)
          unsafe gobbet_multiply(functions, threads.pool, &product, &scratch)
        }
      }
    }
  }

  /// Every row, normalised to mean 0 and variance 1, times the gain, plus the shift; without a shift,
  /// divided by its root mean square, times the gain.
  func normalize(
    _ input: FloatMatrix, gain: [Float], shift: [Float]?, epsilon: Float,
    into output: inout FloatMatrix
  ) {
    precondition(
      gain.count == input.width && shift.map { $0.count == input.width } ?? true, "normalize: gain")
    precondition(output.width == input.width, "normalize: output of another width")
    output.resize(rowCount: input.rowCount)
    // SAFETY: input and output have the same shape, gain and shift the width of a row.
    unsafe input.elements.withUnsafeBufferPointer { inputs in
      unsafe output.elements.withUnsafeMutableBufferPointer { outputs in
        guard let from = inputs.baseAddress, let to = outputs.baseAddress else { return }
        unsafe gobbet_normalize(
          functions, threads.pool, from, input.rowCount, input.width, 1, input.width, gain, shift,
          epsilon, to)
      }
    }
  }

  /// Normalises heads of rows by their root mean square, in place: `count` runs of the gain's length
  /// from column `first` on.
  func normalizeHeads(
    of rows: inout FloatMatrix, first: Int, count: Int, gain: [Float], epsilon: Float
  ) {
    precondition(
      first >= 0 && count * gain.count <= rows.width - first, "normalizeHeads: past the row")
    let (width, rowCount) = (rows.width, rows.rowCount)
    unsafe rows.elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the precondition keeps the heads in their rows.
      unsafe gobbet_normalize(
        functions, threads.pool, base + first, rowCount, width, count, gain.count, gain, nil,
        epsilon, base + first)
    }
  }

  /// Replaces scores by their shares: exp(scale x score), divided by the sum of all.
  func softmax(_ scores: inout [Float], scale: Float) {
    unsafe scores.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the function touches the `count` floats of the buffer.
      unsafe functions.pointee.softmax(base, buffer.count, scale)
    }
  }

  /// Makes sure that the scratch has `count` words.
  func reserveScratch(_ count: Int) {
    if scratch.count < count { scratch = [Float](repeating: 0, count: count) }
  }
}
