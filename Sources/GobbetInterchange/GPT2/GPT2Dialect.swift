/// The names that programs give the tensors of a GPT-2, and how they lay out its linear layers.
@nonexhaustive public enum GPT2Dialect: Hashable, Sendable, CaseIterable {
  /// Hugging Face's: `h.0.attn.c_attn.weight`, [inputs, outputs].
  case huggingFace
  /// Hugging Face's names in minGPT and nanoGPT, which transpose: [outputs, inputs].
  case transposed
  /// Of "Build a Large Language Model (From Scratch)": `trf_blocks.0.att.W_query.weight`, [outputs,
  /// inputs].
  case book
  /// OpenAI's own TensorFlow files: `model/h0/attn/c_attn/w`, [1, inputs, outputs].
  case openAI
  /// llama.cpp's: `blk.0.attn_qkv.weight`, [outputs, inputs].
  case gguf

  /// Whether linear layers are [outputs, inputs] and have to be transposed.
  var isOutputMajor: Bool {
    switch self {
    case .huggingFace, .openAI: false
    case .transposed, .book, .gguf: true
    }
  }

  /// One tensor of the model: what it is called here, and what the parts are called there.
  struct Rule {
    let canonical: String
    /// One tensor, or query, key and value, which stand side by side here.
    let parts: [String]
    /// Whether it is the weight of a linear layer inside a block.
    var isLinear = false
    /// Whether models may lack it.
    var isOptional = false
  }

  /// The tensors of a model, in the order in which they are kept here.
  func rules(layerCount: Int) -> [Rule] {
    var rules = [
      Rule(canonical: "wte.weight", parts: [tokenEmbedding]),
      Rule(canonical: "wpe.weight", parts: [positionEmbedding]),
    ]
    for layer in 0..<layerCount {
      let block = blockPrefix(layer)
      for module in modules {
        let isNorm = module.canonical.hasPrefix("ln_")
        let canonical = "h.\(layer).\(module.canonical)"
        rules += self.rules(
          canonical, module.parts.map { block + $0 }, isNorm: isNorm)
      }
    }
    rules += self.rules("ln_f", [lastNorm], isNorm: true)
    if let head {
      rules.append(Rule(canonical: "lm_head.weight", parts: ["\(head).weight"], isOptional: true))
      rules.append(Rule(canonical: "lm_head.bias", parts: ["\(head).bias"], isOptional: true))
    }
    return rules
  }

  private func rules(_ canonical: String, _ parts: [String], isNorm: Bool) -> [Rule] {
    let (weight, bias) = suffixes(isNorm: isNorm)
    return [
      Rule(
        canonical: "\(canonical).weight", parts: parts.map { $0 + weight }, isLinear: !isNorm),
      Rule(canonical: "\(canonical).bias", parts: parts.map { $0 + bias }, isOptional: true),
    ]
  }

  /// The tensor by which layers are counted.
  func firstNorm(layer: Int) -> String {
    blockPrefix(layer) + modules[0].parts[0] + suffixes(isNorm: true).weight
  }

  /// What a block has that isn't a parameter: the causal mask.
  func buffers(layer: Int) -> [String] {
    switch self {
    case .huggingFace, .transposed: ["h.\(layer).attn.bias", "h.\(layer).attn.masked_bias"]
    case .book: ["trf_blocks.\(layer).att.mask"]
    case .openAI, .gguf: []
    }
  }

  private var tokenEmbedding: String {
    switch self {
    case .huggingFace, .transposed: "wte.weight"
    case .book: "tok_emb.weight"
    case .openAI: "model/wte"
    case .gguf: "token_embd.weight"
    }
  }

  private var positionEmbedding: String {
    switch self {
    case .huggingFace, .transposed: "wpe.weight"
    case .book: "pos_emb.weight"
    case .openAI: "model/wpe"
    case .gguf: "position_embd.weight"
    }
  }

  private var lastNorm: String {
    switch self {
    case .huggingFace, .transposed: "ln_f"
    case .book: "final_norm"
    case .openAI: "model/ln_f"
    case .gguf: "output_norm"
    }
  }

  private var head: String? {
    switch self {
    case .huggingFace, .transposed: "lm_head"
    case .book: "out_head"
    case .openAI: nil
    case .gguf: "output"
    }
  }

  private func blockPrefix(_ layer: Int) -> String {
    switch self {
    case .huggingFace, .transposed: "h.\(layer)."
    case .book: "trf_blocks.\(layer)."
    case .openAI: "model/h\(layer)/"
    case .gguf: "blk.\(layer)."
    }
  }

  private func suffixes(isNorm: Bool) -> (weight: String, bias: String) {
    switch self {
    case .huggingFace, .transposed, .gguf: (".weight", ".bias")
    case .book: isNorm ? (".scale", ".shift") : (".weight", ".bias")
    case .openAI: isNorm ? ("/g", "/b") : ("/w", "/b")
    }
  }

  /// The modules of a block, by their names here and there.
  private var modules: [(canonical: String, parts: [String])] {
    switch self {
    case .huggingFace, .transposed:
      [
        ("ln_1", ["ln_1"]), ("attn.c_attn", ["attn.c_attn"]), ("attn.c_proj", ["attn.c_proj"]),
        ("ln_2", ["ln_2"]), ("mlp.c_fc", ["mlp.c_fc"]), ("mlp.c_proj", ["mlp.c_proj"]),
      ]
    case .book:
      [
        ("ln_1", ["norm1"]), ("attn.c_attn", ["att.W_query", "att.W_key", "att.W_value"]),
        ("attn.c_proj", ["att.out_proj"]), ("ln_2", ["norm2"]), ("mlp.c_fc", ["ff.layers.0"]),
        ("mlp.c_proj", ["ff.layers.2"]),
      ]
    case .openAI:
      [
        ("ln_1", ["ln_1"]), ("attn.c_attn", ["attn/c_attn"]), ("attn.c_proj", ["attn/c_proj"]),
        ("ln_2", ["ln_2"]), ("mlp.c_fc", ["mlp/c_fc"]), ("mlp.c_proj", ["mlp/c_proj"]),
      ]
    case .gguf:
      [
        ("ln_1", ["attn_norm"]), ("attn.c_attn", ["attn_qkv"]), ("attn.c_proj", ["attn_output"]),
        ("ln_2", ["ffn_norm"]), ("mlp.c_fc", ["ffn_up"]), ("mlp.c_proj", ["ffn_down"]),
      ]
    }
  }
}
