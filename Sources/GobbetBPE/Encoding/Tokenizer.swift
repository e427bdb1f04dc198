/// A vocabulary made ready for encoding and decoding; threads can share it.
///
/// ```swift
/// let tokenizer = Tokenizer(try Vocabulary(recognizing: "my.gobbet"))
/// let ids = tokenizer.encoded("Hello, world.")
/// print(ids, try tokenizer.decoded(ids))
/// ```
public struct Tokenizer: Sendable {
  /// What decides the tokens.
  public let vocabulary: Vocabulary
  let scanner: PretokenScanner
  let tables: MergeTables
  /// What happens to a text before the scanner gets it; nil if that is nothing.
  let pipeline: PipelineTables?
  /// How spaces are spelled, if an encoder can do that on the way.
  private let escaped: EscapedSpaces?

  /// Builds the tables that all encoders of this tokenizer share.
  public init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    tables = MergeTables(vocabulary)
    scanner = PretokenScanner(vocabulary.pattern, borders: tables.symbols?.borders)
    pipeline = PipelineTables(vocabulary)
    escaped = tables.symbols?.escapedSpaces
  }

  /// How spaces are spelled, if an encoder can do that on the way for texts under a policy.
  func escapedSpaces(_ policy: SpecialTokenPolicy) -> EscapedSpaces? {
    guard let escaped, let pipeline, !pipeline.findsNormalizedTokens(policy) else { return nil }
    return escaped
  }

  /// Whether the bytes of tokens do not tell where in a text they are.
  var needsPlaces: Bool {
    pipeline != nil || tables.symbols != nil || scanner.pattern.expression?.leavesOut == true
  }

  /// Whether a text can be cut, and encoded in parts, at the places where every pattern cuts.
  var isCutByEveryPattern: Bool { pipeline == nil && scanner.pattern.words != .everything }

  /// A budget for encoders that see text of many kinds: enough for about 600,000 pretokens.
  ///
  /// On English, thirty languages and code in turn they are 1.6 times as fast with it as with the usual
  /// one (`gobbet-bench encode --cache-mebibytes 32` with the three corpora).
  public static let largeCacheByteBudget = 32 << 20

  /// An encoder for one thread, whose caches grow with use up to `cacheByteBudget` bytes: 8 MiB
  /// unless said otherwise, enough for about 150,000 pretokens.
  public func makeEncoder(cacheByteBudget: Int = 8 << 20) -> TokenEncoder {
    TokenEncoder(self, cacheByteBudget: cacheByteBudget)
  }

  /// The ids of a text; special tokens in it are ordinary text.
  ///
  /// To encode many texts, keep an encoder of ``makeEncoder(cacheByteBudget:)``.
  public func encoded(_ text: String) -> [TokenID] {
    var encoder = makeEncoder()
    return encoder.encoded(text)
  }

  /// The ids of a text, with the special tokens that `policy` allows; `adding` says which are put
  /// around it.
  ///
  /// - Throws: ``SpecialTokenError`` where the policy makes an error of others.
  public func encoded(
    _ text: String, allowing policy: SpecialTokenPolicy, adding: AddedSpecialTokens = .none
  ) throws(SpecialTokenError) -> [TokenID] {
    var encoder = makeEncoder()
    var ids: [TokenID] = []
    try encoder.encode(Array(text.utf8).span, specials: policy, adding: adding, into: &ids)
    return ids
  }

  /// How many tokens a text has; special tokens in it are ordinary text.
  public func count(_ text: String) -> Int { encoded(text).count }

  /// The text of tokens; what is not UTF-8 becomes U+FFFD.
  ///
  /// - Throws: ``UnknownTokenError``.
  public func decoded(_ ids: [TokenID]) throws(UnknownTokenError) -> String {
    try TokenDecoder(vocabulary).decoded(ids)
  }
}
