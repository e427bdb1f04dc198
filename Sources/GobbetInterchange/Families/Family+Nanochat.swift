internal import GobbetData

extension Family {
  /// nanochat, as transformers has it.
  static let nanochat = Family(
    modelType: "nanochat",
    names: .llama.replacing([
      ("attention_norm", nil), ("feed_forward_norm", nil), ("gate", nil),
      ("up", .own("mlp.fc1")), ("down", .own("mlp.fc2")),
    ])
  ) { (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(contextLength: 2048)
    architecture.norm.kind = .rmsPlain
    architecture.normalizesEmbedding = true
    architecture.queryKeyNorm = .perHeadAfterRotation
    architecture.activation = try settings.activation("hidden_act", default: .reluSquared)
    architecture.isGated = false
    if try !settings.isNull("final_logit_softcapping") {
      architecture.logitSoftcap = Float(
        try settings.number("final_logit_softcapping", default: 15))
    }
    var rotation = try settings.rotation(of: architecture)
    rotation.isReversed = true
    settings.setLayers(of: &architecture, rotation)
    return FamilyArchitecture(architecture: architecture, biases: try settings.biases())
  }
}
