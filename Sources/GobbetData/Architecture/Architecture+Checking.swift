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
  /// A number of a rotation by the key that it has in a `config.json`, and what it has to be.
  private typealias Bound = (key: String, value: Double, isMet: Bool, wanted: String)

  fileprivate func flaw(_ headDimension: Int) -> String? {
    guard dimension > 0, dimension.isMultiple(of: 2), dimension <= headDimension else {
      return "turns \(dimension) of a head's \(headDimension.counted("float"))"
    }
    var lists: [(String, [Double])] = []
    var bounds: [Bound] = [("rope_theta", base, base > 1, "above 1")]
    func add(factor: Double) { bounds.append(("factor", factor, factor >= 1, "at least 1")) }
    func add(originalContextLength length: Int) {
      bounds.append(
        ("original_max_position_embeddings", Double(length), length > 0, "at least 1"))
    }
    func add(magnitude: Double) {
      bounds.append(("attention_factor", magnitude, magnitude > 0, "above 0"))
    }
    switch scaling {
    case .none: break
    case .linear(let factor): add(factor: factor)
    case .llama3(let factor, let low, let high, let length):
      add(factor: factor)
      bounds.append(("low_freq_factor", low, low > 0, "above 0"))
      bounds.append(("high_freq_factor", high, high > low, "above low_freq_factor"))
      add(originalContextLength: length)
    case .factors(let factors): lists = [("the frequencies' factors", factors)]
    case .longRope(let short, let long, let length, let magnitude):
      lists = [("short_factor", short), ("long_factor", long)]
      add(originalContextLength: length)
      add(magnitude: magnitude)
    case .yarn(let factor, let fast, let slow, let length, let magnitude, _):
      add(factor: factor)
      bounds.append(("beta_slow", slow, slow > 0, "above 0"))
      bounds.append(("beta_fast", fast, fast > slow, "above beta_slow"))
      add(originalContextLength: length)
      add(magnitude: magnitude ?? 1)
    }
    if let bound = bounds.first(where: { !$0.isMet || !$0.value.isFinite }) {
      return "has a rotation whose \(bound.key) is \(bound.value), not \(bound.wanted)"
    }
    for (key, factors) in lists {
      guard factors.count == dimension / 2 else {
        return "has a rotation with \(key) of \(factors.count) for \(dimension / 2) pairs"
      }
      if let factor = factors.first(where: { !($0 > 0 && $0.isFinite) }) {
        return "has a rotation with \(factor) in \(key), not above 0"
      }
    }
    return nil
  }
}
