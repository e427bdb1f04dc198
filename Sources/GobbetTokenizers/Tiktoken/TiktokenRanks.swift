public import GobbetBPE
internal import GobbetSystem

/// Files of tiktoken: a line a token, its bytes in base64, white space, and its rank, which is its id.
///
/// They hold neither the pattern nor special tokens. Lines may be in any order, ranks may be left
/// out, and blank lines, tabs and white space at either end of a line mean nothing, as in tiktoken. A
/// line of `=` and a rank stands for no bytes, as in Whisper's file: no text yields it, and the rank
/// stays free.
public enum TiktokenRanks {
  /// Larger files are refused: no table could hold their tokens.
  static let maximumFileByteCount = 1 << 27

  /// The tokens in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the line.
  public static func tokens(contentsOf path: String) throws -> TokenTable {
    let text = try wholeFile(path, limit: maximumFileByteCount)
    return try tokens(text.span, path: path)
  }

  /// The vocabulary of the file at `path`, with what the file does not say.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the line, or `vocabulary`.
  public static func vocabulary(
    contentsOf path: String, pattern: SplitPattern, specialTokens: SpecialTokens
  ) throws -> Vocabulary {
    try vocabulary(
      of: tokens(contentsOf: path), path: path, pattern: pattern, specialTokens: specialTokens)
  }

  /// The same for tokens that were read from the file at `path` before.
  ///
  /// - Throws: ``InterchangeError`` (`vocabulary`).
  public static func vocabulary(
    of tokens: TokenTable, path: String, pattern: SplitPattern, specialTokens: SpecialTokens
  ) throws(InterchangeError) -> Vocabulary {
    do {
      return try Vocabulary(ranks: tokens, pattern: pattern, specialTokens: specialTokens)
    } catch {
      throw InterchangeError(.vocabulary(error), path: path)
    }
  }

  /// The tokens in `text`; `path` is for errors.
  ///
  /// - Throws: ``InterchangeError`` with the line.
  /// - Complexity: linear, and n log n if the ranks do not ascend.
  static func tokens(
    _ text: Span<UInt8>, path: String?
  ) throws(InterchangeError) -> TokenTable {
    var lines = RankLines(text, path: path)
    lines.bytes.reserveCapacity(text.count * 3 / 4)
    while try lines.readLine() {}
    return try lines.table()
  }

  /// The line of a rank in `text`, which was read before; nil if there is none.
  static func line(ofRank rank: TokenID, in text: Span<UInt8>) -> Int? {
    var lines = RankLines(text, path: nil)
    while (try? lines.readLine()) == true {}
    return lines.entries.last { $0.rank == rank }?.line
  }

  /// Writes the tokens of `vocabulary` to a file, in the order of their ids.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) if tiktoken would not encode
  ///   with the file as the vocabulary does.
  public static func write(
    _ vocabulary: Vocabulary, to path: String, replacing: Bool = false
  ) throws {
    try writeWholeFile(try text(of: vocabulary, path: path), to: path, replacing: replacing)
  }

  /// The bytes of such a file.
  package static func text(of vocabulary: Vocabulary, path: String?) throws(InterchangeError)
    -> [UInt8]
  {
    try vocabulary.requireText(path, of: "tiktoken")
    try checkMerges(of: vocabulary, path)
    return text(of: vocabulary.tokens)
  }

  /// What a reader of such a file cannot know of a vocabulary: special tokens and the pattern, unless the
  /// ranks are published ones that say the same.
  package static func parts(leftOutOf vocabulary: Vocabulary) -> [String] {
    let published = WellKnownTokenizer.recognized(vocabulary.tokens)
    let implied = published?.specialTokens.map { SpecialToken($0.text, id: $0.id) } ?? []
    var parts: [String] = []
    let others = vocabulary.specialTokens.filter { !implied.contains($0) }
    if !others.isEmpty { parts.append(others.count.counted("special token")) }
    if published?.pattern != vocabulary.pattern {
      parts.append("the pattern" + (vocabulary.pattern.name.map { " \($0)" } ?? ""))
    }
    if vocabulary.pipeline.template != nil { parts.append("the special tokens around a text") }
    return parts
  }

  /// The bytes of the file that holds these tokens and nothing that could vary.
  static func text(of tokens: TokenTable) -> [UInt8] {
    var text: [UInt8] = []
    for id in 0..<TokenID(truncatingIfNeeded: tokens.count) where tokens.contains(id) {
      Base64.encode(tokens[id], appendingTo: &text)
      text.append(" \(id)\n")
    }
    return text
  }

  /// Learned merges are those of tiktoken if they are what it would derive, for every token.
  static func checkMerges(
    of vocabulary: Vocabulary, _ path: String?
  ) throws(InterchangeError) {
    guard vocabulary.mergeRule != .ranks else { return }
    let tokens = vocabulary.tokens
    let ids = 0..<TokenID(truncatingIfNeeded: tokens.count)
    let mergedCount = ids.count { tokens[$0].count > 1 }
    let derived = try? Vocabulary(
      ranks: tokens, pattern: vocabulary.pattern, specialTokens: vocabulary.specialTokens)
    guard vocabulary.merges.count == mergedCount, derived?.merges == vocabulary.merges else {
      let what = "merges that do not follow from the order of the tokens"
      throw InterchangeError(.notRepresentable(what), path: path)
    }
  }
}

/// The lines of a file of ranks, read one after the other.
private struct RankLines: ~Escapable {
  private let text: Span<UInt8>
  private let path: String?
  private var position = 0
  private var line = 0
  /// The bytes of all tokens so far, in the order of the lines.
  var bytes: [UInt8] = []
  private(set) var entries: [(rank: Int, range: Range<Int>, line: Int)] = []

  @_lifetime(copy text)
  init(_ text: Span<UInt8>, path: String?) {
    self.text = text
    self.path = path
  }

  /// Reads one line, blank or not; false at the end.
  @_lifetime(self: copy self)
  mutating func readLine() throws(InterchangeError) -> Bool {
    guard position < text.count else { return false }
    line += 1
    skipBlanks()
    if !isAtLineEnd { try readEntry() }
    if position < text.count, text[position] == 0x0D { position += 1 }
    if position < text.count, text[position] == 0x0A { position += 1 }
    return true
  }

  private var isAtLineEnd: Bool {
    position == text.count || text[position] == 0x0A || text[position] == 0x0D
  }

  private var isAtBlank: Bool {
    position < text.count && [0x20, 0x09, 0x0B, 0x0C].contains(text[position])
  }

  @_lifetime(self: copy self)
  private mutating func skipBlanks() {
    while isAtBlank { position += 1 }
  }

  /// Reads a token and its rank.
  @_lifetime(self: copy self)
  private mutating func readEntry() throws(InterchangeError) {
    let start = position
    // Blanks and line ends are the only bytes up to a space that may stand after base64.
    while position < text.count, text[position] > 0x20 { position += 1 }
    let end = position
    skipBlanks()
    guard !isAtLineEnd else { throw error("not base64, white space and a rank") }
    let isNothing = end == start + 1 && text[start] == UInt8(ascii: "=")
    let before = bytes.count
    guard
      isNothing || Base64.decode(text, start..<end, appendingTo: &bytes) && bytes.count > before
    else { throw error("not base64") }
    let rank = try readRank()
    skipBlanks()
    guard isAtLineEnd else { throw error("something after the rank") }
    if !isNothing { entries.append((rank, before..<bytes.count, line)) }
  }

  /// Reads digits.
  @_lifetime(self: copy self)
  private mutating func readRank() throws(InterchangeError) -> Int {
    var rank = 0
    let start = position
    while position < text.count, (0x30...0x39).contains(text[position]) {
      rank = rank * 10 + Int(text[position] & 0xF)
      guard rank < TokenTable.maximumCount else { throw error("the rank is too large") }
      position += 1
    }
    guard position > start else { throw error("not base64, white space and a rank") }
    return rank
  }

  /// The tokens by rank.
  func table() throws(InterchangeError) -> TokenTable {
    var entries = entries
    if !zip(entries, entries.dropFirst()).allSatisfy({ $0.rank < $1.rank }) {
      entries.sort { ($0.rank, $0.line) < ($1.rank, $1.line) }
    }
    var table = TokenTable()
    table.reserve(tokenCount: (entries.last?.rank ?? -1) + 1, byteCount: bytes.count)
    for entry in entries {
      guard entry.rank >= table.count else {
        throw InterchangeError(
          .damaged("the rank \(entry.rank) is there twice"), path: path, line: entry.line)
      }
      do {
        while table.count < entry.rank { try table.append([]) }
        try table.append(bytes.span.extracting(entry.range))
      } catch {
        throw InterchangeError(.vocabulary(error), path: path, line: entry.line)
      }
    }
    return table
  }

  private func error(_ reason: String) -> InterchangeError {
    InterchangeError(.damaged(reason), path: path, line: line)
  }
}
