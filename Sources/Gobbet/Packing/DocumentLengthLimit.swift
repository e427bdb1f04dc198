/// How many tokens a document may have, and what becomes of one that has more.
public struct DocumentLengthLimit: Hashable, Sendable {
  /// What becomes of a document that is too long.
  @nonexhaustive public enum TooLong: String, CaseIterable, Hashable, Sendable {
    /// The job ends.
    case fail
    /// Its first tokens stay, and the others are left out.
    case crop
    /// It becomes several documents, all of them full but the last.
    case split
    /// It is left out.
    case drop
  }

  /// The most tokens of a document, with what is appended to it.
  public var tokenCount: Int
  /// What becomes of a document that has more.
  public var tooLong: TooLong

  /// Creates a limit.
  ///
  /// - Precondition: `tokenCount` is positive.
  public init(tokenCount: Int, tooLong: TooLong = .fail) {
    precondition(tokenCount > 0, "DocumentLengthLimit: no tokens")
    self.tokenCount = tokenCount
    self.tooLong = tooLong
  }

  /// Which tokens of a document of `count` stay, as documents of their own.
  func parts(of count: Int) -> [Range<Int>] {
    switch tooLong {
    case _ where count <= tokenCount: [0..<count]
    case .fail, .drop: []
    case .crop: [0..<tokenCount]
    case .split:
      stride(from: 0, to: count, by: tokenCount).map { $0..<min($0 + tokenCount, count) }
    }
  }
}

/// A document that has more tokens than it may have.
public struct DocumentLengthError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where the document comes from.
  public let source: String
  /// The tokens it has.
  public let tokenCount: Int
  /// The tokens it may have.
  public let limit: Int

  /// One line for a terminal or a log.
  public var description: String {
    "\(source): has \(tokenCount) tokens, and a row \(limit); crop, split or drop what is too long"
  }
}
