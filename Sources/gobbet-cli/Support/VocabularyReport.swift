import Gobbet

/// The statistics of a vocabulary, for the person or as JSON.
struct VocabularyReport: Encodable {
  struct Size: Encodable {
    let size: Int
    let bytes_per_token: Double
  }

  struct Group: Encodable {
    let name: String
    let tokens: Int
    let used: Int
    let occurrences: Int
    let bytes: Int

    init(_ name: String, _ group: VocabularyStatistics.Group) {
      self.name = name
      tokens = group.tokenCount
      used = group.usedCount
      occurrences = group.occurrenceCount
      bytes = group.byteCount
    }

    var row: String {
      [
        name.padded(to: 14), tokens.grouped.padded(to: 10), used.grouped.padded(to: 10),
        occurrences.grouped.padded(to: 14), bytes.grouped,
      ].joined()
    }
  }

  struct Token: Encodable {
    let id: TokenID
    let text: String
    let byte_count: Int
  }

  private let vocabulary_size: Int
  private let bytes: Int
  private let tokens: Int
  private let sizes: [Size]
  private let lengths: [Group]
  private let scripts: [Group]
  private let unused_count: Int
  private let unused: [TokenID]
  private let longest: [Token]

  init(
    _ vocabulary: Vocabulary, _ use: VocabularyUse, _ statistics: VocabularyStatistics,
    _ sizes: [Size], longestCount: Int
  ) {
    vocabulary_size = vocabulary.idBound
    bytes = use.byteCount
    tokens = use.tokenCount
    self.sizes = sizes
    lengths = statistics.lengths.map { Group("\($0.byteCount)", $0.group) }
    scripts = statistics.scripts.map { Group($0.script.rawValue, $0.group) }
    unused_count = statistics.unused.count
    unused = statistics.unused
    longest = statistics.longest.prefix(longestCount).map {
      let bytes = vocabulary.tokens[$0]
      return Token(id: $0, text: displayed(bytes), byte_count: bytes.count)
    }
  }

  /// Writes it to standard output.
  func show() throws {
    try writeLine("\(bytes.grouped("byte")), \(tokens.grouped("token"))")
    try writeLines(["", "size          bytes per token"])
    for size in sizes {
      try writeLine(size.size.grouped.padded(to: 14) + size.bytes_per_token.rounded(places: 3))
    }
    for (name, groups) in [("bytes", lengths), ("script", scripts)] {
      try writeLines(["", name.padded(to: 14) + "tokens    used      occurrences   bytes of text"])
      for group in groups { try writeLine(group.row) }
    }
    try writeLines(["", "\(unused_count.grouped("token")) never used; --json lists them"])
    if !longest.isEmpty { try writeLines(["", "longest"]) }
    for token in longest { try writeLine("\("\(token.id)".padded(to: 14))\(token.text.cropped())") }
  }
}

extension String {
  /// The text with spaces up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
