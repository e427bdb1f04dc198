public import GobbetBPE

/// How the tokens of texts are filled up to one length, as a `tokenizer.json` says; as ``Truncation``, only where
/// somebody asks for it.
///
/// - Source: `tokenizers` 0.23.3, `padding`.
public struct Padding: Hashable, Sendable {
  /// The token that fills.
  public var token: TokenID
  /// The length; nil for that of the longest text of a batch.
  public var fixedCount: Int?
  /// Lengths are made multiples of this; 0 leaves them.
  public var multiple: Int
  /// Where it fills.
  public var end: Truncation.End

  /// Fills the right end up to the longest of a batch, unless told otherwise.
  public init(
    token: TokenID, fixedCount: Int? = nil, multiple: Int = 0, end: Truncation.End = .right
  ) {
    self.token = token
    self.fixedCount = fixedCount
    self.multiple = multiple
    self.end = end
  }

  /// What `vocabulary` has kept of its file; nil if that says nothing.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`) for what isn't a padding.
  public init?(of vocabulary: Vocabulary) throws(InterchangeError) {
    guard let settings = try vocabulary.keptSettings("padding") else { return nil }
    guard let id = try settings.member("pad_id")?.size, id < TokenTable.maximumCount else {
      throw settings.error(.damaged("not an id"), key: "pad_id".utf8)
    }
    self.init(token: TokenID(id), end: try settings.end())
    if let strategy = try settings.member("strategy"), strategy.string != "BatchLongest" {
      guard strategy.isObject, let count = try strategy.member("Fixed")?.size else {
        throw strategy.error(.damaged("neither BatchLongest nor Fixed and a number"))
      }
      fixedCount = count
    }
    if let multiple = try settings.present("pad_to_multiple_of") {
      guard let size = multiple.size else {
        throw multiple.error(.damaged("not a number of tokens"))
      }
      self.multiple = size
    }
  }

  /// How many tokens each text of a batch has in the end, of which the longest has `longest`.
  public func count(longest: Int) -> Int {
    let count = fixedCount ?? longest
    guard multiple > 0, count % multiple != 0 else { return count }
    return count + multiple - count % multiple
  }

  /// Fills `tokens` up to `count` with `filler`, which stands for ``token``; longer ones stay as they are.
  public func apply<Token>(to tokens: inout [Token], count: Int, filler: Token) {
    guard tokens.count < count else { return }
    let fill = repeatElement(filler, count: count - tokens.count)
    tokens.insert(contentsOf: fill, at: end == .left ? 0 : tokens.count)
  }
}
