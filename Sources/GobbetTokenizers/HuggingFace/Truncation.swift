public import GobbetBPE

/// Where the tokens of a text are cut to a largest number, as a `tokenizer.json` says.
///
/// It is kept with a vocabulary and applied only where somebody asks for it:
///
/// ```swift
/// let tokenizer = Tokenizer(try Vocabulary(recognizing: "Fixtures/tinymodel/tokenizer.json"))
/// var ids = tokenizer.encoded("But, soft! what light through yonder window breaks?")
/// try Truncation(of: tokenizer.vocabulary)?.apply(to: &ids)
/// ```
///
/// - Source: `tokenizers` 0.23.3, `truncation`, with one difference: where not even the special tokens fit that
///   are put around a text, it leaves the text whole, and this throws.
public struct Truncation: Hashable, Sendable {
  /// The ends of a sequence.
  public enum End: String, Hashable, Sendable {
    /// The beginning.
    case left = "Left"
    /// The end.
    case right = "Right"
  }

  /// How many tokens may be left, special ones around the text included.
  public var maximumCount: Int
  /// Where tokens are taken away.
  public var end: End

  /// Cuts the right end, unless `end` says otherwise.
  public init(maximumCount: Int, end: End = .right) {
    self.maximumCount = maximumCount
    self.end = end
  }

  /// What `vocabulary` has kept of its file; nil if that says nothing.
  ///
  /// - Throws: ``InterchangeError``: `damaged` for what isn't a truncation, `unsupported` for one of a second
  ///   text.
  public init?(of vocabulary: Vocabulary) throws(InterchangeError) {
    guard let settings = try vocabulary.keptSettings("truncation") else { return nil }
    guard let count = try settings.member("max_length")?.size else {
      throw settings.error(.damaged("not a number of tokens"), key: "max_length".utf8)
    }
    if let strategy = try settings.member("strategy"), strategy.string == "OnlySecond" {
      throw strategy.error(.unsupported("OnlySecond, which cuts the second of two texts"))
    }
    self.init(maximumCount: count, end: try settings.end())
  }

  /// Takes away what is too much of a text's tokens, of which the first `front` and the last `behind` are
  /// special ones put around it: these stay.
  ///
  /// - Throws: ``TruncationError`` if there is no room for these.
  /// - Complexity: O(tokens).
  public func apply<Token>(
    to tokens: inout [Token], front: Int = 0, behind: Int = 0
  ) throws(TruncationError) {
    guard front + behind <= maximumCount else {
      throw TruncationError(maximumCount: maximumCount, addedCount: front + behind)
    }
    let excess = tokens.count - maximumCount
    guard excess > 0 else { return }
    switch end {
    case .left: tokens.removeSubrange(front..<front + excess)
    case .right: tokens.removeSubrange(tokens.count - behind - excess..<tokens.count - behind)
    }
  }
}

/// A truncation that leaves no room for the special tokens around a text.
public struct TruncationError: Error, Hashable, CustomStringConvertible {
  /// How many tokens may be left.
  public let maximumCount: Int
  /// How many are put around a text.
  public let addedCount: Int

  /// One line for a terminal or a log.
  public var description: String {
    "truncation: at most \(maximumCount) tokens are to be left, but \(addedCount) are put around each text; "
      + "leave the special tokens out, or take another tokenizer.json"
  }
}
