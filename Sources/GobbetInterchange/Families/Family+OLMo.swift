internal import GobbetData

extension Family {
  static let olmo2 = Family(modelType: "olmo2", names: .olmo) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.olmo()
    settings.setLayers(
      of: &architecture, try settings.rotation(of: architecture, .init(base: 500_000)))
    return FamilyArchitecture(architecture: architecture, biases: try settings.biases())
  }

  static let olmo3 = Family(modelType: "olmo3", names: .olmo) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.olmo()
    let isWindowed = try settings.windowedLayers(architecture.layers.count) {
      !($0 + 1).isMultiple(of: 4)
    }
    let rotations = try settings.rotations(of: architecture, .init(base: 500_000), local: nil)
    settings.setLayers(
      of: &architecture, isWindowed: isWindowed,
      window: try settings.size("sliding_window", default: 4096), full: rotations.full,
      local: rotations.local)
    return FamilyArchitecture(architecture: architecture, biases: try settings.biases())
  }
}

extension FamilyNames {
  /// Llama's names, with norms after each layer, and of all queries and all keys together.
  fileprivate static let olmo = FamilyNames.llama.replacing(
    [
      ("attention_norm", nil), ("feed_forward_norm", nil),
      ("attention_post_norm", .own("post_attention_layernorm")),
      ("feed_forward_post_norm", .own("post_feedforward_layernorm")),
    ] + queryKeyNorms)
}

extension FamilySettings {
  /// What OLMo 2 and 3 have alike.
  fileprivate func olmo() throws(InterchangeError) -> Architecture {
    var architecture = try decoder(epsilon: 1e-5, contextLength: 2048)
    architecture.normPlace = .after
    architecture.queryKeyNorm = .perWidth
    architecture.activation = try activation("hidden_act", default: .silu)
    return architecture
  }
}
