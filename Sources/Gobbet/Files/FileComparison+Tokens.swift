public import GobbetBPE
internal import GobbetData

/// How two vocabularies differ.
public struct VocabularyDifference: Hashable, Sendable, Encodable {
  /// Ids whose tokens differ, or that one of the two lacks.
  public let tokenCount: Int
  /// The lowest of them.
  public let firstToken: TokenID?
  /// The first rank at which the merges differ, or one of the two has no more.
  public let firstMerge: Int?
  /// Whether text is split otherwise, or merges apply otherwise.
  public let rulesDiffer: Bool
  /// Special tokens that only the first has with this id.
  public let onlyInFirst: [String]
  /// Special tokens that only the second has with this id.
  public let onlyInSecond: [String]

  /// Nil if the two are equal.
  init?(_ first: Vocabulary, _ second: Vocabulary) {
    guard first != second else { return nil }
    let idBound = TokenID(max(first.idBound, second.idBound))
    let differing = (0..<idBound).filter { first.bytes(of: $0) != second.bytes(of: $0) }
    tokenCount = differing.count
    firstToken = differing.first
    let common = zip(first.merges, second.merges).prefix { $0 == $1 }.count
    firstMerge =
      common < max(first.merges.count, second.merges.count) ? common : nil
    rulesDiffer = first.pattern != second.pattern || first.mergeRule != second.mergeRule
    let firstSpecials = Set(first.specialTokens)
    let secondSpecials = Set(second.specialTokens)
    onlyInFirst = first.specialTokens.filter { !secondSpecials.contains($0) }.map(\.text)
    onlyInSecond = second.specialTokens.filter { !firstSpecials.contains($0) }.map(\.text)
  }
}

/// How two token datasets differ.
public struct TokenDifference: Hashable, Sendable, Encodable {
  /// A token that is not the same in both.
  public struct Token: Hashable, Sendable, Encodable {
    /// Its place among all tokens.
    public let index: Int
    /// The document of the first dataset that holds it; nil where that one has no more tokens.
    public let document: Int?
    /// The first dataset's id; nil where that one has no more tokens.
    public let first: TokenID?
    /// The second dataset's id; nil where that one has no more tokens.
    public let second: TokenID?
  }

  /// Tokens of the first and of the second.
  public let tokenCounts: [Int]
  /// Documents of the first and of the second.
  public let documentCounts: [Int]
  /// Whether the tokens are of different vocabularies.
  public let vocabulariesDiffer: Bool
  /// The first token that is not the same; nil if all are.
  public let firstToken: Token?
  /// The first document that does not lie at the same tokens; nil if all do.
  public let firstDocument: Int?
  /// The first document of which other tokens count in a loss; nil if there is none, or the documents
  /// differ otherwise.
  public let firstMask: Int?

  /// Nil if the two hold the same documents of the same vocabulary.
  ///
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read; what `progress` throws.
  package init?(
    _ first: TokenDataset, _ second: TokenDataset,
    _ progress: FileComparison.Progress = { _, _ in }
  ) throws {
    tokenCounts = [first.tokenCount, second.tokenCount]
    documentCounts = [first.documentCount, second.documentCount]
    vocabulariesDiffer = first.fingerprint != second.fingerprint
    let common = min(first.documentCount, second.documentCount)
    let (firstPlaces, secondPlaces) = (try first.documentPlaces(), try second.documentPlaces())
    firstDocument =
      (0..<common).first { firstPlaces[$0] != secondPlaces[$0] }
      ?? (first.documentCount == second.documentCount ? nil : common)
    firstToken = try Self.firstToken(first, second, progress)
    firstMask =
      firstToken == nil && firstDocument == nil ? try Self.firstMask(first, second) : nil
    guard vocabulariesDiffer || firstToken != nil || firstDocument != nil || firstMask != nil
    else { return nil }
  }

  /// - Precondition: both have the same documents.
  private static func firstMask(_ first: TokenDataset, _ second: TokenDataset) throws -> Int? {
    guard first.hasLossMask || second.hasLossMask else { return nil }
    return try (0..<first.documentCount).first { index in
      try first.countedRanges(ofDocument: index) != second.countedRanges(ofDocument: index)
    }
  }

  private static func firstToken(
    _ first: TokenDataset, _ second: TokenDataset, _ progress: FileComparison.Progress
  ) throws -> Token? {
    let common = min(first.tokenCount, second.tokenCount)
    let idByteCount = MemoryLayout<TokenID>.size
    for start in stride(from: 0, to: common, by: 1 << 18) {
      try progress(start * idByteCount, common * idByteCount)
      let range = start..<min(start + 1 << 18, common)
      let left = try first.tokens(in: range)
      let right = try second.tokens(in: range)
      guard left != right else { continue }
      for index in left.indices where left[index] != right[index] {
        return Token(
          index: start + index, document: try first.document(containing: start + index),
          first: left[index], second: right[index])
      }
    }
    guard first.tokenCount != second.tokenCount else { return nil }
    let next = common..<(common + 1)
    let firstIsLonger = first.tokenCount > common
    return Token(
      index: common, document: firstIsLonger ? try first.document(containing: common) : nil,
      first: firstIsLonger ? try first.tokens(in: next).first : nil,
      second: firstIsLonger ? nil : try second.tokens(in: next).first)
  }
}
