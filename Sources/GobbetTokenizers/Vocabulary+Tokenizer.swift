public import GobbetBPE
internal import GobbetSystem

extension Vocabulary {
  /// The names that programs give the vocabulary in a tokenizer's folder, the first that is there first.
  private static let fileNames =
    ["tokenizer.json", "tekken.json", "tokenizer.model"]
    + VocabularyAndMerges.names.map(\.tokens) + ["vocab.txt"]

  /// Reads the vocabulary of a tokenizer out of its folder, or out of a file: a `tokenizer.json`, a
  /// `tekken.json`, a `vocab.json` with its merges beside it, tiktoken ranks, SentencePiece's `.model`
  /// (BPE) or a `vocab.txt` of WordPiece.
  ///
  /// The content decides, not the name. Ranks say neither how text is split nor which tokens are
  /// special: published ones are recognised by their SHA-256, and for others `pattern` says the
  /// former. Where several sets of special tokens go with published ranks, the smallest counts, unless
  /// `specialTokens` names another. What another program does with a text and Gobbet can't is an error.
  ///
  /// ```swift
  /// import GobbetTokenizers
  ///
  /// let tokenizer = Tokenizer(try Vocabulary(tokenizer: "tokenizer.json"))
  /// print(tokenizer.encoded("Hello, world."))
  /// ```
  /// - Throws: `FileError`; ``InterchangeError`` with the field, `incomplete` where a file or a setting
  ///   is missing.
  public init(
    tokenizer path: String, pattern: SplitPattern? = nil, specialTokens: String? = nil
  ) throws {
    let file = try StoredTokenizerFile(Self.tokenizerFile(in: path))
    let start = try file.available(in: 0..<4096)
    if TiktokenRanks.begins(start) {
      self = try TiktokenRanks.vocabulary(
        recognizing: file, pattern: pattern, specialTokens: specialTokens)
      return
    }
    guard let vocabulary = try Self.vocabulary(of: file, start, pattern) else {
      throw InterchangeError(
        .unsupported(
          "a tokenizer that isn't one of \(Self.fileNames.joined(separator: ", ")) and tiktoken ranks"
        ),
        path: file.path)
    }
    guard specialTokens == nil else {
      throw InterchangeError(
        .incomplete("has special tokens of its own"), path: file.path)
    }
    self = vocabulary
  }

  private static func vocabulary(
    of file: any TokenizerFile, _ start: [UInt8], _ pattern: SplitPattern?
  ) throws -> Vocabulary? {
    if start.beginsJSONObject {
      return try JSONVocabulary.vocabulary(recognizing: file, pattern: pattern)
    }
    if SentencePieceModel.begins(start) { return try SentencePieceModel.vocabulary(file) }
    return WordPieceVocabulary.begins(start) ? try WordPieceVocabulary.vocabulary(file) : nil
  }

  /// The file of a folder that holds the vocabulary; a file stands for itself.
  private static func tokenizerFile(in path: String) throws -> String {
    guard try FileStatus(of: path).kind == .directory else { return path }
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    guard let name = fileNames.first(where: { exists(folder + $0) }) else {
      throw InterchangeError(
        .incomplete("holds none of \(fileNames.joined(separator: ", "))"), path: path)
    }
    return folder + name
  }
}
