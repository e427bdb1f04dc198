/// What a family calls its tensors, by the names that the forward pass knows.
struct FamilyNames: Sendable {
  /// A part of a layer: a tensor of its own, or some of another's rows.
  enum Part: Sendable {
    /// A tensor of that name, without `.weight` or `.bias`.
    case own(String)
    /// Rows of a tensor that has those of several parts after one another.
    case joined(String, Join)
    /// A tensor without `.weight` or `.bias` to its name.
    case bare(String)
    /// An expert's matrix in a tensor of all experts', [experts, inputs, outputs]; the parts that share
    /// it have every `step`-th output, from `first` on. Its bias is in a tensor with `_bias` added to
    /// the name.
    case stacked(String, first: Int = 0, step: Int = 1)
    /// An expert's matrix in a tensor of all experts', [experts, outputs, inputs], as GGUF has them.
    case slice(String)
  }

  /// Which rows of a tensor are a part's.
  enum Join: Sendable {
    /// All queries, then all keys, then all values; this is number 0, 1 or 2.
    case projections(Int)
    /// Head by head its queries, its keys and its values; this is number 0, 1 or 2.
    case headwiseProjections(Int)
    /// The gate, then what it multiplies; this is number 0 or 1.
    case gateAndUp(Int)
  }

  /// What stands before all names in the files of some programs.
  var optionalPrefix = ""
  var tokenEmbedding = "model.embed_tokens"
  var positionEmbedding = ""
  var tokenTypes = ""
  var embeddingNorm = ""
  var finalNorm = "model.norm"
  var head = "lm_head"
  /// What stands before the number of a layer.
  var layers = "model.layers."
  /// The parts of a layer by their common names.
  var parts: [(common: String, own: Part)]
  /// The parts of every expert by their common names; `*` is its number.
  var expertParts: [(common: String, own: Part)] = []
  /// What layers without experts have instead, in models where others have some.
  var partsWithoutExperts: [(common: String, own: Part)] = []
  /// Ends of names that aren't parameters but buffers, which old files carry along.
  var buffers = ["self_attn.rotary_emb.inv_freq"]
  /// What files call the sizes.
  var sizeKeys = SizeKeys()
  /// Beginnings of names of what comes after the last states and isn't computed.
  var heads: [String] = []

  /// The names of Llama, which most families keep.
  static let llama = FamilyNames(parts: [
    ("attention_norm", .own("input_layernorm")),
    ("query", .own("self_attn.q_proj")),
    ("key", .own("self_attn.k_proj")),
    ("value", .own("self_attn.v_proj")),
    ("attention_output", .own("self_attn.o_proj")),
    ("feed_forward_norm", .own("post_attention_layernorm")),
    ("gate", .own("mlp.gate_proj")),
    ("up", .own("mlp.up_proj")),
    ("down", .own("mlp.down_proj")),
  ])

  /// The parts of a layer that has experts where the model has some, or that has none.
  func parts(haveExperts: Bool) -> [(common: String, own: Part)] {
    haveExperts ? parts : parts.filter { $0.common != "router" } + partsWithoutExperts
  }

  /// The same names but for some parts; nil takes a part away.
  func replacing(_ changes: [(common: String, own: Part?)]) -> FamilyNames {
    var names = self
    for (common, own) in changes {
      names.parts.removeAll { $0.common == common }
      if let own { names.parts.append((common, own)) }
    }
    return names
  }

  /// The norms of queries and keys, as most families call them.
  static let queryKeyNorms: [(common: String, own: Part?)] = [
    ("query_norm", .own("self_attn.q_norm")), ("key_norm", .own("self_attn.k_norm")),
  ]
}
