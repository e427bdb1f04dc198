public import GobbetBPE

extension GGUFReader {
  /// Whether the file has a tokenizer of a kind that ``vocabulary()`` reads.
  package var hasKnownTokenizer: Bool {
    switch self["tokenizer.ggml.model"]?.string {
    case "llama", "bert", "gemma4": true
    case "gpt2": GGUFPretokenizer(named: pretokenizerName) != nil
    default: false
    }
  }

  /// Whether the file has a tokenizer of any kind.
  package var hasTokenizer: Bool { self["tokenizer.ggml.model"] != nil }

  private var pretokenizerName: String { self["tokenizer.ggml.pre"]?.string ?? "default" }

  /// The BPE vocabulary in the file; nil if it has none.
  ///
  /// - Throws: `InterchangeError`: another kind of tokenizer, or a damaged one.
  public func vocabulary() throws(InterchangeError) -> Vocabulary? {
    switch self["tokenizer.ggml.model"]?.string {
    case nil: return nil
    case "llama": return try sentencePieces().vocabulary()
    case "bert": return try wordPieces()
    case "gemma4": return try characterVocabulary()
    case "gpt2": return try byteLevelVocabulary()
    case let model?:
      throw InterchangeError(
        .unsupported("the tokenizer \(model)"), path: path, field: "tokenizer.ggml.model")
    }
  }

  private func byteLevelVocabulary() throws(InterchangeError) -> Vocabulary {
    let path = path
    let name = pretokenizerName
    guard let pretokenizer = GGUFPretokenizer(named: name) else {
      throw InterchangeError(
        .unsupported("the pre-tokenizer \(name)"), path: path, field: "tokenizer.ggml.pre")
    }
    var visible = VisibleVocabulary(path: path)
    visible.firstMergeCounts = true
    // Control tokens, which text does not yield by itself, are special here; user-defined ones are
    // added tokens that every text yields, and unused ones are gaps.
    var specials: [SpecialToken] = []
    try forEachToken { (id, text, kind, strips) throws(InterchangeError) in
      if kind == 5 || text.isEmpty { return }
      guard visible.append(Array(text.utf8), id: TokenID(id)) else {
        throw InterchangeError(
          .damaged("entry \(id) is there twice"), path: path, field: "tokenizer.ggml.tokens")
      }
      if (2...4).contains(kind) {
        let matching = kind == 4 ? strips.union(.ordinary) : strips
        specials.append(SpecialToken(text, id: TokenID(id), matching: matching))
      }
    }
    for (index, merge) in (self["tokenizer.ggml.merges"]?.elements ?? []).enumerated() {
      guard let text = merge.string, visible.append(line: Array(text.utf8).span) else {
        throw InterchangeError(
          .damaged("entry \(index) isn't a merge"), path: path, field: "tokenizer.ggml.merges")
      }
    }
    var pipeline = TextPipeline(
      pretokenizers: pretokenizer.steps,
      template: template(
        addsBeginning: pretokenizer.addsBeginning, beginning: nil, end: nil))
    if !visible.hasEveryByte {
      pipeline.symbols = InitialSymbols(unit: .byte, isComplete: false)
    }
    return try visible.vocabulary(
      specialTokens: specials,
      mergeRule: pretokenizer.takesWhole ? .learnedPairsWholeFirst : .learnedPairs,
      pattern: pretokenizer.pattern, pipeline: pipeline, tokensField: "tokenizer.ggml.tokens",
      mergesField: "tokenizer.ggml.merges")
  }

  /// The pieces of SentencePiece in the file, as llama.cpp uses them: the normalizer counts for
  /// nothing but the space in front of a text, and user-defined pieces are cut out of it first.
  private func sentencePieces() throws(InterchangeError) -> SentencePieces {
    let path = path
    var pieces = SentencePieces(
      path: path, field: "tokenizer.ggml.tokens", userDefined: .cutOut)
    let scores = self["tokenizer.ggml.scores"]?.elements ?? []
    try forEachToken { (id, text, kind, strips) throws(InterchangeError) in
      guard id < scores.count, let score = scores[id].number else {
        throw InterchangeError(
          .damaged("entry \(id) isn't a number"), path: path, field: "tokenizer.ggml.scores")
      }
      // An empty text cannot be found, so that it is a gap.
      let type = text.isEmpty ? 5 : UInt64(kind)
      pieces.pieces.append(
        SentencePieces.Piece(
          text: text.isEmpty ? Array("[EMPTY_\(id)]".utf8) : Array(text.utf8), score: score,
          type: type, strips: strips))
    }
    if case .bool(let adds) = self["tokenizer.ggml.add_space_prefix"] { pieces.addsPrefix = adds }
    pieces.unknown = id("unknown_token_id") ?? 0
    pieces.template = template(addsBeginning: true, beginning: 1, end: 2)
    return pieces
  }

  /// The pieces of WordPiece in the file: those that begin a word have U+2581 in front there, the others
  /// nothing.
  ///
  /// What is done to a text is BERT's own, with tables of `tokenizers`.
  private func wordPieces() throws(InterchangeError) -> Vocabulary {
    let prefix = Array("##".utf8)
    var visible = VisibleVocabulary(path: path, isByteLevel: false)
    var specials: [SpecialToken] = []
    try forEachToken { (id, text, kind, strips) throws(InterchangeError) in
      if kind == 5 || text.isEmpty { return }
      var piece = Array(text.utf8)
      if kind == 3 || kind == 4 || kind == 2 {
        let matching = kind == 4 ? strips.union(.ordinary) : strips
        specials.append(SpecialToken(text, id: TokenID(id), matching: matching))
      } else if piece.starts(with: [0xE2, 0x96, 0x81]) {
        piece.removeFirst(3)
      } else {
        piece = prefix + piece
      }
      guard !piece.isEmpty, visible.append(piece, id: TokenID(id)) else {
        throw InterchangeError(
          .damaged("entry \(id) is there twice, or empty"), path: path,
          field: "tokenizer.ggml.tokens")
      }
    }
    func flag(_ key: String, _ otherwise: Bool) -> Bool {
      if case .bool(let value) = self["tokenizer.ggml.normalizer.\(key)"] {
        value
      } else {
        otherwise
      }
    }
    let unknown = id("unknown_token_id") ?? 100
    let first = id("bos_token_id") ?? id("cls_token_id") ?? 101
    let last = id("seperator_token_id") ?? 102
    for id in [unknown, first, last] where visible.entries.text(of: id) == nil {
      throw InterchangeError(
        .damaged("has no entry \(id), which the pieces need"), path: path,
        field: "tokenizer.ggml.tokens")
    }
    var normalization: BERTNormalization = [.cleansText, .separatesChinese]
    let lowercases = flag("lowercase", true)
    if lowercases { normalization.insert(.lowercases) }
    if flag("strip_accents", lowercases) { normalization.insert(.stripsAccents) }
    let pipeline = TextPipeline(
      normalizers: [.bert(normalization)], pretokenizers: [.bert],
      symbols: InitialSymbols(
        unit: .piece, isComplete: false, unknown: unknown, continuingPrefix: prefix,
        maximumScalarCount: 100),
      decoders: [.wordPiece(prefix: prefix, cleansUp: true)],
      template: SpecialTokenTemplate(before: [first], after: [last]))
    return try visible.vocabulary(
      specialTokens: specials, mergeRule: .learnedPairs, pattern: .whole, pipeline: pipeline,
      tokensField: "tokenizer.ggml.tokens", mergesField: "tokenizer.ggml.merges")
  }

  /// Calls `body` with each token: its id and text, what it is to llama.cpp, and which white space it takes
  /// along.
  func forEachToken(
    _ body: (Int, String, Int, TokenMatching) throws(InterchangeError) -> Void
  ) throws(InterchangeError) {
    let kinds = self["tokenizer.ggml.token_type"]?.elements?.map { $0.size ?? 1 } ?? []
    var tokens: [(text: String, kind: Int)] = []
    for (id, text) in (self["tokenizer.ggml.tokens"]?.elements ?? []).enumerated() {
      guard let text = text.string, id < TokenTable.maximumCount else {
        throw InterchangeError(
          .damaged("entry \(id) isn't a token"), path: path, field: "tokenizer.ggml.tokens")
      }
      tokens.append((text, id < kinds.count ? kinds[id] : 1))
    }
    let known = GGUFTokenKinds(tokens) { self[$0] }
    for (id, token) in tokens.enumerated() {
      try body(id, token.text, known.kinds[id], known.strips[id] ?? [])
    }
  }

  /// The id that a key has, if it is one; llama.cpp passes over others.
  private func id(_ key: String) -> TokenID? {
    guard let id = self["tokenizer.ggml.\(key)"]?.size, id < TokenTable.maximumCount else {
      return nil
    }
    return TokenID(id)
  }

  /// The tokens around a text for those who ask for special tokens.
  func template(
    addsBeginning: Bool, beginning: TokenID?, end: TokenID?
  ) -> SpecialTokenTemplate? {
    func flag(_ key: String, _ otherwise: Bool) -> Bool {
      if case .bool(let value) = self["tokenizer.ggml.\(key)"] { value } else { otherwise }
    }
    var template = SpecialTokenTemplate(before: [], after: [])
    if flag("add_bos_token", addsBeginning), let id = id("bos_token_id") ?? beginning {
      template.before = [id]
    }
    if flag("add_eos_token", false), let id = id("eos_token_id") ?? end {
      template.after = [id]
    }
    return template.before.isEmpty && template.after.isEmpty ? nil : template
  }
}

extension GGUFValue {
  /// The floating-point number that it is, or an integer as one; nil for anything else.
  fileprivate var number: Float? {
    switch self {
    case .float32(let value): value
    case .int32(let value): Float(value)
    default: nil
    }
  }
}
