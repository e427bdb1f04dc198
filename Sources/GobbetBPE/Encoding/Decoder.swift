/// Turns token ids back into the bytes they stand for; threads can share it.
public struct Decoder: Sendable {
  private let vocabulary: Vocabulary

  /// Lays out the tokens of a vocabulary for decoding.
  public init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
  }

  /// Appends the bytes of all tokens to `bytes`, special tokens too.
  ///
  /// - Throws: ``UnknownTokenError``; what comes before the unknown id is then appended.
  public func decode(
    _ ids: Span<TokenID>, into bytes: inout [UInt8]
  ) throws(UnknownTokenError) {
    for index in ids.indices {
      let id = ids[index]
      guard let token = vocabulary.bytes(of: id) else {
        throw UnknownTokenError(id: id, index: index)
      }
      bytes.append(contentsOf: token)
    }
  }

  /// The text of tokens; what is not UTF-8 becomes U+FFFD.
  ///
  /// - Throws: ``UnknownTokenError``.
  public func decoded(_ ids: [TokenID]) throws(UnknownTokenError) -> String {
    var bytes: [UInt8] = []
    try decode(ids.span, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// An id that has no token in the vocabulary.
public struct UnknownTokenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The id.
  public let id: TokenID
  /// Its place among the ids to decode.
  public let index: Int

  package init(id: TokenID, index: Int) {
    self.id = id
    self.index = index
  }

  /// One line for a terminal or a log.
  public var description: String { "token \(index): the vocabulary has no id \(id)" }
}
