internal import GobbetData

/// Families whose feed-forwards are mixtures of experts.
extension Family {
  static let qwen3MoE = Family(modelType: "qwen3_moe", names: .qwen3MoE) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(contextLength: 32768)
    architecture.queryKeyNorm = .perHead
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    var experts = try settings.experts(count: 128, chosenCount: 8)
    experts.normalizesShares = try settings.flag("norm_topk_prob", default: false)
    experts.feedForwardSize = try settings.size("moe_intermediate_size", default: 768)
    let without = try settings.list("mlp_only_layers") ?? []
    let step = try settings.size("decoder_sparse_step", default: 1)
    experts.layersWithout = Set(
      architecture.layers.indices.filter { layer in
        !(layer + 1).isMultiple(of: step) || without.contains { $0.size == layer }
      })
    architecture.experts = experts
    let usesWindows = try settings.flag("use_sliding_window", default: false)
    let window = try settings.size("sliding_window", default: 4096)
    settings.setLayers(
      of: &architecture, window: usesWindows ? window : nil,
      try settings.rotation(of: architecture))
    settings.ignore(["max_window_layers", "output_router_logits", "router_aux_loss_coef"])
    return FamilyArchitecture(architecture: architecture, biases: try settings.biases())
  }

  static let gptOSS = Family(modelType: "gpt_oss", names: .gptOSS) {
    (settings) throws(InterchangeError) in
    var architecture = try settings.decoder(
      headDimension: 64, epsilon: 1e-5, contextLength: 131_072)
    architecture.hasAttentionSinks = true
    architecture.activation = try settings.activation("hidden_act", default: .silu)
    architecture.gateClamp = .init(
      limit: Float(try settings.number("swiglu_limit", default: 7)),
      slope: Float(try settings.number("swiglu_alpha", default: 1.702)))
    architecture.experts = try settings.experts(count: 128, chosenCount: 4)
    let isWindowed = try settings.windowedLayers(architecture.layers.count) {
      !($0 + 1).isMultiple(of: 2)
    }
    var rotation = try settings.rotation(of: architecture, .init(base: 150_000))
    if try settings.value("rope_parameters") == nil, try settings.value("rope_scaling") == nil {
      rotation.scaling = .yarn(
        factor: 32, fast: 32, slow: 1, originalContextLength: 4096, magnitude: nil,
        roundsBounds: false)
    }
    settings.setLayers(
      of: &architecture, isWindowed: isWindowed,
      window: try settings.size("sliding_window", default: 128), full: rotation)
    settings.ignore([
      "experts_per_token", "initial_context_length", "output_router_logits",
      "router_aux_loss_coef",
    ])
    let hasBiases = try settings.flag("attention_bias", default: true)
    return FamilyArchitecture(
      architecture: architecture,
      biases: FamilyArchitecture.feedForward.union(["router"]).union(
        hasBiases ? FamilyArchitecture.attention : []))
  }
}

extension FamilySettings {
  /// How many experts there are, under the old name of their number or the new one, and how many of
  /// them a token takes.
  fileprivate func experts(
    count: Int, chosenCount: Int
  ) throws(InterchangeError) -> Architecture.Experts {
    var count = count
    if try value("num_experts") != nil {
      count = try size("num_experts")
    } else {
      count = try size("num_local_experts", default: count)
    }
    if let new = try value("num_local_experts"), new.size != count {
      throw new.error(.damaged("another number of experts than num_experts"))
    }
    return .init(
      count: count, chosenCount: try size("num_experts_per_tok", default: chosenCount),
      feedForwardSize: try size("intermediate_size"))
  }
}

extension FamilyNames {
  fileprivate static let withoutFeedForward = FamilyNames.llama.replacing([
    ("gate", nil), ("up", nil), ("down", nil),
  ])

  fileprivate static let qwen3MoE: FamilyNames = {
    var names = withoutFeedForward.replacing(
      queryKeyNorms + [("router", .own("mlp.gate"))])
    names.partsWithoutExperts = FamilyNames.llama.parts.filter {
      FamilyArchitecture.feedForward.contains($0.common)
    }
    names.expertParts = [
      ("gate", .own("mlp.experts.*.gate_proj")),
      ("up", .own("mlp.experts.*.up_proj")),
      ("down", .own("mlp.experts.*.down_proj")),
    ]
    return names
  }()

  fileprivate static let gptOSS: FamilyNames = {
    var names = withoutFeedForward.replacing([
      ("router", .own("mlp.router")), ("sinks", .bare("self_attn.sinks")),
    ])
    names.sizeKeys = SizeKeys(
      expertFeedForward: "intermediate_size", experts: "num_local_experts")
    names.expertParts = [
      ("gate", .stacked("mlp.experts.gate_up_proj", first: 0, step: 2)),
      ("up", .stacked("mlp.experts.gate_up_proj", first: 1, step: 2)),
      ("down", .stacked("mlp.experts.down_proj")),
    ]
    return names
  }()
}
