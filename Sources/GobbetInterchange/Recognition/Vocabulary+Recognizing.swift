public import GobbetBPE
internal import GobbetData

extension Vocabulary {
  /// Reads a vocabulary in whichever format the file has: a Gobbet file that holds one, tiktoken
  /// ranks, a `tokenizer.json`, a `vocab.json` with its `merges.txt` beside it, a model of SentencePiece, a
  /// `vocab.txt` of WordPiece, or GGUF.
  ///
  /// tiktoken's files say neither how text is split nor which tokens are special: `pattern` says the
  /// former, and the published ones are recognised by the SHA-256 of their ranks. Beside a
  /// `vocab.json`, `added_tokens.json` and `tokenizer_config.json` are read too. For files that say it
  /// themselves `pattern` is not looked at.
  /// - Throws: ``LoadingError`` for other files and where a pattern is missing; ``FileError``,
  ///   ``FormatError``, ``InterchangeError``.
  public init(recognizing path: String, pattern: SplitPattern? = nil) throws {
    switch try FileKind(recognizing: path) {
    case .gobbet: try self.init(contentsOf: path)
    case .tiktoken: self = try Self.tiktoken(path, pattern)
    case .json: self = try Self.json(path, pattern)
    case .gguf:
      guard let vocabulary = try GGUFReader(path).vocabulary() else {
        throw LoadingError(path: path, reason: "holds no vocabulary")
      }
      self = vocabulary
    case .sentencePiece: self = try SentencePieceModel.vocabulary(contentsOf: path)
    case .wordPiece: self = try WordPieceVocabulary.vocabulary(contentsOf: path)
    case .safetensors, .safetensorsIndex, .llmC, .numPy, .pyTorch, .empty, .other:
      throw try FileDescription.error(path, wanted: "a vocabulary")
    }
  }

  /// A `tokenizer.json`, or the tokens of a pair of files.
  private static func json(_ path: String, _ given: SplitPattern?) throws -> Vocabulary {
    let text = try wholeFile(path, limit: 1 << 28)
    let root = try JSONDocument(text, path: path).root
    if try root.member("model")?.isObject == true {
      return try TokenizerJSON.vocabulary(text, path: path)
    }
    var isMap = false
    var isTokenMap = root.isObject
    root.forEach { _, value in
      isMap = true
      isTokenMap = isTokenMap && value.size != nil
    }
    guard isMap, isTokenMap else {
      throw try FileDescription.error(path, wanted: "a vocabulary")
    }
    return try VocabularyAndMerges.vocabulary(recognizing: path, pattern: given)
  }

  private static func tiktoken(_ path: String, _ given: SplitPattern?) throws -> Vocabulary {
    let text = try wholeFile(path, limit: TiktokenRanks.maximumFileByteCount)
    let ranks = try TiktokenRanks.tokens(text.span, path: path)
    let published = WellKnownTokenizer.recognized(ranks, text: text)
    guard let pattern = given ?? published?.pattern else {
      throw LoadingError(
        path: path,
        reason:
          "does not say how text is split, and is none of the published ones; give the pattern")
    }
    // With another pattern it is another tokenizer, and its special tokens are its own affair.
    let specials = published.flatMap { $0.pattern == pattern ? $0.specialTokens : nil } ?? []
    return try TiktokenRanks.vocabulary(
      of: ranks, path: path, pattern: pattern,
      specialTokens: SpecialTokens(
        specials.map { SpecialToken(bytes: Array($0.text.utf8), id: $0.id) }))
  }
}
