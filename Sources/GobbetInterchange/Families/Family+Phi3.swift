internal import GobbetData

extension Family {
  static let phi3 = Family(modelType: "phi3", names: .phi3) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(epsilon: 1e-5, contextLength: 4096)
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    // Only scaled rotations ask for it, and those are refused by their type.
    _ = try settings.value("original_max_position_embeddings")
    settings.setLayers(
      of: &architecture, window: try settings.value("sliding_window")?.size,
      try settings.rotation(of: architecture))
    return FamilyArchitecture(architecture: architecture)
  }
}

extension FamilyNames {
  /// Llama's names, with queries, keys and values in one tensor, and gate and up in another.
  fileprivate static let phi3 = FamilyNames.llama.replacing([
    ("query", .joined("self_attn.qkv_proj", .projections(0))),
    ("key", .joined("self_attn.qkv_proj", .projections(1))),
    ("value", .joined("self_attn.qkv_proj", .projections(2))),
    ("gate", .joined("mlp.gate_up_proj", .gateAndUp(0))),
    ("up", .joined("mlp.gate_up_proj", .gateAndUp(1))),
  ])
}
