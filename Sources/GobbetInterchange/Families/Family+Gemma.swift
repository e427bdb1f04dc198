internal import GobbetData

extension Family {
  static let gemma2 = Family(modelType: "gemma2", names: .gemma) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.gemma(contextLength: 8192)
    architecture.attentionSoftcap = try settings.softcap("attn_logit_softcapping", default: 50)
    architecture.logitSoftcap = try settings.softcap("final_logit_softcapping", default: 30)
    // The first files say the window a second time.
    settings.ignore(["sliding_window_size"])
    let isWindowed = try settings.windowedLayers(architecture.layers.count) {
      !($0 + 1).isMultiple(of: 2)
    }
    settings.setLayers(
      of: &architecture, isWindowed: isWindowed,
      window: try settings.size("sliding_window", default: 4096),
      full: try settings.rotation(of: architecture))
    return FamilyArchitecture(architecture: architecture, biases: try settings.biases())
  }

  static let gemma3 = Family(
    modelType: "gemma3_text", names: .gemma.replacing(FamilyNames.queryKeyNorms)
  ) { (settings) throws(InterchangeError) in
    var architecture = try settings.gemma(contextLength: 131_072)
    architecture.queryKeyNorm = .perHead
    architecture.logitSoftcap = try settings.softcap("final_logit_softcapping", default: nil)
    if let cap = try settings.value("attn_logit_softcapping") {
      throw cap.error(.unsupported("a softcap that transformers 5.24 does not apply"))
    }
    let period = try settings.size(
      "sliding_window_pattern", default: try settings.size("_sliding_window_pattern", default: 6))
    let isWindowed = try settings.windowedLayers(architecture.layers.count) {
      !($0 + 1).isMultiple(of: period)
    }
    let rotations = try settings.rotations(
      of: architecture, .init(base: 1_000_000),
      local: .init(base: 10_000, baseKey: "rope_local_base_freq"))
    settings.setLayers(
      of: &architecture, isWindowed: isWindowed,
      window: try settings.size("sliding_window", default: 4096), full: rotations.full,
      local: rotations.local)
    return FamilyArchitecture(architecture: architecture, biases: try settings.biases())
  }
}

extension FamilyNames {
  /// Llama's names, with norms before and after each layer.
  fileprivate static let gemma = FamilyNames.llama.replacing([
    ("attention_post_norm", .own("post_attention_layernorm")),
    ("feed_forward_norm", .own("pre_feedforward_layernorm")),
    ("feed_forward_post_norm", .own("post_feedforward_layernorm")),
  ])
}

extension FamilySettings {
  /// What Gemma 2 and 3 have alike.
  fileprivate func gemma(contextLength: Int) throws(InterchangeError) -> Architecture {
    var architecture = try decoder(
      headDimension: 256, contextLength: contextLength, isTied: true)
    architecture.norm.kind = .rmsOffset
    architecture.normPlace = .both
    architecture.activation = try activation("hidden_activation", default: .geluTanh)
    if let old = try value("hidden_act"), try value("hidden_activation") == nil,
      old.string != "gelu_pytorch_tanh", old.string != "gelu"
    {
      throw old.error(.unsupported("the activation \(old.string ?? "of no name")"))
    }
    architecture.embeddingMultiplier = Float(architecture.hiddenSize).squareRoot()
    let scalar = try number("query_pre_attn_scalar", default: 256)
    architecture.attentionScale = Float(1 / scalar.squareRoot())
    try require("use_bidirectional_attention", false)
    return architecture
  }

  /// A cap by tanh; nil if the setting is `null`, or not there and the family has none.
  fileprivate func softcap(
    _ key: String, default fallback: Double?
  ) throws(InterchangeError) -> Float? {
    if try isNull(key) { return nil }
    return (try optionalNumber(key) ?? fallback).map { Float($0) }
  }
}
