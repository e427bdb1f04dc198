internal import GobbetData
internal import GobbetSystem

/// What files call the sizes of a model.
struct SizeKeys: Sendable {
  var vocabulary = "vocab_size"
  var context = "max_position_embeddings"
  var hidden = "hidden_size"
  var heads = "num_attention_heads"
  var keyValueHeads = "num_key_value_heads"
  var headDimension = "head_dim"
  var feedForward = "intermediate_size"
  var expertFeedForward = "moe_intermediate_size"
  var experts = "num_experts"
  var tokenTypes = "type_vocab_size"

  /// Those of GGUF, after the name of the architecture.
  static let gguf = SizeKeys(
    context: "context_length", hidden: "embedding_length", heads: "attention.head_count",
    keyValueHeads: "attention.head_count_kv", headDimension: "attention.key_length",
    feedForward: "feed_forward_length", expertFeedForward: "expert_feed_forward_length",
    experts: "expert_count", tokenTypes: "token_type_count")
}

/// The shapes that the sizes of a model give its parts.
struct PartShapes {
  private let model: Architecture
  private let keys: SizeKeys

  /// A length, and the settings that say it; nil where any will do.
  private typealias Axis = (length: Int, key: String)?

  init(_ model: Architecture, _ keys: SizeKeys) {
    self.model = model
    self.keys = keys
  }

  /// What is wrong with the shape of a part, or of its bias, by its common name; nil for nothing.
  func flaw(_ shape: [Int], of part: String, isBias: Bool, isExpert: Bool) -> String? {
    let axes = axes(of: part, isExpert: isExpert).prefix(isBias ? 1 : 2)
    guard shape.count == axes.count else {
      return "shape \(shape), expected \(axes.count.counted("axis", plural: "axes"))"
    }
    let expected = zip(axes, shape).map { $0?.length ?? $1 }
    guard expected != shape else { return nil }
    let settings = zip(axes, shape).compactMap { axis, length in
      axis.flatMap { $0.length == length ? nil : $0.key }
    }
    return "shape \(shape), expected \(expected) by \(settings.joined(separator: " and "))"
  }

  private func axes(of part: String, isExpert: Bool) -> [Axis] {
    let hidden: Axis = (model.hiddenSize, keys.hidden)
    let head: Axis = (model.headDimension, keys.headDimension)
    let queries: Axis = (
      model.headCount * model.headDimension, "\(keys.heads) and \(keys.headDimension)"
    )
    let pairs: Axis = (
      model.keyValueHeadCount * model.headDimension,
      "\(keys.keyValueHeads) and \(keys.headDimension)"
    )
    let inside: Axis =
      isExpert
      ? (model.experts?.feedForwardSize ?? 0, keys.expertFeedForward)
      : (model.feedForwardSize, keys.feedForward)
    switch part {
    case "embedding": return [(model.vocabularySize, keys.vocabulary), hidden]
    // A head of another width classifies.
    case "head": return [nil, hidden]
    case "positions": return [(model.contextLength, keys.context), hidden]
    case "token_types": return [(model.tokenTypeCount, keys.tokenTypes), hidden]
    case "query": return [queries, hidden]
    case "key", "value": return [pairs, hidden]
    case "attention_output": return [hidden, queries]
    case "query_norm": return [model.queryKeyNorm == .perWidth ? queries : head]
    case "key_norm": return [model.queryKeyNorm == .perWidth ? pairs : head]
    case "sinks": return [(model.headCount, keys.heads)]
    case "gate", "up": return [inside, hidden]
    case "down": return [hidden, inside]
    case "router": return [(model.experts?.count ?? 0, keys.experts), hidden]
    default: return [hidden]
    }
  }
}
