public import GobbetBPE
internal import GobbetData

extension Vocabulary {
  /// Reads a vocabulary in whichever format the file has: a Gobbet file that holds one, tiktoken
  /// ranks, a `tokenizer.json`, a `vocab.json` with its `merges.txt` beside it, a model of SentencePiece, or
  /// GGUF.
  ///
  /// tiktoken's files say neither how text is split nor which tokens are special: `pattern` says the
  /// former, and the published ones are recognised by their number of ranks. For files that say it
  /// themselves `pattern` is not looked at.
  /// - Throws: ``LoadingError`` for other files and where a pattern is missing; ``FileError``,
  ///   ``FormatError``, ``InterchangeError``.
  public init(recognizing path: String, pattern: SplitPattern? = nil) throws {
    switch try FileKind(recognizing: path) {
    case .gobbet: try self.init(contentsOf: path)
    case .tiktoken: self = try Self.tiktoken(path, pattern)
    case .json:
      let merges = siblingPath("merges.txt", of: path)
      let isHalf = siblingPath("vocab.json", of: path).utf8.elementsEqual(path.utf8)
      if isHalf, exists(merges) {
        self = try VocabularyAndMerges.vocabulary(
          tokens: path, merges: merges, pattern: pattern ?? .gpt2)
      } else {
        self = try TokenizerJSON.vocabulary(contentsOf: path)
      }
    case .gguf:
      guard let vocabulary = try GGUFReader(path).vocabulary() else {
        throw LoadingError(path: path, reason: "holds no vocabulary")
      }
      self = vocabulary
    case .sentencePiece: self = try SentencePieceModel.vocabulary(contentsOf: path)
    case .safetensors, .safetensorsIndex, .llmC, .numPy, .pyTorch:
      throw LoadingError(path: path, reason: "holds weights, not a vocabulary")
    case .empty: throw LoadingError(path: path, reason: "is empty")
    case .other: throw LoadingError(path: path, reason: "is no vocabulary of a known format")
    }
  }

  private static func tiktoken(_ path: String, _ given: SplitPattern?) throws -> Vocabulary {
    let ranks = try TiktokenRanks.tokens(contentsOf: path)
    let rankCount = (0..<ranks.count).count { ranks.contains(TokenID($0)) }
    let published = WellKnownTokenizer.recognized(rankCount: rankCount)
    guard let pattern = given ?? published?.pattern else {
      throw LoadingError(
        path: path, reason: "does not say how text is split, and is none of the published ones")
    }
    // With another pattern it is another tokenizer, and its special tokens are its own affair.
    let specials = published.flatMap { $0.pattern == pattern ? $0.specialTokens : nil } ?? []
    return try TiktokenRanks.vocabulary(
      of: ranks, path: path, pattern: pattern,
      specialTokens: SpecialTokens(
        specials.map { SpecialToken(bytes: Array($0.text.utf8), id: $0.id) }))
  }
}
