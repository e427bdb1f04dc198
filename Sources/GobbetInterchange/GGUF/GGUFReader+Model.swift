public import GobbetBPE

extension GGUFReader {
  /// The configuration of the GPT-2 that the file holds; nil if it holds another model.
  public var gpt2Configuration: GPT2Configuration? {
    guard self["general.architecture"]?.string == "gpt2" else { return nil }
    var configuration = GPT2Configuration()
    configuration.contextLength = self["gpt2.context_length"]?.size
    configuration.width = self["gpt2.embedding_length"]?.size
    configuration.layerCount = self["gpt2.block_count"]?.size
    configuration.headCount = self["gpt2.attention.head_count"]?.size
    if case .float32(let epsilon) = self["gpt2.attention.layer_norm_epsilon"] {
      // The shortest decimal of the float, so that 1e-5 stays 1e-5.
      configuration.layerNormEpsilon = Double("\(epsilon)") ?? Double(epsilon)
    }
    configuration.beginningOfTextID = self["tokenizer.ggml.bos_token_id"]?.size
    configuration.endOfTextID = self["tokenizer.ggml.eos_token_id"]?.size
    return configuration
  }

  /// Whether the file has a tokenizer of a kind that ``vocabulary()`` reads.
  package var hasKnownTokenizer: Bool {
    guard self["tokenizer.ggml.model"]?.string == "gpt2" else { return false }
    let name = self["tokenizer.ggml.pre"]?.string ?? "default"
    return Self.patterns.contains { $0.name == name }
  }

  /// Whether the file has a tokenizer of any kind.
  package var hasTokenizer: Bool { self["tokenizer.ggml.model"] != nil }

  /// The byte-level BPE vocabulary in the file; nil if it has none.
  ///
  /// - Throws: ``InterchangeError``: another kind of tokenizer, or a damaged one.
  public func vocabulary() throws(InterchangeError) -> Vocabulary? {
    guard let model = self["tokenizer.ggml.model"]?.string else { return nil }
    let path = path
    guard model == "gpt2" else {
      throw InterchangeError(
        .unsupported("the tokenizer \(model)"), path: path, field: "tokenizer.ggml.model")
    }
    let name = self["tokenizer.ggml.pre"]?.string ?? "default"
    guard let pattern = Self.patterns.first(where: { $0.name == name })?.pattern else {
      throw InterchangeError(
        .unsupported("the pre-tokenizer \(name)"), path: path, field: "tokenizer.ggml.pre")
    }
    var visible = VisibleVocabulary(path: path)
    let texts = self["tokenizer.ggml.tokens"]?.elements ?? []
    // Control tokens, which text does not yield by itself, are special here; user-defined ones are
    // added tokens that every text yields, and unused ones are gaps.
    let kinds = self["tokenizer.ggml.token_type"]?.elements?.map { $0.size ?? 1 } ?? []
    var specials: [SpecialToken] = []
    for (id, text) in texts.enumerated() {
      let kind = id < kinds.count ? kinds[id] : 1
      guard let text = text.string, id < TokenTable.maximumCount else {
        throw InterchangeError(
          .damaged("entry \(id) is no token"), path: path, field: "tokenizer.ggml.tokens")
      }
      if kind == 5 { continue }
      guard visible.append(Array(text.utf8), id: TokenID(id)) else {
        throw InterchangeError(
          .damaged("entry \(id) is there twice"), path: path, field: "tokenizer.ggml.tokens")
      }
      if kind == 3 || kind == 4 {
        specials.append(
          SpecialToken(text, id: TokenID(id), matching: kind == 4 ? .ordinary : []))
      }
    }
    for (index, merge) in (self["tokenizer.ggml.merges"]?.elements ?? []).enumerated() {
      guard let text = merge.string, visible.append(line: Array(text.utf8)[...]) else {
        throw InterchangeError(
          .damaged("entry \(index) is no merge"), path: path, field: "tokenizer.ggml.merges")
      }
    }
    return try visible.vocabulary(
      specialTokens: specials,
      mergeRule: pattern == .llama3 ? .learnedPairsWholeFirst : .learnedPairs,
      pattern: pattern, tokensField: "tokenizer.ggml.tokens", mergesField: "tokenizer.ggml.merges")
  }

  /// llama.cpp's names of the patterns; the first of a pattern is the one that is written.
  static let patterns: [(name: String, pattern: SplitPattern)] = [
    ("gpt-2", .gpt2), ("default", .gpt2), ("llama-bpe", .llama3), ("llama3", .llama3),
    ("qwen2", .qwen2), ("gpt-4o", .o200k), ("tekken", .tekken), ("deepseek-v3", .deepSeekV3),
  ]
}
