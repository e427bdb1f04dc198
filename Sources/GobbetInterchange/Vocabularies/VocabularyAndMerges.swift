public import GobbetBPE
internal import GobbetSystem

/// GPT-2's pair of files: `vocab.json` (OpenAI: `encoder.json`), tokens and their ids, and
/// `merges.txt` (`vocab.bpe`), a merge a line.
///
/// Neither says the pattern, nor which tokens are special.
public enum VocabularyAndMerges {
  private static let maximumFileByteCount = 1 << 28

  /// Reads a vocabulary from its two files.
  ///
  /// Special are the tokens that are neither single bytes nor made by a merge, as `<|endoftext|>` in
  /// GPT-2's files, and those that the caller adds because the files leave them out.
  /// - Throws: `FileError`; ``InterchangeError`` with the line or the token.
  public static func vocabulary(
    tokens tokensPath: String, merges mergesPath: String, pattern: SplitPattern = .gpt2,
    adding specialTokens: [SpecialToken] = []
  ) throws -> Vocabulary {
    let document = try JSONDocument(
      try wholeFile(tokensPath, limit: maximumFileByteCount), path: tokensPath)
    var visible = VisibleVocabulary(path: tokensPath)
    try visible.readEntries(document.root)
    let lines = try wholeFile(mergesPath, limit: maximumFileByteCount)
    try readMerges(lines, into: &visible, path: mergesPath)
    return try visible.vocabulary(
      specialTokens: visible.entriesWithoutMerge() + specialTokens, mergeRule: .learnedPairs,
      pattern: pattern,
      tokensField: "", mergesField: "merges")
  }

  /// Reads lines of two parts, the first of which may be `#version: …`.
  private static func readMerges(
    _ text: [UInt8], into visible: inout VisibleVocabulary, path: String
  ) throws(InterchangeError) {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (index, line) in lines.enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if index == 0, line.starts(with: "#version".utf8) { continue }
      guard visible.append(line: line) else {
        throw InterchangeError(
          .damaged("not two parts with a space between"), path: path, line: index + 1)
      }
    }
  }

  /// Writes a vocabulary as its two files.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) for a special token that the
  ///   files cannot hold.
  public static func write(
    _ vocabulary: Vocabulary, tokens tokensPath: String, merges mergesPath: String,
    replacing: Bool = false
  ) throws {
    try vocabulary.requireText(tokensPath, of: "vocab.json and merges.txt")
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
    try writeWholeFile(merges, to: mergesPath, replacing: replacing)
    try writeWholeFile(tokens, to: tokensPath, replacing: replacing)
  }
}
