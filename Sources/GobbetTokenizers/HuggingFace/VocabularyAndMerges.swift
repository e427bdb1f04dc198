public import GobbetBPE
internal import GobbetSystem

/// GPT-2's pair of files: `vocab.json` (OpenAI: `encoder.json`), tokens and their ids, and
/// `merges.txt` (`vocab.bpe`), a merge a line.
///
/// Neither says the pattern, nor which tokens are special.
public enum VocabularyAndMerges {
  private static let maximumFileByteCount = 1 << 28

  /// What the names of the two files of a pair end in, Hugging Face's first, then OpenAI's.
  package static let names = [
    (tokens: "vocab.json", merges: "merges.txt"), (tokens: "encoder.json", merges: "vocab.bpe"),
  ]

  /// Whether JSON is an object of strings and ids.
  static func isTokenMap(_ root: JSONValue) -> Bool {
    var count = 0
    var isTokenMap = root.isObject
    root.forEachMember { _, value in
      count += 1
      isTokenMap = isTokenMap && value.size != nil
    }
    return isTokenMap && count > 0
  }

  /// Reads a vocabulary from its two files.
  ///
  /// Special are the tokens that are neither single bytes nor made by a merge, as `<|endoftext|>` in
  /// GPT-2's files, and those that the caller adds because the files leave them out.
  /// Of a merge that is listed twice, the last place counts, as in tokenizers.
  /// - Throws: `FileError`; ``InterchangeError`` with the line or the token.
  public static func vocabulary(
    tokens tokensPath: String, merges mergesPath: String, pattern: SplitPattern = .gpt2,
    adding specialTokens: [SpecialToken] = []
  ) throws -> Vocabulary {
    try vocabulary(
      StoredTokenizerFile(tokensPath), StoredTokenizerFile(mergesPath), pattern, specialTokens)
  }

  private static func vocabulary(
    _ tokens: any TokenizerFile, _ merges: any TokenizerFile, _ pattern: SplitPattern,
    _ specialTokens: [SpecialToken]
  ) throws -> Vocabulary {
    let document = try JSONDocument(
      tokens.bytes(limit: maximumFileByteCount), path: tokens.path)
    var visible = VisibleVocabulary(path: tokens.path)
    try visible.readEntries(document.root)
    let lines = try merges.bytes(limit: maximumFileByteCount)
    try readMerges(lines, into: &visible, path: merges.path)
    return try visible.vocabulary(
      specialTokens: try merged(specialTokens, visible, tokens.path), mergeRule: .learnedPairs,
      pattern: pattern,
      tokensField: "", mergesField: "merges")
  }

  /// Reads a vocabulary from the file of its tokens and from what lies beside it: the merges,
  /// `added_tokens.json`, `tokenizer_config.json`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`incomplete`) if there are no merges, with the line
  ///   or the token, or for a setting that changes ids and isn't understood.
  package static func vocabulary(
    recognizing tokens: any TokenizerFile, pattern: SplitPattern?
  ) throws -> Vocabulary {
    let folder = TokenizerFolder(tokens)
    let merges = try folder.merges()
    let configuration = try folder.configuration(needsPattern: pattern == nil)
    return try vocabulary(
      tokens, merges, pattern ?? configuration?.pattern ?? .gpt2,
      folder.addedTokens() + (configuration?.addedTokens ?? []))
  }

  /// The special tokens in the file of tokens, and those that are added to them.
  ///
  /// - Throws: ``InterchangeError`` if an added one has another id in the file, or another's id.
  private static func merged(
    _ added: [SpecialToken], _ visible: VisibleVocabulary, _ path: String
  ) throws(InterchangeError) -> [SpecialToken] {
    var tokens = visible.entriesWithoutMerge()
    var known = Set(tokens)
    for token in added {
      if let id = visible.id(of: token.bytes), id != token.id {
        throw InterchangeError(
          .damaged("the added token \(token.text) has the id \(token.id), and here \(id)"),
          path: path)
      }
      if let text = visible.entries.text(of: token.id), text != token.bytes[...] {
        let other = String(decoding: text, as: UTF8.self)
        throw InterchangeError(
          .damaged("the added token \(token.text) has the id \(token.id) of the token \(other)"),
          path: path)
      }
      if known.insert(token).inserted { tokens.append(token) }
    }
    return tokens
  }

  /// Reads lines of two parts, and passes over those that begin with `#version`, as tokenizers does.
  private static func readMerges(
    _ text: [UInt8], into visible: inout VisibleVocabulary, path: String
  ) throws(InterchangeError) {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    // Where each merge is listed last.
    var last: [ArraySlice<UInt8>: Int] = [:]
    for index in lines.indices {
      if lines[index].last == 0x0D { lines[index].removeLast() }
      last[lines[index]] = index
    }
    for (index, line) in lines.enumerated() {
      if line.starts(with: "#version".utf8) || last[line] != index { continue }
      guard visible.append(line: line.span) else {
        throw InterchangeError(
          .damaged("not two parts with a space between"), path: path, line: index + 1)
      }
    }
  }

  /// Writes a vocabulary as its two files.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) for a pattern other than GPT-2's,
  ///   which every reader of the files takes, and for a special token that they cannot hold.
  public static func write(
    _ vocabulary: Vocabulary, tokens tokensPath: String, merges mergesPath: String,
    replacing: Bool = false
  ) throws {
    try vocabulary.requireText(tokensPath, of: "vocab.json and merges.txt")
    guard vocabulary.pattern == .gpt2 else {
      let name = vocabulary.pattern.name ?? "of its own"
      throw InterchangeError(
        .notRepresentable(
          "the pattern \(name): readers of vocab.json split text as GPT-2 does; write a "
            + "tokenizer.json or a .gobbet file"), path: tokensPath)
    }
    let visible = try VisibleText(vocabulary, path: tokensPath)
    var tokens: [UInt8] = [UInt8(ascii: "{")]
    for (position, entry) in visible.entries.enumerated() {
      if position > 0 { tokens.append(",") }
      tokens.append(quoted: entry.text)
      tokens.append(":\(entry.id)")
    }
    tokens.append("}\n")
    var merges: [UInt8] = []
    merges.append("#version: 0.2\n")
    for merge in visible.merges {
      merges.append(contentsOf: merge.left)
      merges.append(UInt8(ascii: " "))
      merges.append(contentsOf: merge.right)
      merges.append(UInt8(ascii: "\n"))
    }
    let files = try FileSet([mergesPath, tokensPath], replacing: replacing)
    try writeWholeFile(merges, to: files.stagedPath(0), replacing: true)
    try writeWholeFile(tokens, to: files.stagedPath(1), replacing: true)
    try files.commit()
  }
}
