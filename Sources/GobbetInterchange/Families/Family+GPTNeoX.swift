internal import GobbetData

extension Family {
  /// GPT-NeoX and Pythia.
  static let gptNeoX = Family(modelType: "gpt_neox", names: .gptNeoX) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(
      epsilonKey: "layer_norm_eps", epsilon: 1e-5, contextLength: 2048)
    architecture.norm.kind = .layer
    architecture.normPlace =
      try settings.flag("use_parallel_residual", default: true) ? .parallel : .before
    architecture.activation = try settings.activation("hidden_act", default: .geluErf)
    architecture.isGated = false
    let rotation = try settings.rotation(
      of: architecture,
      .init(share: 0.25, baseKey: "rotary_emb_base", shareKey: "rotary_pct"))
    settings.setLayers(of: &architecture, rotation)
    var biases: Set = ["up", "down"]
    if try settings.flag("attention_bias", default: true) {
      biases.formUnion(FamilyArchitecture.attention)
    }
    return FamilyArchitecture(architecture: architecture, biases: biases)
  }
}

extension FamilyNames {
  fileprivate static let gptNeoX = FamilyNames(
    tokenEmbedding: "gpt_neox.embed_in", finalNorm: "gpt_neox.final_layer_norm",
    head: "embed_out", layers: "gpt_neox.layers.",
    parts: [
      ("attention_norm", .own("input_layernorm")),
      ("query", .joined("attention.query_key_value", .headwiseProjections(0))),
      ("key", .joined("attention.query_key_value", .headwiseProjections(1))),
      ("value", .joined("attention.query_key_value", .headwiseProjections(2))),
      ("attention_output", .own("attention.dense")),
      ("feed_forward_norm", .own("post_attention_layernorm")),
      ("up", .own("mlp.dense_h_to_4h")),
      ("down", .own("mlp.dense_4h_to_h")),
    ],
    buffers: ["attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq"])
}
