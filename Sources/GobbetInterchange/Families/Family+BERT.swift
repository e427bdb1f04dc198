internal import GobbetData

extension Family {
  /// BERT and the sentence encoders that are one, as MiniLM.
  static let bert = Family(modelType: "bert", names: .bert) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(
      epsilonKey: "layer_norm_eps", epsilon: 1e-12, contextLength: 512)
    architecture.norm.kind = .layer
    architecture.normPlace = .afterAddition
    architecture.normalizesEmbedding = true
    architecture.hasLearnedPositions = true
    architecture.tokenTypeCount = try settings.size("type_vocab_size", default: 2)
    architecture.activation = try settings.activation("hidden_act", default: .geluErf)
    architecture.isGated = false
    architecture.isCausal = false
    architecture.hasHead = false
    try settings.require("is_decoder", false)
    try settings.require("add_cross_attention", false)
    if let positions = try settings.value("position_embedding_type"),
      positions.string != "absolute"
    {
      throw positions.error(.unsupported("positions of type \(positions.string ?? "none")"))
    }
    settings.ignore([
      "attention_probs_dropout_prob", "hidden_dropout_prob", "gradient_checkpointing",
      "chunk_size_feed_forward", "directionality", "pooler_fc_size", "pooler_num_attention_heads",
      "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
    ])
    return FamilyArchitecture(
      architecture: architecture, biases: FamilyArchitecture.attention.union(["up", "down"]))
  }
}

extension FamilyNames {
  fileprivate static let bert = FamilyNames(
    optionalPrefix: "bert.", tokenEmbedding: "embeddings.word_embeddings",
    positionEmbedding: "embeddings.position_embeddings",
    tokenTypes: "embeddings.token_type_embeddings", embeddingNorm: "embeddings.LayerNorm",
    layers: "encoder.layer.",
    parts: [
      ("query", .own("attention.self.query")),
      ("key", .own("attention.self.key")),
      ("value", .own("attention.self.value")),
      ("attention_output", .own("attention.output.dense")),
      ("attention_post_norm", .own("attention.output.LayerNorm")),
      ("up", .own("intermediate.dense")),
      ("down", .own("output.dense")),
      ("feed_forward_post_norm", .own("output.LayerNorm")),
    ],
    buffers: ["embeddings.position_ids", "embeddings.token_type_ids"],
    // A sentence's embedding is pooled from the states; what was trained on top of them is another
    // model's.
    heads: ["pooler.", "cls.", "classifier.", "qa_outputs."])
}
