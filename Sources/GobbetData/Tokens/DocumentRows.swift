public import GobbetBPE

/// Documents side by side in rows of one length, as fine-tuning takes them.
public struct DocumentRows: Hashable, Sendable {
  /// Tokens of each row.
  public let length: Int
  /// The first tokens of each document, and padding after those that are shorter: [documents,
  /// length], row-major.
  public let tokens: [TokenID]
  /// How many tokens of each row are the document's.
  public let counts: [Int]
}

extension TokenDataset {
  /// Some documents in rows of `length` tokens, or of as many as the longest of them has; longer
  /// ones are cut, shorter ones filled up with `padding`.
  ///
  /// - Precondition: all indices are in `0..<documentCount`; `length` is not negative.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read.
  public func rows(
    ofDocuments indices: some Collection<Int>, length: Int? = nil, padding: TokenID
  ) throws -> DocumentRows {
    let ranges = try indices.map { try document($0) }
    let length = length ?? ranges.map(\.count).max() ?? 0
    precondition(length >= 0, "rows(ofDocuments:): a negative length")
    let counts = ranges.map { min($0.count, length) }
    var tokens = [TokenID](repeating: padding, count: length * ranges.count)
    var span = tokens.mutableSpan
    for (row, range) in ranges.enumerated() {
      let start = row * length
      try span.withPart(start..<(start + counts[row])) { part in
        try copyTokens(in: range.prefix(counts[row]), to: &part)
      }
    }
    return DocumentRows(length: length, tokens: tokens, counts: counts)
  }
}
