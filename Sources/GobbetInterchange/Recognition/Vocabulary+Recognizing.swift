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
  ///   `FormatError`, `InterchangeError`.
  public init(
    recognizing path: String, pattern: SplitPattern? = nil, specialTokens: String? = nil
  ) throws {
    try self.init(
      OpenedFile(Self.file(in: path)), pattern: pattern, specialTokens: specialTokens)
  }

  /// The same of an open file; `specials` are special tokens that it doesn't say.
  package init(
    _ file: OpenedFile, pattern: SplitPattern? = nil, specialTokens: String? = nil,
    specials: [SpecialToken] = []
  ) throws {
    let format = try file.format()
    guard specialTokens == nil && specials.isEmpty || format == .tiktoken else {
      throw LoadingError(path: file.path, reason: "has special tokens of its own")
    }
    guard let vocabularies = format?.vocabularies else {
      throw try FileDescription.error(file, wanted: "a vocabulary")
    }
    let vocabulary = try vocabularies.read(
      file,
      FileFormat.VocabularyChoice(
        pattern: pattern, specialTokens: specialTokens, specials: specials))
    // A tokenizer.json comes with them.
    self =
      format == .tokenizerJSON
      ? vocabulary : try TokenizerNeighbours.kept(by: vocabulary, of: file)
  }

  /// The file of a folder that holds its vocabulary, the first of those that programs save; what is no
  /// folder stands for itself.
  package static func file(in path: String) -> String {
    guard (try? FileStatus(of: path))?.kind == .directory else { return path }
    let folder = path.hasSuffix("/") ? path : path + "/"
    let names = FileFormat.allCases.flatMap(\.folderNames)
    return names.map { folder + $0 }.first(where: exists) ?? path
  }
}
