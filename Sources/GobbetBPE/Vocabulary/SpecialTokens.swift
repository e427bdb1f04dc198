/// A token that no text yields by itself; the caller of an encoder has to allow it.
public struct SpecialToken: Hashable, Sendable {
  /// What it looks like in a text.
  public let bytes: [UInt8]
  /// Its id.
  public let id: TokenID

  /// A special token by its bytes.
  public init(bytes: [UInt8], id: TokenID) {
    self.bytes = bytes
    self.id = id
  }

  /// A special token by its text.
  public init(_ text: String, id: TokenID) {
    self.init(bytes: [UInt8](text.utf8), id: id)
  }

  /// The bytes as text; what is not UTF-8 becomes U+FFFD.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The special tokens of a vocabulary, ordered by id.
public struct SpecialTokens: Hashable, Sendable, RandomAccessCollection {
  /// All special tokens together are not longer than this.
  public static let maximumByteCount = 1 << 20

  private let tokens: [SpecialToken]

  /// No special tokens.
  public static let none = SpecialTokens()

  private init() { tokens = [] }

  /// Orders `tokens` by id.
  ///
  /// - Throws: ``VocabularyError`` (`emptySpecialToken`, `duplicateSpecialToken`, `idTooLarge`,
  ///   `tokensTooLong`).
  public init(_ tokens: some Sequence<SpecialToken>) throws(VocabularyError) {
    self.tokens = tokens.sorted { $0.id < $1.id }
    var texts: Set<[UInt8]> = []
    var previous: TokenID?
    var byteCount = 0
    for token in self.tokens {
      guard token.id < TokenTable.maximumCount else {
        throw VocabularyError(.idTooLarge, token: token.id)
      }
      guard !token.bytes.isEmpty else { throw VocabularyError(.emptySpecialToken, token: token.id) }
      byteCount += token.bytes.count
      guard byteCount <= Self.maximumByteCount else { throw VocabularyError(.tokensTooLong) }
      guard token.id != previous, texts.insert(token.bytes).inserted else {
        throw VocabularyError(.duplicateSpecialToken, token: token.id)
      }
      previous = token.id
    }
  }

  /// The position of the special token with the lowest id.
  public var startIndex: Int { 0 }
  /// One past the position of the special token with the highest id.
  public var endIndex: Int { tokens.count }
  /// The special token at a position in the order of ids.
  public subscript(position: Int) -> SpecialToken { tokens[position] }

  /// The special token with this id, if there is one.
  public func token(withID id: TokenID) -> SpecialToken? {
    var low = 0
    var high = tokens.count
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < tokens.count && tokens[low].id == id ? tokens[low] : nil
  }

  /// The id of the special token with these bytes, if there is one.
  public func id(of bytes: some Collection<UInt8>) -> TokenID? {
    tokens.first { $0.bytes.elementsEqual(bytes) }?.id
  }
}
