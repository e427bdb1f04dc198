internal import GobbetSystem

extension Architecture {
  /// The first thing that makes the values no model, in a few words; nil if they can be computed with.
  public var flaw: String? {
    let sizes = [
      ("the vocabulary size", vocabularySize), ("the context length", contextLength),
      ("the hidden size", hiddenSize), ("the number of layers", layers.count),
      ("the number of heads", headCount), ("the number of key-value heads", keyValueHeadCount),
      ("the head dimension", headDimension), ("the feed-forward size", feedForwardSize),
    ]
    for (name, size) in sizes where size <= 0 || size > 1 << 31 { return "\(name) is \(size)" }
    guard headCount.isMultiple(of: keyValueHeadCount) else {
      return "\(keyValueHeadCount) key-value heads do not divide \(headCount.counted("head"))"
    }
    let (width, overflow) = headCount.multipliedReportingOverflow(by: headDimension)
    guard !overflow, width <= 1 << 31 else { return "the heads are too wide" }
    let numbers = [
      ("the norm's epsilon", norm.epsilon), ("the attention scale", attentionScale),
      ("the attention softcap", attentionSoftcap ?? 1),
      ("the embedding multiplier", embeddingMultiplier),
      ("the residual multiplier", residualMultiplier), ("the logit scale", logitScale),
      ("the logit softcap", logitSoftcap ?? 1), ("the gate's limit", gateClamp?.limit ?? 1),
      ("the gate's slope", gateClamp?.slope ?? 1),
    ]
    for (name, number) in numbers where !(number > 0 && number.isFinite) {
      return "\(name) is \(number)"
    }
    guard tokenTypeCount >= 0, tokenTypeCount <= 1 << 31 else {
      return "the number of token types is \(tokenTypeCount)"
    }
    if let flaw = experts?.flaw { return flaw }
    if gateClamp != nil, !isGated || activation != .silu {
      return "bounds of a gate that isn't a SwiGLU"
    }
    for (index, layer) in layers.enumerated() {
      if let window = layer.window, window <= 0 {
        return "layer \(index) has a window of \(window)"
      }
      if layer.window != nil, !isCausal { return "layer \(index) of an encoder has a window" }
      if let flaw = layer.rotation?.flaw(headDimension) { return "layer \(index) \(flaw)" }
    }
    return nil
  }
}

extension Architecture.Rotation {
  fileprivate func flaw(_ headDimension: Int) -> String? {
    guard dimension > 0, dimension.isMultiple(of: 2), dimension <= headDimension else {
      return "turns \(dimension) of a head's \(headDimension.counted("float"))"
    }
    guard base > 1, base.isFinite else { return "has a rotary base of \(base)" }
    switch scaling {
    case .none: return nil
    case .linear(let factor):
      return factor >= 1 && factor.isFinite ? nil : "has a rotary factor of \(factor)"
    case .llama3(let factor, let low, let high, let length):
      return factor >= 1 && factor.isFinite && low > 0 && high > low && high.isFinite && length > 0
        ? nil : "has a llama3 scaling of \(factor), \(low), \(high), \(length)"
    case .factors(let factors):
      return factors.count == dimension / 2 && factors.allSatisfy { $0 > 0 && $0.isFinite }
        ? nil : "has \(factors.count) rotary factors for \(dimension / 2) pairs"
    case .yarn(let factor, let fast, let slow, let length, let magnitude, _):
      return factor >= 1 && factor.isFinite && slow > 0 && fast > slow && fast.isFinite
        && length > 0
        && magnitude ?? 1 > 0 && (magnitude ?? 1).isFinite
        ? nil : "has a yarn scaling of \(factor), \(fast), \(slow), \(length)"
    }
  }
}
