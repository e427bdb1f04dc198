public import GobbetBPE

/// How a token came about: the merge that made it, and those that made its parts.
public struct VocabularyMergeTree: Sendable {
  /// The token.
  public let id: TokenID
  /// Its bytes.
  public let bytes: [UInt8]
  /// The rank of its merge, from 0; nil if none made it: a byte, a special token.
  public let rank: Int?
  /// Its two parts, or none.
  public let parts: [VocabularyMergeTree]

  /// The tree of the token `id`; nil if `vocabulary` does not have it.
  ///
  /// Of several merges that make the same token, the first counts.
  /// - Complexity: linear in the number of merges.
  public init?(of id: TokenID, in vocabulary: Vocabulary) {
    var ranks: [TokenID: Int] = [:]
    for (rank, merge) in vocabulary.merges.enumerated() where ranks[merge.result] == nil {
      ranks[merge.result] = rank
    }
    self.init(id, vocabulary, ranks)
  }

  private init?(_ id: TokenID, _ vocabulary: Vocabulary, _ ranks: [TokenID: Int]) {
    guard let bytes = vocabulary.bytes(of: id) else { return nil }
    self.id = id
    self.bytes = Array(bytes)
    rank = ranks[id]
    parts =
      rank.map { rank in
        let merge = vocabulary.merges[rank]
        // Both parts are shorter than the token, so this ends.
        return [merge.left, merge.right].compactMap { Self($0, vocabulary, ranks) }
      } ?? []
  }

  /// The tree as lines of text, a part below its whole and indented.
  public func lines(_ describe: (VocabularyMergeTree) -> String) -> [String] {
    var lines = [describe(self)]
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      let inner = part.lines(describe)
      lines.append((isLast ? "└─ " : "├─ ") + inner[0])
      lines += inner.dropFirst().map { (isLast ? "   " : "│  ") + $0 }
    }
    return lines
  }
}
