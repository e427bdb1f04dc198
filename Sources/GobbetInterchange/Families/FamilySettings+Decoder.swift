internal import GobbetData
internal import GobbetSystem

extension FamilySettings {
  /// A decoder with the sizes that most families call by the same names, and RMSNorm before each layer.
  func decoder(
    headDimension: Int? = nil, epsilonKey: String = "rms_norm_eps", epsilon: Double = 1e-6,
    contextLength: Int, isTied: Bool = false
  ) throws(InterchangeError) -> Architecture {
    let headCount = try size("num_attention_heads")
    let layerCount = try size("num_hidden_layers")
    guard layerCount <= Architecture.maximumLayerCount else {
      throw InterchangeError(
        .damaged("\(layerCount.counted("layer"))"), path: nil, field: "num_hidden_layers")
    }
    var architecture = Architecture(
      vocabularySize: try size("vocab_size"),
      contextLength: try size("max_position_embeddings", default: contextLength),
      layerCount: layerCount,
      layerSizes: .init(
        hiddenSize: try size("hidden_size"), headCount: headCount,
        keyValueHeadCount: try size("num_key_value_heads", default: headCount),
        headDimension: try value("head_dim")?.size ?? headDimension,
        feedForwardSize: try size("intermediate_size")))
    architecture.norm = .init(
      kind: .rms, epsilon: Float(try number(epsilonKey, default: epsilon)))
    architecture.hasTiedHead = try flag("tie_word_embeddings", default: isTied)
    return architecture
  }

  /// The parts with biases, by the settings that say so; `mlp_bias` has a meaning in some families.
  func biases(haveFeedForward: Bool = false) throws(InterchangeError) -> Set<String> {
    var parts: Set<String> = []
    if try flag("attention_bias", default: false) { parts.formUnion(FamilyArchitecture.attention) }
    if haveFeedForward, try flag("mlp_bias", default: false) {
      parts.formUnion(FamilyArchitecture.feedForward)
    }
    return parts
  }

  /// Whether each layer sees a window: `layer_types`, or what the family does without it.
  func windowedLayers(
    _ count: Int, default isWindowed: (Int) -> Bool
  ) throws(InterchangeError) -> [Bool] {
    guard let types = try list("layer_types") else { return (0..<count).map(isWindowed) }
    guard types.count >= count else {
      throw types.first?.error(
        .damaged("\(types.count.counted("type")) of \(count.counted("layer"))"))
        ?? InterchangeError(.damaged("no types of layers"), path: nil, field: "layer_types")
    }
    return try types.prefix(count).map { (type) throws(InterchangeError) in
      switch type.string {
      case "full_attention": return false
      case "sliding_attention": return true
      default: throw type.error(.unsupported("layers of \(type.string ?? "no") type"))
      }
    }
  }

  /// Gives every layer its window and its rotation.
  func setLayers(
    of architecture: inout Architecture, isWindowed: [Bool], window: Int?,
    full: Architecture.Rotation,
    local: Architecture.Rotation? = nil
  ) {
    for layer in architecture.layers.indices {
      let isLocal = window != nil && isWindowed[layer]
      architecture.layers[layer].window = isLocal ? window : nil
      architecture.layers[layer].rotation = isWindowed[layer] ? local ?? full : full
    }
  }

  /// Gives every layer the same window and rotation.
  func setLayers(
    of architecture: inout Architecture, window: Int? = nil, _ rotation: Architecture.Rotation
  ) {
    for layer in architecture.layers.indices {
      architecture.layers[layer] = .init(window: window, rotation: rotation)
    }
  }
}
