internal import GobbetData

extension FamilyModel {
  /// The model that the metadata of a GGUF file describes; nil if its architecture is no family that
  /// is computed from there.
  ///
  /// What GGUF does not say is what llama.cpp computes: Gemma 3's pattern of six layers and the base of
  /// its windows, for one. Llama's queries and keys are stored for pairs of neighbours.
  /// - Throws: ``InterchangeError`` for a value that is missing, damaged, or not known here; an error of
  ///   the file.
  public init?(gguf reader: GGUFReader) throws {
    guard let name = reader["general.architecture"]?.string,
      let family = GGUFFamily.all.first(where: { $0.architecture.utf8.elementsEqual(name.utf8) })
    else { return nil }
    let settings = GGUFSettings(reader, name)
    var architecture = try settings.decoder()
    var rotation = try settings.rotation(architecture)
    rotation.pairsAreNeighbours = family.pairsAreNeighbours
    for layer in architecture.layers.indices { architecture.layers[layer].rotation = rotation }
    try family.read(settings, &architecture)
    architecture.hasTiedHead = reader.tensor(named: "output.weight") == nil
    if let flaw = architecture.flaw {
      throw InterchangeError(.damaged(flaw), path: reader.path, field: name)
    }
    self.init(
      family: name, architecture: architecture, names: family.names,
      biases: family.biases(reader))
  }
}

/// A family as GGUF files name it.
struct GGUFFamily: Sendable {
  /// The value of `general.architecture`.
  let architecture: String
  let names: FamilyNames
  /// Whether pairs of a head are neighbours: llama.cpp's converter reorders the rows of some families.
  var pairsAreNeighbours = false
  /// Reads what the family has beyond the common settings.
  let read: @Sendable (GGUFSettings, inout Architecture) throws(InterchangeError) -> Void

  static let all = [
    GGUFFamily(architecture: "llama", names: .gguf, pairsAreNeighbours: true) { _, _ in },
    GGUFFamily(architecture: "qwen2", names: .gguf) { _, _ in },
    GGUFFamily(architecture: "qwen3", names: .gguf.replacing(FamilyNames.ggufHeadNorms)) {
      $1.queryKeyNorm = .perHead
    },
    GGUFFamily(
      architecture: "gemma3",
      names: .gguf.replacing(FamilyNames.ggufHeadNorms + FamilyNames.ggufPostNorms)
    ) { (settings, architecture) throws(InterchangeError) in
      // The weights of the norms are stored with 1 added.
      architecture.normPlace = .both
      architecture.queryKeyNorm = .perHead
      architecture.activation = .geluTanh
      architecture.embeddingMultiplier = Float(architecture.hiddenSize).squareRoot()
      let window = try settings.size("attention.sliding_window")
      for layer in architecture.layers.indices where !(layer + 1).isMultiple(of: 6) {
        architecture.layers[layer].window = window
        architecture.layers[layer].rotation?.base = 10_000
        architecture.layers[layer].rotation?.scaling = .none
      }
    },
    GGUFFamily(architecture: "gemma2", names: .gguf.replacing(FamilyNames.ggufPostNorms)) {
      (settings, architecture) throws(InterchangeError) in
      architecture.normPlace = .both
      architecture.activation = .geluTanh
      architecture.embeddingMultiplier = Float(architecture.hiddenSize).squareRoot()
      architecture.attentionSoftcap = Float(
        try settings.number("attn_logit_softcapping", default: 50))
      architecture.logitSoftcap = Float(
        try settings.number("final_logit_softcapping", default: 30))
      let window = try settings.size("attention.sliding_window")
      for layer in architecture.layers.indices where !(layer + 1).isMultiple(of: 2) {
        architecture.layers[layer].window = window
      }
    },
  ]

  /// The parts that have a bias: those of attention, where the first layer has them.
  func biases(_ reader: GGUFReader) -> Set<String> {
    var parts: Set<String> = []
    for (common, part) in names.parts {
      guard case .own(let own) = part else { continue }
      if reader.tensor(named: "\(names.layers)0.\(own).bias") != nil { parts.insert(common) }
    }
    return parts
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
    buffers: ["rope_freqs.weight"])

  fileprivate static let ggufHeadNorms: [(common: String, own: Part?)] = [
    ("query_norm", .own("attn_q_norm")), ("key_norm", .own("attn_k_norm")),
  ]

  fileprivate static let ggufPostNorms: [(common: String, own: Part?)] = [
    ("attention_post_norm", .own("post_attention_norm")),
    ("feed_forward_post_norm", .own("post_ffw_norm")),
  ]
}
