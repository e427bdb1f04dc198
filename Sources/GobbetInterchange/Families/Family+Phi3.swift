internal import GobbetData

extension Family {
  static let phi3 = Family(modelType: "phi3", names: .phi3) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(epsilon: 1e-5, contextLength: 4096)
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    // What Phi-4-mini says besides, and transformers doesn't read.
    try settings.require("full_attn_mod", 1)
    try settings.require("interpolate_factor", 1)
    settings.setLayers(
      of: &architecture, window: try settings.value("sliding_window")?.size,
      try settings.rotation(of: architecture, .init(share: 1, originalContextLength: 4096)))
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
