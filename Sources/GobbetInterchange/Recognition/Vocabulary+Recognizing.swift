public import GobbetBPE
internal import GobbetData
internal import GobbetSystem

extension Vocabulary {
  /// Reads a vocabulary in whichever format the file has: a Gobbet file that holds one, tiktoken
  /// ranks, a `tokenizer.json`, a `tekken.json`, a `vocab.json` with its `merges.txt` beside it, nanochat's `tokenizer.pkl`, a model of SentencePiece, a
  /// `vocab.txt` of WordPiece, or GGUF.
  ///
  /// tiktoken's files say neither how text is split nor which tokens are special: `pattern` says the
  /// former, and the published ones are recognised by the SHA-256 of their ranks. Where several sets of
  /// special tokens go with one of those, the smallest counts, unless `specialTokens` names another. Beside a
  /// `vocab.json`, `added_tokens.json` and `tokenizer_config.json` are read too. For files that say it
  /// themselves `pattern` is not looked at.
  /// A folder stands for the file in it that holds its vocabulary.
  /// - Throws: `LoadingError` for other files and where a pattern is missing; `FileError`,
  ///   `FormatError`, ``InterchangeError``.
  public init(
    recognizing path: String, pattern: SplitPattern? = nil, specialTokens: String? = nil
  ) throws {
    try self.init(
      OpenedFile(Self.file(in: path)), pattern: pattern, specialTokens: specialTokens)
  }

  /// The same of an open file.
  package init(
    _ file: OpenedFile, pattern: SplitPattern? = nil, specialTokens: String? = nil
  ) throws {
    let kind = try file.kind()
    guard specialTokens == nil || kind == .tiktoken else {
      throw LoadingError(path: file.path, reason: "says itself which tokens are special")
    }
    switch kind {
    case .gobbet: try self.init(file.container())
    case .tiktoken: self = try Self.tiktoken(file, pattern, specialTokens)
    case .json: self = try Self.json(file, pattern)
    case .gguf:
      guard let vocabulary = try GGUFReader(file).vocabulary() else {
        throw LoadingError(path: file.path, reason: "holds no vocabulary")
      }
      self = vocabulary
    case .sentencePiece:
      self = try SentencePieceModel.vocabulary(
        file.bytes(limit: SentencePieceModel.maximumFileByteCount), path: file.path)
    case .wordPiece: self = try WordPieceVocabulary.vocabulary(file)
    case .pyTorch where try TiktokenPickle.begins(file.available(in: 0..<64)):

      self = try TiktokenPickle.vocabulary(
        file.bytes(limit: TiktokenPickle.maximumFileByteCount), path: file.path)
    case .safetensors, .safetensorsIndex, .llmC, .numPy, .pyTorch, .empty, .other:
      throw try FileDescription.error(file, wanted: "a vocabulary")
    }
  }

  /// The file of a folder that holds its vocabulary, the first of those that programs save; what is no
  /// folder stands for itself.
  package static func file(in path: String) -> String {
    guard (try? FileStatus(of: path))?.kind == .directory else { return path }
    let folder = path.hasSuffix("/") ? path : path + "/"
    let names = [
      "tokenizer.json", "tokenizer.pkl", "tekken.json", "tokenizer.model", "vocab.json",
      "vocab.txt",
    ]
    return names.map { folder + $0 }.first(where: exists) ?? path
  }

  /// A `tokenizer.json`, or the tokens of a pair of files.
  private static func json(_ file: OpenedFile, _ given: SplitPattern?) throws -> Vocabulary {
    let (text, path) = (try file.bytes(limit: 1 << 28), file.path)
    let root = try JSONDocument(text, path: path).root
    if try root.member("model")?.isObject == true {
      return try TokenizerJSON.vocabulary(text, path: path)
    }
    if try TekkenJSON.isTekken(root) { return try TekkenJSON.vocabulary(root, path: path) }
    var isMap = false
    var isTokenMap = root.isObject
    root.forEach { _, value in
      isMap = true
      isTokenMap = isTokenMap && value.size != nil
    }
    guard isMap, isTokenMap else {
      throw try FileDescription.error(file, wanted: "a vocabulary")
    }
    return try VocabularyAndMerges.vocabulary(recognizing: file, pattern: given)
  }

  private static func tiktoken(
    _ file: OpenedFile, _ given: SplitPattern?, _ setName: String?
  ) throws -> Vocabulary {
    let (text, path) = (
      try file.bytes(limit: TiktokenRanks.maximumFileByteCount), file.path
    )
    let ranks = try TiktokenRanks.tokens(text.span, path: path)
    let published = WellKnownTokenizer.recognized(ranks, text: text)
    guard let pattern = given ?? published?.pattern else {
      throw LoadingError(
        path: path,
        reason:
          "does not say how text is split, and is none of the published ones; give the pattern")
    }
    if let setName {
      guard let published, published.pattern == pattern,
        let specials = published.specialTokens(named: setName)
      else {
        let names = published.map { $0.specialTokenNames.joined(separator: " and ") }
        throw LoadingError(
          path: path,
          reason: "knows no special tokens named \(setName), but \(names ?? "none of any name")")
      }
      return try TiktokenRanks.vocabulary(
        of: ranks, path: path, pattern: pattern,
        specialTokens: SpecialTokens(specials.map { SpecialToken($0.text, id: $0.id) }))
    }
    // With another pattern it is another tokenizer, and its special tokens are its own affair.
    let specials = published.flatMap { $0.pattern == pattern ? $0.specialTokens : nil } ?? []
    return try TiktokenRanks.vocabulary(
      of: ranks, path: path, pattern: pattern,
      specialTokens: SpecialTokens(
        specials.map { SpecialToken(bytes: Array($0.text.utf8), id: $0.id) }))
  }
}
