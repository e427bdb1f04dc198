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
    try settings.require("norm_type", "layer_norm")
    try settings.require("mlp_type", "default")
    settings.ignore([
      "activation_function", "attention_softmax_in_fp32", "attn_pdrop", "inference_runner",
      "layer_norm_epsilon", "scale_attention_softmax_in_fp32", "scale_attn_weights",
      "validate_runner_input",
    ])
    settings.setLayers(
      of: &architecture, window: try settings.value("sliding_window")?.size,
      try settings.rotation(of: architecture))
    let hasBiases = try settings.flag("use_bias", default: true)
    return FamilyArchitecture(
      architecture: architecture,
      biases: hasBiases ? FamilyArchitecture.attention.union(["up", "down"]) : [])
  }
}
