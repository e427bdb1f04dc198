/// How an added token is found in a text.
///
/// - Source: the fields of `AddedToken` in `tokenizers` 0.23.3; there `special` is the opposite of
///   ``ordinary``.
public struct TokenMatching: OptionSet, Hashable, Sendable {
  /// The options as a file holds them.
  public let rawValue: UInt8

  /// Options by their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The token counts in every text, whether the caller allows special tokens or not.
  public static let ordinary = TokenMatching(rawValue: 1)
  /// White space in front of the token belongs to it (`lstrip`).
  public static let stripsLeft = TokenMatching(rawValue: 2)
  /// White space after the token belongs to it (`rstrip`).
  public static let stripsRight = TokenMatching(rawValue: 4)
  /// The token is found only where neither side of it goes on with `\w` (`single_word`).
  public static let wholeWord = TokenMatching(rawValue: 8)
  /// The token is looked for in the normalized text, after those that are not.
  public static let normalized = TokenMatching(rawValue: 16)
  /// All of them.
  public static let all: TokenMatching = [
    .ordinary, .stripsLeft, .stripsRight, .wholeWord, .normalized,
  ]
}

/// A token that merges do not make, but that is found in a text by its bytes.
///
/// No text yields a special token by itself: the caller of an encoder has to allow it. One with
/// ``TokenMatching/ordinary`` is an added token that every text yields.
public struct SpecialToken: Hashable, Sendable {
  /// What it looks like in a text.
  public let bytes: [UInt8]
  /// Its id.
  public let id: TokenID
  /// How it is found.
  public let matching: TokenMatching

  /// A special token by its bytes.
  public init(bytes: [UInt8], id: TokenID, matching: TokenMatching = []) {
    self.bytes = bytes
    self.id = id
    self.matching = matching
  }

  /// A special token by its text.
  public init(_ text: String, id: TokenID, matching: TokenMatching = []) {
    self.init(bytes: [UInt8](text.utf8), id: id, matching: matching)
  }

  /// Whether the caller has to allow it; if not, every text yields it.
  public var isSpecial: Bool { !matching.contains(.ordinary) }

  /// The bytes as text; what is not UTF-8 becomes U+FFFD.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The special tokens of a vocabulary, ordered by id.
public struct SpecialTokens: Hashable, Sendable, RandomAccessCollection {
  /// All special tokens together are not longer than this.
  public static let maximumByteCount = 1 << 20

  private let tokens: [SpecialToken]
  /// Whether one of them is found in another way than by its bytes alone, where it is allowed.
  public let haveMatching: Bool

  /// No special tokens.
  public static let none = SpecialTokens()

  private init() {
    tokens = []
    haveMatching = false
  }

  /// Orders `tokens` by id.
  ///
  /// - Throws: ``VocabularyError`` (`emptySpecialToken`, `duplicateSpecialToken`, `idTooLarge`,
  ///   `tokensTooLong`).
  public init(_ tokens: some Sequence<SpecialToken>) throws(VocabularyError) {
    self.tokens = tokens.sorted { $0.id < $1.id }
    haveMatching = self.tokens.contains { $0.matching != [] }
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
