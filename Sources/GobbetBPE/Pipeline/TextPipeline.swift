/// What happens to a text beside the pattern and the merges of its vocabulary.
///
/// In this order: added tokens that are not normalized are cut out of the text; what is left is
/// normalized; the other added tokens are cut out of that; the pre-tokenizer's steps cut what is
/// left, and then the pattern; the pieces become symbols, which merge. ``SpecialTokens`` says how
/// added tokens are found.
public struct TextPipeline: Hashable, Sendable {
  /// Changes to the text, in order.
  public var normalizers: [Normalizer]
  /// What cuts the text before the pattern does.
  public var pretokenizers: [PretokenizerStep]
  /// What a pretoken is made of before anything merges.
  public var symbols: InitialSymbols
  /// How tokens become text again; if there is no step, tokens are their bytes.
  public var decoders: [DecoderStep]
  /// Special tokens around a text, for those who ask for them.
  public var template: SpecialTokenTemplate?
  /// Parts of a `tokenizer.json` that are kept as they are, by key, so that they can be written again.
  public var keptParts: [String: String]

  /// Nothing but pattern and merges.
  public static let plain = TextPipeline()

  /// A pipeline.
  public init(
    normalizers: [Normalizer] = [], pretokenizers: [PretokenizerStep] = [],
    symbols: InitialSymbols = .bytes, decoders: [DecoderStep] = [],
    template: SpecialTokenTemplate? = nil, keptParts: [String: String] = [:]
  ) {
    self.normalizers = normalizers
    self.pretokenizers = pretokenizers
    self.symbols = symbols
    self.decoders = decoders
    self.template = template
    self.keptParts = keptParts
  }

  /// The pipeline without what changes no ids: what tells vocabularies apart.
  package var decidingIDs: TextPipeline {
    var pipeline = self
    pipeline.template = nil
    pipeline.keptParts = [:]
    return pipeline
  }

  /// Whether a text is given to the pattern as it is.
  var leavesText: Bool { normalizers.isEmpty && pretokenizers.isEmpty }
}

/// What a pretoken is made of before anything merges.
public struct InitialSymbols: Hashable, Sendable {
  /// What one symbol is.
  public enum Unit: UInt8, Hashable, Sendable {
    /// A byte.
    case byte = 0
    /// A scalar: SentencePiece's way.
    case scalar = 1
    /// A token, the longest that what is left of the pretoken begins with: WordPiece's way. If what
    /// is left begins with none, or has too many scalars, the whole pretoken is unknown.
    case piece = 2
  }

  /// What one symbol is.
  public var unit: Unit
  /// Whether every byte has a token; scalars never all have one.
  public var isComplete: Bool
  /// The token of a symbol that has none; nil where such symbols are left out.
  public var unknown: TokenID?
  /// Whether several unknown symbols in a row become one token.
  public var fusesUnknown: Bool
  /// Whether an unknown scalar becomes the tokens `<0x00>` to `<0xFF>` of its bytes first.
  public var fallsBackToBytes: Bool
  /// What the tokens begin with that stand for pieces after the first of a pretoken; empty with
  /// other units.
  public var continuingPrefix: [UInt8]
  /// What the token of the last symbol of a pretoken ends with; empty with pieces, and with a fall
  /// back to bytes.
  public var endOfWordSuffix: [UInt8]
  /// A pretoken of more scalars is unknown as a whole, with pieces.
  public var maximumScalarCount: Int
  /// Tokens that are symbols as a whole, wherever their bytes are, the longest first: SentencePiece's
  /// user-defined symbols; empty with other units than scalars.
  public var wholeSymbols: [TokenID]
  /// Which pieces come first, with scalars that have no suffix; nil where the list of merges says it.
  public var pieceOrder: PieceOrder?

  /// Symbols of one's own.
  public init(
    unit: Unit, isComplete: Bool, unknown: TokenID? = nil, fusesUnknown: Bool = false,
    fallsBackToBytes: Bool = false, continuingPrefix: [UInt8] = [],
    endOfWordSuffix: [UInt8] = [], maximumScalarCount: Int = 0, wholeSymbols: [TokenID] = [],
    pieceOrder: PieceOrder? = nil
  ) {
    self.unit = unit
    self.isComplete = isComplete
    self.unknown = unknown
    self.fusesUnknown = fusesUnknown
    self.fallsBackToBytes = fallsBackToBytes
    self.continuingPrefix = continuingPrefix
    self.endOfWordSuffix = endOfWordSuffix
    self.maximumScalarCount = maximumScalarCount
    self.wholeSymbols = wholeSymbols
    self.pieceOrder = pieceOrder
  }

  /// Every byte is a symbol and has a token.
  public static let bytes = InitialSymbols(unit: .byte, isComplete: true)
}

/// Special tokens that a post-processor puts around a text.
public struct SpecialTokenTemplate: Hashable, Sendable {
  /// In front of the text.
  public var before: [TokenID]
  /// After it.
  public var after: [TokenID]

  /// A template.
  public init(before: [TokenID], after: [TokenID]) {
    self.before = before
    self.after = after
  }
}

/// A step from tokens back to text.
///
/// - Source: the decoders of `tokenizers` 0.23.3.
public enum DecoderStep: Hashable, Sendable {
  /// In every token, replaces the first bytes, which are not empty, by the second ones.
  case replace([UInt8], with: [UInt8])
  /// Tokens `<0x00>` to `<0xFF>` that follow each other are bytes; U+FFFD for each of them, if
  /// together they are not UTF-8.
  case byteFallback
  /// The tokens become one.
  case fuse
  /// Takes up to that many of a scalar off the ends of each token.
  case strip([UInt8], start: Int, stop: Int)
  /// `replacement` is a space, and in the first token nothing, unless the scheme is never.
  case metaspace(replacement: [UInt8], dropsFirst: Bool)
  /// Tokens after the first lose the prefix, or get a space in front; and then perhaps spaces in
  /// front of English punctuation and contractions are taken out of each token.
  case wordPiece(prefix: [UInt8], cleansUp: Bool)
  /// The suffix, which is not empty, is a space, and in the last token nothing.
  case endOfWord([UInt8])
  /// A token that is all letters of bytes becomes these bytes.
  case byteLevel
}
