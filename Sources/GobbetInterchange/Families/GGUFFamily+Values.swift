internal import GobbetData

extension GGUFFamily {
  /// The family that a `model_type` becomes in GGUF; nil if llama.cpp does not know it, or it is not
  /// known here how it is laid out.
  static func of(modelType: String) -> GGUFFamily? {
    all.first { family in
      family.modelTypes.contains { $0.utf8.elementsEqual(modelType.utf8) }
    }
  }

  /// The values that say what model the file holds.
  func values(_ model: Architecture) -> [(key: String, value: GGUFValue)] {
    var values: [(key: String, value: GGUFValue)] = []
    func add(_ key: String, _ size: Int) {
      values.append(("\(architecture).\(key)", .uint32(UInt32(clamping: size))))
    }
    func add(_ key: String, _ number: Double, unless usual: Double? = nil) {
      if number != usual { values.append(("\(architecture).\(key)", .float32(Float(number)))) }
    }
    values.append(("general.architecture", .string(architecture)))
    add("vocab_size", model.vocabularySize)
    add("context_length", model.contextLength)
    add("embedding_length", model.hiddenSize)
    add("block_count", model.layers.count)
    add("feed_forward_length", model.feedForwardSize)
    add("attention.head_count", model.headCount)
    add("attention.head_count_kv", model.keyValueHeadCount)
    add("attention.key_length", model.headDimension)
    add("attention.value_length", model.headDimension)
    add(
      norm == .layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon",
      Double(model.norm.epsilon))
    if let experts = model.experts {
      add("expert_count", experts.count)
      add("expert_used_count", experts.chosenCount)
      add("expert_feed_forward_length", experts.feedForwardSize)
    }
    if let window = model.layers.lazy.compactMap(\.window).first {
      add("attention.sliding_window", window)
    }
    if let softcap = model.attentionSoftcap { add("attn_logit_softcapping", Double(softcap)) }
    if let softcap = model.logitSoftcap { add("final_logit_softcapping", Double(softcap)) }
    if norm == .layer, !model.isGated, model.isCausal {
      values.append(
        ("\(architecture).use_parallel_residual", .bool(model.normPlace == .parallel)))
    }
    if !model.isCausal { values.append(("\(architecture).attention.causal", .bool(false))) }
    if model.tokenTypeCount > 0 {
      values.append(
        ("tokenizer.ggml.token_type_count", .uint32(UInt32(clamping: model.tokenTypeCount))))
    }
    if architecture.utf8.elementsEqual("granite".utf8) {
      add("embedding_scale", Double(model.embeddingMultiplier))
      add("residual_scale", Double(model.residualMultiplier))
      add("attention.scale", Double(model.attentionScale))
      add("logit_scale", 1 / Double(model.logitScale))
    }
    guard let rotation = Self.rotation(of: model) else { return values }
    add("rope.dimension_count", rotation.dimension)
    add("rope.freq_base", rotation.base)
    switch rotation.scaling {
    case .none, .llama3, .factors: break
    case .longRope(_, _, let length, let magnitude):
      guard hasLongFactors else { break }
      add("rope.scaling.original_context_length", length)
      add("rope.scaling.attn_factor", magnitude)
    case .linear(let factor):
      values.append(("\(architecture).rope.scaling.type", .string("linear")))
      add("rope.scaling.factor", factor)
    case .yarn(let factor, let fast, let slow, let length, let magnitude, _):
      values.append(("\(architecture).rope.scaling.type", .string("yarn")))
      if let magnitude {
        let usual = Architecture.Rotation.yarnMagnitude(Double(Float(factor)))
        add("rope.scaling.attn_factor", magnitude / usual)
      }
      add("rope.scaling.factor", factor)
      add("rope.scaling.original_context_length", length)
      add("rope.scaling.yarn_beta_fast", fast, unless: 32)
      add("rope.scaling.yarn_beta_slow", slow, unless: 1)
    }
    return values
  }

  /// The rotation of the layers that see everything, which the file says; those of windows follow.
  private static func rotation(of model: Architecture) -> Architecture.Rotation? {
    let full = model.layers.last { $0.rotation != nil && $0.window == nil }
    return (full ?? model.layers.last { $0.rotation != nil })?.rotation
  }

  /// What llama.cpp divides the frequencies by, one after the other, and the names of the tensors that
  /// hold that; none if by nothing of the kind.
  func ropeFactors(_ model: Architecture) -> [(name: String, factors: [Float])] {
    guard let rotation = Self.rotation(of: model) else { return [] }
    switch rotation.scaling {
    case .factors(let factors): return [("rope_freqs", factors.map(Float.init))]
    case .llama3:
      var plain = rotation
      plain.scaling = .none
      return [
        (
          "rope_freqs",
          zip(plain.frequencies, rotation.frequencies).map { Float($0 / $1) }
        )
      ]
    case .longRope(let short, let long, _, _):
      return hasLongFactors
        ? [
          ("rope_factors_long", long.map(Float.init)),
          ("rope_factors_short", short.map(Float.init)),
        ] : []
    case .none, .linear, .yarn: return []
    }
  }

  /// The model as a GGUF file of this family can say it: weights of norms with 1 added, frequencies that
  /// are divided one by one, pairs of neighbours.
  func restated(_ model: Architecture) -> Architecture {
    var result = model
    if result.norm.kind == .rmsOffset { result.norm.kind = .rms }
    if needsHead { result.hasTiedHead = false }
    if !result.hasHead { result.hasTiedHead = true }
    let factors = ropeFactors(model).first?.factors.map(Double.init)
    for layer in result.layers.indices {
      // A window that is as long as the context is none.
      if let window = result.layers[layer].window, window >= model.contextLength {
        result.layers[layer].window = nil
      }
      guard var rotation = result.layers[layer].rotation else { continue }
      rotation.pairsAreNeighbours = pairsAreNeighbours
      rotation.base = Double(Float(rotation.base))
      switch rotation.scaling {
      case .llama3, .factors: if let factors { rotation.scaling = .factors(factors) }
      case .linear(let factor): rotation.scaling = .linear(factor: Double(Float(factor)))
      case .longRope(let short, let long, let length, let magnitude):
        rotation.scaling = .longRope(
          short: short.map { Double(Float($0)) }, long: long.map { Double(Float($0)) },
          originalContextLength: length, magnitude: Double(Float(magnitude)))
      case .yarn(let factor, let fast, let slow, let length, let magnitude, let roundsBounds):
        let factor = Double(Float(factor))
        let usual = Architecture.Rotation.yarnMagnitude(factor)
        rotation.scaling = .yarn(
          factor: factor, fast: Double(Float(fast)), slow: Double(Float(slow)),
          originalContextLength: length,
          magnitude: magnitude.map { Double(Float($0 / usual)) * usual },
          roundsBounds: roundsBounds)
      case .none: break
      }
      result.layers[layer].rotation = rotation
    }
    return result
  }
}

extension Architecture {
  /// What differs first between two architectures, in a few words; nil if nothing does.
  func difference(from other: Architecture) -> String? {
    for (index, (mine, its)) in zip(layers, other.layers).enumerated() where mine != its {
      if mine.window != its.window {
        return "layer \(index) with \(mine.window.map { "a window of \($0)" } ?? "no window")"
      }
      return "the rotation of layer \(index)"
    }
    let pairs: [(String, Bool)] = [
      ("the activation", activation == other.activation && isGated == other.isGated),
      ("the clamp of its gates", gateClamp == other.gateClamp),
      (
        "layers without experts", experts?.layersWithout == other.experts?.layersWithout
      ),
      ("the shares of its experts", experts == other.experts),
      ("the scale of attention", isNear(attentionScale, other.attentionScale)),
      (
        "its softcaps",
        attentionSoftcap == other.attentionSoftcap && logitSoftcap == other.logitSoftcap
      ),
      (
        "its multipliers",
        isNear(embeddingMultiplier, other.embeddingMultiplier)
          && isNear(residualMultiplier, other.residualMultiplier)
          && isNear(logitScale, other.logitScale)
      ),
      ("the place of its norms", normPlace == other.normPlace && norm == other.norm),
      ("its norms of queries and keys", queryKeyNorm == other.queryKeyNorm),
      ("its head", hasTiedHead == other.hasTiedHead),
    ]
    if let pair = pairs.first(where: { !$0.1 }) { return pair.0 }
    var rest = self
    rest.attentionScale = other.attentionScale
    rest.embeddingMultiplier = other.embeddingMultiplier
    rest.residualMultiplier = other.residualMultiplier
    rest.logitScale = other.logitScale
    return rest == other ? nil : "its sizes"
  }

  /// Whether two numbers differ by rounding only.
  private func isNear(_ first: Float, _ second: Float) -> Bool {
    abs(first - second) <= 1e-6 * abs(second)
  }
}
