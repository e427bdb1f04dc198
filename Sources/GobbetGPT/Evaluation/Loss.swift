internal import CGobbetKernels
public import GobbetBPE

/// How badly a model predicts tokens: the cross-entropy over all targets so far.
public struct Loss: Hashable, Sendable {
  /// Targets so far.
  public private(set) var tokenCount = 0
  /// The negative log-probabilities of the targets, added up, in nats.
  public private(set) var sum = 0.0

  /// No targets yet.
  public init() {}

  /// Nats a token; NaN before the first.
  public var mean: Double { sum / Double(tokenCount) }

  /// e to the mean: among how many equally likely tokens the model seems to choose.
  public var perplexity: Double { gobbet_exp(mean) }

  /// Counts one target.
  public mutating func add(logProbability: Double) {
    tokenCount += 1
    sum -= logProbability
  }

  /// Counts the targets of other losses, as if they had been added here.
  public mutating func add(_ other: Loss) {
    tokenCount += other.tokenCount
    sum += other.sum
  }
}

extension ForwardPass {
  /// What follows which tokens.
  public struct Window {
    /// What goes in, from the first position on.
    public let inputs: [TokenID]
    /// What each input should be followed by; nil where that does not count.
    public let targets: [TokenID?]

    /// Inputs and the targets that belong to them.
    ///
    /// - Precondition: as many as inputs.
    public init(inputs: [TokenID], targets: [TokenID?]) {
      precondition(inputs.count == targets.count, "Window: as many targets as inputs")
      self.inputs = inputs
      self.targets = targets
    }
  }

  /// The loss over all targets of some windows, which go through the model together.
  ///
  /// - Throws: ``GPTError`` as `logits` does, `unknownToken` for targets too; `invalidLogits` if a
  ///   probability isn't a number.
  public func loss(_ windows: [Window]) throws(GPTError) -> Loss {
    var loss = Loss()
    for values in try logProbabilities(windows) {
      for case let value? in values { loss.add(logProbability: value) }
    }
    return loss
  }

  /// The log-probability of every token of a continuation, given the prompt and those before it.
  ///
  /// - Precondition: the prompt is not empty.
  /// - Throws: ``GPTError`` as `logits` does.
  public func logProbabilities(
    of continuation: [TokenID], after prompt: [TokenID]
  ) throws(GPTError) -> [Double] {
    guard let last = continuation.last else { return [] }
    let inputs = prompt + continuation.dropLast()
    let masked = [TokenID?](repeating: nil, count: prompt.count - 1)
    let targets = masked + continuation.dropLast().map { $0 } + [last]
    return try logProbabilities([Window(inputs: inputs, targets: targets)])[0].compactMap { $0 }
  }

  /// How likely the classes of a classification head are after the last token.
  ///
  /// Shapes: [the width of the head].
  /// - Throws: ``GPTError`` as `logits` does.
  public func classProbabilities(of ids: [TokenID]) throws(GPTError) -> [Float] {
    var probabilities = try logits(of: ids).elements
    guard probabilities.allSatisfy(\.isFinite) else {
      throw GPTError(.invalidLogits(tokenCount: ids.count))
    }
    softmax(&probabilities)
    return probabilities
  }

  /// For every target of every window its log-probability.
  private func logProbabilities(_ windows: [Window]) throws(GPTError) -> [[Double?]] {
    let bound = model.headWidth
    var batch: [Continuation] = []
    for window in windows {
      for (index, target) in window.targets.enumerated() {
        if let target, target >= bound {
          throw GPTError(.unknownToken(target, index: index, bound: bound))
        }
      }
      batch.append(Continuation(window.inputs, try KeyValueCache(model)))
    }
    var results = [[Double?]](repeating: [], count: windows.count)
    /// How many tokens lead to the first logits that aren't numbers.
    var firstInvalid: Int?
    try forEachPiece(of: batch, .all) { logits, sequences in
      for (row, sequence) in sequences.enumerated() {
        let target = windows[sequence].targets[results[sequence].count]
        guard let target else {
          results[sequence].append(nil)
          continue
        }
        let value =
          Double(logits[row][row * logits.width + Int(target)])
          - Self.logSumOfExponentials(logits[row])
        if !value.isFinite, firstInvalid == nil { firstInvalid = results[sequence].count + 1 }
        results[sequence].append(value)
      }
    }
    if let firstInvalid { throw GPTError(.invalidLogits(tokenCount: firstInvalid)) }
    return results
  }

  private static func logSumOfExponentials(_ values: ArraySlice<Float>) -> Double {
    unsafe values.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return -.infinity }
      // SAFETY: the function reads the `count` floats of the buffer.
      return unsafe gobbet_log_sum_exp(base, buffer.count)
    }
  }
}
