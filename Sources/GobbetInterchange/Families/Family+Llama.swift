internal import GobbetData

/// Llama, and the families that are Llama with a switch or two.
extension Family {
  static let llama = Family(modelType: "llama", names: .llama) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(contextLength: 2048)
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    // Falcon 3 says it, and means the gate.
    try settings.require("activation", "swiglu")
    settings.setLayers(of: &architecture, try settings.rotation(of: architecture))
    return FamilyArchitecture(
      architecture: architecture, biases: try settings.biases(haveFeedForward: true))
  }

  static let mistral = Family(modelType: "mistral", names: .llama) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(contextLength: 4096 * 32)
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    settings.setLayers(
      of: &architecture, window: try settings.value("sliding_window")?.size,
      try settings.rotation(of: architecture))
    return FamilyArchitecture(architecture: architecture)
  }

  static let qwen2 = Family(modelType: "qwen2", names: .llama) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(contextLength: 32768)
    try settings.readQwen(&architecture)
    return FamilyArchitecture(architecture: architecture, biases: ["query", "key", "value"])
  }

  static let qwen3 = Family(
    modelType: "qwen3", names: .llama.replacing(FamilyNames.queryKeyNorms)
  ) { (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(headDimension: 128, contextLength: 32768)
    architecture.queryKeyNorm = .perHead
    try settings.readQwen(&architecture)
    return FamilyArchitecture(architecture: architecture, biases: try settings.biases())
  }

  static let smolLM3 = Family(modelType: "smollm3", names: .llama) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(contextLength: 32768, isTied: true)
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    let rotation = try settings.rotation(of: architecture, .init(base: 2_000_000))
    let layerCount = architecture.layers.count
    let interval = try settings.size("no_rope_layer_interval", default: 4)
    let turned = try settings.list("no_rope_layers")
    // The list says 1 for the layers that do turn.
    let isTurned = (0..<layerCount).map { layer in
      turned.map { layer < $0.count && $0[layer].size == 1 } ?? !(layer + 1).isMultiple(
        of: interval)
    }
    let usesWindows = try settings.flag("use_sliding_window", default: false)
    let window = try settings.value("sliding_window")?.size
    settings.ignore(["max_window_layers"])
    let isWindowed = try settings.windowedLayers(layerCount) { usesWindows && !isTurned[$0] }
    for layer in 0..<layerCount {
      architecture.layers[layer] = .init(
        window: usesWindows && isWindowed[layer] ? window : nil,
        rotation: isTurned[layer] ? rotation : nil)
    }
    return FamilyArchitecture(
      architecture: architecture, biases: try settings.biases(haveFeedForward: true))
  }

  static let granite = Family(modelType: "granite", names: .llama) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(contextLength: 2048)
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    architecture.embeddingMultiplier = Float(
      try settings.number("embedding_multiplier", default: 1))
    architecture.residualMultiplier = Float(try settings.number("residual_multiplier", default: 1))
    architecture.attentionScale = Float(try settings.number("attention_multiplier", default: 1))
    architecture.logitScale = Float(1 / (try settings.number("logits_scaling", default: 1)))
    settings.setLayers(of: &architecture, try settings.rotation(of: architecture))
    return FamilyArchitecture(
      architecture: architecture, biases: try settings.biases(haveFeedForward: true))
  }
}

extension FamilySettings {
  /// What Qwen 2 and 3 have alike: windows from some layer on, if they are used at all.
  fileprivate func readQwen(_ architecture: inout Architecture) throws(InterchangeError) {
    architecture.activation = try activation("hidden_act", default: .silu)
    let usesWindows = try flag("use_sliding_window", default: false)
    let window = try size("sliding_window", default: 4096)
    let first = try value("max_window_layers")?.size ?? 28
    let isWindowed = try windowedLayers(architecture.layers.count) { usesWindows && $0 >= first }
    let rotation = try rotation(of: architecture)
    setLayers(
      of: &architecture, isWindowed: isWindowed, window: usesWindows ? window : nil,
      full: rotation)
  }
}
