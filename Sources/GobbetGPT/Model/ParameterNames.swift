internal import GobbetData

/// What a model's tensors are called, and how the matrices of its layers lie.
struct ParameterNames {
  /// What stands before the number of a layer.
  var layers = "blocks."
  var tokenEmbedding = "embedding"
  var positionEmbedding = "positions"
  var tokenTypes = "token_types"
  var embeddingNorm = "embedding_norm"
  var attentionNorm = "attention_norm"
  /// Queries, keys and values, of one tensor or of three.
  var projections = ["query", "key", "value"]
  var queryNorm = "query_norm"
  var keyNorm = "key_norm"
  var attentionOutput = "attention_output"
  var attentionPostNorm = "attention_post_norm"
  var feedForwardNorm = "feed_forward_norm"
  var sinks = "sinks"
  /// What gives the experts their scores, and what stands before the number of one.
  var router = "router"
  var experts = "experts."
  var gate = "gate"
  var up = "up"
  var down = "down"
  var feedForwardPostNorm = "feed_forward_post_norm"
  var finalNorm = "final_norm"
  var head = "head"
  /// How the matrices of layers lie; embedding and head are [V, C] always.
  var order = PackedMatrix.Order.byOutput

  /// The names that a family's own are brought to: see `Family` of GobbetInterchange.
  static let common = ParameterNames()

  /// Hugging Face's GPT-2, whose matrices are [inputs, outputs].
  static let gpt2 = ParameterNames(
    layers: "h.", tokenEmbedding: "wte", positionEmbedding: "wpe", attentionNorm: "ln_1",
    projections: ["attn.c_attn"], attentionOutput: "attn.c_proj", feedForwardNorm: "ln_2",
    up: "mlp.c_fc", down: "mlp.c_proj", finalNorm: "ln_f", head: "lm_head", order: .byInput)

  /// The name of a layer's part.
  func name(_ layer: Int, _ part: String) -> String { "\(layers)\(layer).\(part)" }

  /// The beginning of the names of an expert's parts.
  func expert(_ number: Int) -> String { "\(experts)\(number)." }

  /// A tensor's name without the number of its layer; the final norm goes with the layers' norms.
  func kind(_ name: String) -> String {
    if name.hasPrefix(finalNorm + ".") {
      return attentionNorm + name.dropFirst(finalNorm.count)
    }
    guard name.hasPrefix(layers) else { return name }
    var parts = name.dropFirst(layers.count).split(separator: ".").dropFirst()
    // Nor that of an expert.
    if parts.count > 2, experts.dropLast().elementsEqual(parts[parts.startIndex]) {
      parts.remove(at: parts.startIndex + 1)
    }
    return parts.joined(separator: ".")
  }
}
