package import GobbetData

/// Which type each tensor of a model gets: llama.cpp's mixes; the raw value is the name on the command
/// line.
///
/// - Source: llama.cpp's `llama-quant.cpp`; the types of a model that it quantised are pinned by
///   `Tests/GobbetInterchangeTests/QuantizationPresetTests.swift`.
public enum QuantizationPreset: String, Hashable, Sendable, CaseIterable {
  /// Q4_K, and Q6_K for the head, and in some layers for values and the second half of the MLP.
  case q4_K_M = "q4_k_m"
  /// Q5_K, and Q6_K where ``q4_K_M`` has it.
  case q5_K_M = "q5_k_m"
  /// Q6_K.
  case q6_K = "q6_k"
  /// Q8_0.
  case q8_0 = "q8_0"

  /// llama.cpp's number of the mix, under `general.file_type`.
  var fileType: UInt32 {
    switch self {
    case .q4_K_M: 15
    case .q5_K_M: 17
    case .q6_K: 18
    case .q8_0: 7
    }
  }

  /// What most matrices become.
  private var base: ElementType {
    switch self {
    case .q4_K_M: .q4_K
    case .q5_K_M: .q5_K
    case .q6_K: .q6_K
    case .q8_0: .q8_0
    }
  }

  /// What matrices become whose rows are whole blocks.
  var types: Set<ElementType> {
    switch self {
    case .q4_K_M: [.q4_K, .q5_K, .q6_K, .q8_0]
    case .q5_K_M: [.q5_K, .q6_K, .q8_0]
    case .q6_K, .q8_0: [base]
    }
  }

  /// Whether some layers get more bits.
  private var isMixed: Bool { self == .q4_K_M || self == .q5_K_M }

  /// The type of each tensor; what llama.cpp does not quantise keeps its own.
  package func types(of tensors: [TensorDescription]) -> [ElementType] {
    let model = ModelShape(tensors)
    return tensors.map { tensor in
      let place = TensorPlace(tensor)
      guard place.isQuantized, FloatConversion(reading: tensor.elementType) != nil else {
        return tensor.elementType
      }
      return Self.fitted(wanted(place, model, tensor), tensor)
    }
  }

  private func wanted(
    _ place: TensorPlace, _ model: ModelShape, _ tensor: TensorDescription
  ) -> ElementType {
    let hasManyBits = isMixed && model.hasMoreBits(place)
    switch place.role {
    case .output where isMixed || self == .q6_K, .embedding where model.isTied && self != .q8_0:
      return .q6_K
    case .value where model.expertCount == 8, .key where model.expertCount == 8:
      return .q8_0
    case .value where hasManyBits, .down where hasManyBits:
      return .q6_K
    case .value where model.has70BillionParameters && base == .q4_K:
      return .q5_K
    case .attentionOutput where model.expertCount == 8 && self == .q4_K_M:
      return .q5_K
    default:
      return base
    }
  }

  /// The type, or the one that llama.cpp takes where rows aren't whole blocks of it.
  static func fitted(_ type: ElementType, _ tensor: TensorDescription) -> ElementType {
    func fits(_ type: ElementType) -> Bool {
      (tensor.shape.last ?? 1).isMultiple(of: type.blockLayout?.elementCount ?? 1)
    }
    if fits(type) { return type }
    let shorter: ElementType? =
      switch type {
      case .q4_K: .q5_0
      case .q5_K: .q5_1
      case .q6_K: .q8_0
      default: nil
      }
    if let shorter, fits(shorter) { return shorter }
    return .float16
  }
}

/// What a tensor is in its model, by the names of GGUF and of Hugging Face.
private struct TensorPlace {
  enum Role { case output, embedding, value, key, attentionOutput, down, other }

  let role: Role
  /// The number of its layer; nil outside of layers.
  let layer: Int?
  /// Whether llama.cpp quantises it.
  let isQuantized: Bool

  private static let endings: [(String, Role)] = [
    ("output.weight", .output), ("lm_head.weight", .output), ("embed_out.weight", .output),
    ("token_embd.weight", .embedding), ("embed_tokens.weight", .embedding),
    ("embed_in.weight", .embedding), ("wte.weight", .embedding),
    ("attn_v.weight", .value), ("attn_qkv.weight", .value), ("attn_kv_b.weight", .value),
    ("v_proj.weight", .value), ("qkv_proj.weight", .value), ("query_key_value.weight", .value),
    ("attn.c_attn.weight", .value), ("attn_k.weight", .key), ("k_proj.weight", .key),
    ("attn_output.weight", .attentionOutput), ("o_proj.weight", .attentionOutput),
    ("attn.c_proj.weight", .attentionOutput), ("attention.dense.weight", .attentionOutput),
    ("ffn_down.weight", .down), ("ffn_down_exps.weight", .down), ("ffn_down_shexp.weight", .down),
    ("down_proj.weight", .down), ("experts.down_proj", .down), ("mlp.c_proj.weight", .down),
    ("dense_4h_to_h.weight", .down),
  ]

  /// Parts of names of tensors that stay as they are: small, or of great effect.
  private static let keptParts = [
    "norm", "ffn_gate_inp", "mlp.gate.weight", "block_sparse_moe.gate.weight", "router",
    "position_embd", "wpe.weight", "token_types", "altup", "laurel", "per_layer_model_proj",
    "ssm_conv1d", "shortconv.conv", "time_mix_", "attn_rel_b", "rope_freqs",
  ]

  init(_ tensor: TensorDescription) {
    let name = tensor.name
    // "attn_output.weight" ends as the head does, "attn_k" as no other.
    let isInLayer = name.contains("blk.") || name.contains("layers.") || name.contains("h.")
    let found = Self.endings.first { ending, role in
      name.hasSuffix(ending) && (role != .output || !isInLayer)
    }
    role = found?.1 ?? .other
    layer = name.split(separator: ".").lazy.compactMap { Int($0) }.first
    let axes = tensor.shape.drop { $0 == 1 }.count
    isQuantized =
      axes >= 2 && (name.hasSuffix("weight") || name.contains("experts."))
      && !Self.keptParts.contains(where: name.contains)
  }
}

/// What of a model decides on types.
private struct ModelShape {
  /// Whether the embedding is the head, too.
  let isTied: Bool
  /// Experts of a layer; 1 in dense models.
  let expertCount: Int
  /// Whether it is as large as those of 70 billion parameters, whose values are shared by eight heads.
  let has70BillionParameters: Bool
  private let layerCount: Int
  /// The layers that have values, in order.
  private let valueLayers: [Int]

  init(_ tensors: [TensorDescription]) {
    let places = tensors.map(TensorPlace.init)
    isTied = !places.contains { $0.role == .output }
    layerCount = 1 + (places.compactMap(\.layer).max() ?? -1)
    valueLayers = places.filter { $0.role == .value }.compactMap(\.layer).sorted()
    var experts = 1
    for tensor in tensors {
      if tensor.name.contains("_exps."), tensor.shape.count == 3 {
        experts = max(experts, tensor.shape[0])
      }
      let parts = tensor.name.split(separator: ".")
      if let index = parts.firstIndex(of: "experts"), index + 1 < parts.count,
        let number = Int(parts[index + 1])
      {
        experts = max(experts, number + 1)
      }
    }
    expertCount = experts
    func rowCount(_ ending: String) -> Int {
      tensors.first { $0.name.hasSuffix(ending) }?.shape.first ?? 0
    }
    let queries = max(rowCount("attn_q.weight"), rowCount("q_proj.weight"))
    let values = max(rowCount("attn_v.weight"), rowCount("v_proj.weight"))
    has70BillionParameters = layerCount == 80 && values < queries
  }

  /// Whether a tensor's layer is one of the first, of the last, or a third of those in between.
  func hasMoreBits(_ place: TensorPlace) -> Bool {
    guard let layer = place.layer else { return false }
    let (index, count) =
      place.role == .value
      ? (valueLayers.firstIndex(of: layer) ?? layer, valueLayers.count) : (layer, layerCount)
    return index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2
  }
}
