internal import GobbetData

extension GGUFFamily {
  /// Every family that is read from GGUF, and written to it; GPT-2 only in blocks, and its floats are
  /// read and written as `GPT2Weights`.
  static let all = [
    GGUFFamily(
      architecture: "gpt2", modelTypes: [], names: .ggufGPT2, biases: .required(.all),
      norm: .layer, isOfBlocksOnly: true
    ) {
      $1.isGated = false
      $1.activation = .geluTanh
      $1.hasLearnedPositions = true
      for layer in $1.layers.indices { $1.layers[layer].rotation = nil }
    },
    GGUFFamily(
      architecture: "llama", modelTypes: ["llama", "mistral"], names: .gguf,
      biases: .optional(.all), pairsAreNeighbours: true
    ) { _, _ in },
    GGUFFamily(architecture: "qwen2", modelTypes: ["qwen2"], names: .gguf) { _, _ in },
    GGUFFamily(
      architecture: "qwen3", modelTypes: ["qwen3"],
      names: .gguf.replacing(FamilyNames.ggufHeadNorms)
    ) {
      $1.queryKeyNorm = .perHead
    },
    GGUFFamily(
      architecture: "qwen3moe", modelTypes: ["qwen3_moe"],
      names: .ggufExperts.replacing(FamilyNames.ggufHeadNorms)
    ) { (settings, architecture) throws(InterchangeError) in
      architecture.queryKeyNorm = .perHead
      try settings.readExperts(&architecture)
    },
    GGUFFamily(
      architecture: "gpt-oss", modelTypes: ["gpt_oss"],
      names: .ggufExperts.replacing([
        ("feed_forward_norm", .own("post_attention_norm")), ("sinks", .own("attn_sinks")),
      ]), biases: .required(.all.subtracting(.projections))
    ) { (settings, architecture) throws(InterchangeError) in
      try settings.readExperts(&architecture)
      architecture.hasAttentionSinks = true
      architecture.gateClamp = .init(limit: 7, slope: 1.702)
      try settings.setWindows(of: &architecture) { $0.isMultiple(of: 2) }
    },
    GGUFFamily(
      architecture: "smollm3", modelTypes: ["smollm3"], names: .gguf, pairsAreNeighbours: true
    ) {
      for layer in $1.layers.indices where (layer + 1).isMultiple(of: 4) {
        $1.layers[layer].rotation = nil
      }
    },
    GGUFFamily(
      architecture: "granite", modelTypes: ["granite"], names: .gguf, biases: .optional(.all),
      pairsAreNeighbours: true
    ) { (settings, architecture) throws(InterchangeError) in
      architecture.embeddingMultiplier = Float(try settings.number("embedding_scale", default: 1))
      architecture.residualMultiplier = Float(try settings.number("residual_scale", default: 1))
      architecture.attentionScale = Float(
        try settings.number("attention.scale", default: Double(architecture.attentionScale)))
      architecture.logitScale = Float(1 / (try settings.number("logit_scale", default: 1)))
    },
    GGUFFamily(
      architecture: "olmo2", modelTypes: ["olmo2", "olmo3"],
      names: FamilyNames.gguf.replacing(FamilyNames.ggufHeadNorms + FamilyNames.ggufPostNorms)
        .replacing([("attention_norm", nil), ("feed_forward_norm", nil)]), needsHead: true
    ) { (settings, architecture) throws(InterchangeError) in
      architecture.normPlace = .after
      architecture.queryKeyNorm = .perWidth
      guard settings.has("attention.sliding_window") else { return }
      let base = architecture.layers.first?.rotation?.base
      try settings.setWindows(of: &architecture, base: base) { !($0 + 1).isMultiple(of: 4) }
    },
    GGUFFamily(
      architecture: "gemma3", modelTypes: ["gemma3_text"],
      names: .gguf.replacing(FamilyNames.ggufHeadNorms + FamilyNames.ggufPostNorms)
    ) { (settings, architecture) throws(InterchangeError) in
      settings.readGemma(&architecture)
      architecture.queryKeyNorm = .perHead
      try settings.setWindows(of: &architecture, base: 10_000) { !($0 + 1).isMultiple(of: 6) }
    },
    GGUFFamily(
      architecture: "gemma2", modelTypes: ["gemma2"],
      names: .gguf.replacing(FamilyNames.ggufPostNorms)
    ) { (settings, architecture) throws(InterchangeError) in
      settings.readGemma(&architecture)
      architecture.attentionSoftcap = Float(
        try settings.number("attn_logit_softcapping", default: 50))
      architecture.logitSoftcap = Float(
        try settings.number("final_logit_softcapping", default: 30))
      try settings.setWindows(of: &architecture) { !($0 + 1).isMultiple(of: 2) }
    },
    GGUFFamily(
      architecture: "phi3", modelTypes: ["phi3"],
      names: .gguf.replacing(
        FamilyNames.ggufProjections + [
          ("gate", .joined("ffn_up", .gateAndUp(0))), ("up", .joined("ffn_up", .gateAndUp(1))),
        ]), needsHead: true, hasLongFactors: true
    ) { _, _ in },
    GGUFFamily(
      architecture: "starcoder2", modelTypes: ["starcoder2"],
      names: .gguf.replacing([("gate", nil)]),
      biases: .required(.all.subtracting(.projections)), norm: .layer
    ) {
      $1.isGated = false
      $1.activation = .geluTanh
    },
    GGUFFamily(
      architecture: "gptneox", modelTypes: ["gpt_neox"],
      names: .gguf.replacing(FamilyNames.ggufProjections + [("gate", nil)]),
      biases: .required(.all), norm: .layer, needsHead: true
    ) { (settings, architecture) throws(InterchangeError) in
      architecture.isGated = false
      // llama.cpp computes its form with tanh, which is within 5e-4 of what the models were trained
      // with.
      architecture.activation = .geluErf
      architecture.normPlace =
        try settings.flag("use_parallel_residual", default: true) ? .parallel : .before
    },
    GGUFFamily(
      architecture: "bert", modelTypes: ["bert"], names: .ggufBERT, biases: .optional(.all),
      norm: .layer
    ) { (settings, architecture) throws(InterchangeError) in
      architecture.normPlace = .afterAddition
      architecture.normalizesEmbedding = true
      architecture.hasLearnedPositions = true
      architecture.tokenTypeCount = settings.shape("token_types.weight")?.first ?? 0
      // As of GPT-NeoX: the form with tanh, there.
      architecture.activation = .geluErf
      architecture.isGated = false
      architecture.isCausal = false
      architecture.hasHead = false
      for layer in architecture.layers.indices { architecture.layers[layer].rotation = nil }
    },
  ]
}

extension GGUFSettings {
  fileprivate func readExperts(_ architecture: inout Architecture) throws(InterchangeError) {
    architecture.experts = .init(
      count: try size("expert_count"), chosenCount: try size("expert_used_count"),
      feedForwardSize: try size(
        "expert_feed_forward_length", default: architecture.feedForwardSize))
  }

  /// What Gemma 2 and 3 have alike; the weights of their norms are stored with 1 added.
  fileprivate func readGemma(_ architecture: inout Architecture) {
    architecture.normPlace = .both
    architecture.activation = .geluTanh
    architecture.embeddingMultiplier = Float(architecture.hiddenSize).squareRoot()
  }
}

extension FamilyNames {
  /// The names of GGUF.
  fileprivate static let gguf = FamilyNames(
    tokenEmbedding: "token_embd", finalNorm: "output_norm", head: "output", layers: "blk.",
    parts: [
      ("attention_norm", .own("attn_norm")),
      ("query", .own("attn_q")),
      ("key", .own("attn_k")),
      ("value", .own("attn_v")),
      ("attention_output", .own("attn_output")),
      ("feed_forward_norm", .own("ffn_norm")),
      ("gate", .own("ffn_gate")),
      ("up", .own("ffn_up")),
      ("down", .own("ffn_down")),
    ],
    buffers: ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"],
    sizeKeys: .gguf)

  fileprivate static let ggufGPT2: FamilyNames = {
    var names = FamilyNames.gguf.replacing(FamilyNames.ggufProjections + [("gate", nil)])
    names.positionEmbedding = "position_embd"
    return names
  }()

  fileprivate static let ggufBERT: FamilyNames = {
    var names = FamilyNames.gguf.replacing([
      ("attention_norm", nil), ("feed_forward_norm", nil), ("gate", nil),
      ("attention_post_norm", .own("attn_output_norm")),
      ("feed_forward_post_norm", .own("layer_output_norm")),
    ])
    names.positionEmbedding = "position_embd"
    names.tokenTypes = "token_types"
    names.embeddingNorm = "token_embd_norm"
    // What classifies texts by their first state.
    names.heads = ["cls."]
    return names
  }()

  fileprivate static let ggufExperts: FamilyNames = {
    var names = FamilyNames.gguf.replacing([
      ("gate", nil), ("up", nil), ("down", nil), ("router", .own("ffn_gate_inp")),
    ])
    names.expertParts = [
      ("gate", .slice("ffn_gate_exps")), ("up", .slice("ffn_up_exps")),
      ("down", .slice("ffn_down_exps")),
    ]
    return names
  }()

  fileprivate static let ggufHeadNorms: [(common: String, own: Part?)] = [
    ("query_norm", .own("attn_q_norm")), ("key_norm", .own("attn_k_norm")),
  ]

  fileprivate static let ggufPostNorms: [(common: String, own: Part?)] = [
    ("attention_post_norm", .own("post_attention_norm")),
    ("feed_forward_post_norm", .own("post_ffw_norm")),
  ]

  /// Queries, keys and values in one tensor.
  fileprivate static let ggufProjections: [(common: String, own: Part?)] = [
    ("query", .joined("attn_qkv", .projections(0))),
    ("key", .joined("attn_qkv", .projections(1))),
    ("value", .joined("attn_qkv", .projections(2))),
  ]
}
