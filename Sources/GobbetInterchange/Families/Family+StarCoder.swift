internal import GobbetData

extension Family {
  static let starCoder2 = Family(
    modelType: "starcoder2",
    names: .llama.replacing([
      ("gate", nil), ("up", .own("mlp.c_fc")), ("down", .own("mlp.c_proj")),
    ])
  ) { (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(
      epsilonKey: "norm_epsilon", epsilon: 1e-5, contextLength: 4096, isTied: true)
    architecture.norm.kind = .layer
    architecture.activation = try settings.activation("hidden_act", default: .geluTanh)
    architecture.isGated = false
    settings.setLayers(
      of: &architecture, window: try settings.value("sliding_window")?.size,
      try settings.rotation(of: architecture))
    let hasBiases = try settings.flag("use_bias", default: true)
    return FamilyArchitecture(
      architecture: architecture,
      biases: hasBiases ? FamilyArchitecture.attention.union(["up", "down"]) : [])
  }
}
