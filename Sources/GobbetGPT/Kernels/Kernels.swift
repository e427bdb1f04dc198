internal import CGobbetKernels

/// The arithmetic of the layers, for the instructions of this machine, divided over threads.
///
/// The result depends on neither: see `gobbet_transformer.h` for the order of every sum.
@safe final class Kernels {
  // SAFETY: points to a constant of the C target.
  let functions: UnsafePointer<gobbet_kernels>
  let threads: ThreadPool
  /// Words that no value outlives a call in.
  private var scratch: [Float] = []

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
          functions, threads.pool, from, input.rowCount, input.width, gain, shift, epsilon, to)
      }
    }
  }

  /// Puts the keys and values of every segment's rows into its cache.
  ///
  /// Shapes: `projected` [T, (H + 2 K) D]: queries, keys from `keyColumn` on, values.
  func remember(_ projected: FloatMatrix, _ segments: [Segment], layer: Int, keyColumn: Int) {
    for segment in segments {
      let cache = segment.cache
      precondition(
        projected.width == keyColumn + 2 * cache.width, "remember: rows of another width")
      precondition(segment.rows.upperBound <= projected.rowCount, "remember: no such rows")
      precondition(segment.endPosition <= cache.capacity, "remember: past the cache")
      unsafe projected.elements.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        var layer = unsafe Self.memory(cache, layer)
        // SAFETY: the preconditions keep rows and positions inside matrix and cache.
        unsafe gobbet_remember(
          threads.pool, &layer, base + segment.rows.lowerBound * projected.width + keyColumn,
          projected.width, segment.rows.count, segment.position)
      }
    }
  }

  /// What every row's heads see of their sequence, side by side.
  ///
  /// Shapes: `projected` [T, (H + 2 K) D], of which the queries are read; `output` [T, H D].
  func attend(
    _ projected: FloatMatrix, _ segments: [Segment], layer: Int, _ scores: Attention.Scores,
    into output: inout FloatMatrix, weights: inout AttentionWeights?
  ) {
    let width = output.width
    precondition(
      width == scores.headCount * scores.headDimension && projected.width >= width,
      "attend: rows of another width")
    output.resize(rowCount: projected.rowCount)
    guard let cache = segments.first?.cache else { return }
    let capacity = segments.reduce(0) { max($0, $1.cache.capacity) }
    reserveScratch(unsafe gobbet_attention_scratch(threads.pool, capacity, cache.headWidth))
    // SAFETY: segments lie inside the rows, of which queries and output have the same number, and
    // the cache holds the positions up to the last of each; a group is a part of a segment.
    unsafe projected.elements.withUnsafeBufferPointer { inputs in
      unsafe output.elements.withUnsafeMutableBufferPointer { outputs in
        let keptCount = weights?.positionCount ?? 0
        unsafe AttentionWeights.withPointer(&weights) { kept in
          guard let from = inputs.baseAddress, let to = outputs.baseAddress else { return }
          var groups = unsafe [gobbet_attention]()
          for segment in segments {
            precondition(segment.rows.upperBound <= projected.rowCount, "attend: no such rows")
            precondition(segment.sequenceEnd <= segment.cache.capacity, "attend: past the cache")
            precondition(
              segment.cache.headCount == scores.keyValueHeadCount
                && segment.cache.headWidth == scores.headDimension, "attend: other heads")
            let memory = unsafe Self.memory(segment.cache, layer)
            for first in stride(from: 0, to: segment.rows.count, by: Self.queriesAtOnce) {
              let row = segment.rows.lowerBound + first
              let position = segment.position + first
              unsafe groups.append(
                gobbet_attention(
                  cache: memory, queries: from + row * projected.width,
                  query_stride: projected.width, query_head_count: scores.headCount,
                  scale: scores.scale, cap: scores.softcap ?? 0, window: scores.window ?? 0,
                  row_count: min(Self.queriesAtOnce, segment.rows.count - first),
                  position: position,
                  sequence_end: scores.isCausal ? 0 : segment.sequenceEnd, output: to + row * width,
                  output_stride: width,
                  weights: unsafe kept.map { unsafe $0 + position * keptCount },
                  weight_rows: keptCount, weight_stride: keptCount))
            }
          }
          unsafe gobbet_attend(functions, threads.pool, groups, groups.count, &scratch)
        }
      }
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

  private static let queriesAtOnce = Int(gobbet_queries_at_once)

  private static func memory(_ cache: KeyValueCache, _ layer: Int) -> gobbet_layer_cache {
    unsafe gobbet_layer_cache(
      element: cache.precision.cacheCode, keys: cache.keys(layer), values: cache.values(layer),
      capacity: cache.capacity,
      head_count: cache.headCount, head_width: cache.headWidth)
  }

  /// Makes sure that the scratch has `count` words.
  private func reserveScratch(_ count: Int) {
    if scratch.count < count { scratch = [Float](repeating: 0, count: count) }
  }
}
