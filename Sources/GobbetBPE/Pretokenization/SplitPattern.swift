/// How text is cut into pretokens: the settings of one grammar, or a regular expression.
///
/// The published expressions are settings of the grammar, which is the faster of the two. At each
/// place the first of these that matches is a pretoken: a contraction, a word, digits, symbols, white
/// space. The settings say how each of them looks. Any other expression is a ``SplitExpression``.
///
/// ```swift
/// let trained = try await TrainingJob(
///   inputs: ["corpus/"], pattern: .o200k, options: TrainingOptions(vocabularySize: 1024)).result()
/// print(trained.vocabulary.pattern == .o200k)
/// ```
/// - Source: `Spec/Pretokenization.md`; pinned by `Fixtures/pretokenization/`.
public struct SplitPattern: Hashable, Sendable {
  /// Whether English contractions (`'s`, `'ll`) are special.
  public enum Contractions: UInt8, Hashable, Sendable {
    /// They are not.
    case none = 0
    /// Pretokens of their own, in lower case: `'(?:[sdmt]|ll|ve|re)`.
    case lowercase = 1
    /// Pretokens of their own in any case: `'(?i:[sdmt]|ll|ve|re)`. U+017F, ſ, is an s.
    case anyCase = 2
    /// The tail of a word, in any case.
    case anyCaseSuffix = 3
  }

  /// What a word is.
  public enum Words: UInt8, Hashable, Sendable {
    /// `\p{L}+`
    case letters = 0
    /// Upper-like, then lower-like scalars, so that camelCase is two:
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`, else
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`.
    case caseAware = 1
    /// `[\p{L}\p{M}]+`; marks are not symbols then.
    case lettersAndMarks = 2
    /// DeepSeek's: numbers are cut out first, then runs of `[一-龥぀-ゟ゠-ヿ]`, and each part is
    /// cut as if it were a text. A word is an ASCII symbol with ASCII letters, or
    /// `[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+`; symbols are ` ?[\p{P}\p{S}]+`; everything
    /// else stays together.
    case deepSeek = 3
    /// Everything: the whole text is one pretoken, and the other settings have code 0.
    case everything = 4
  }

  /// The one scalar that a word may begin with.
  public enum WordPrefix: UInt8, Hashable, Sendable {
    /// ` ?`
    case space = 0
    /// `[^\r\n\p{L}\p{N}]?`
    case anyButNewline = 1
  }

  /// How numerals are cut.
  public enum Digits: UInt8, Hashable, Sendable {
    /// ` ?\p{N}+`
    case runWithSpace = 0
    /// `\p{N}`
    case one = 1
    /// `\p{N}{1,2}`
    case upToTwo = 2
    /// `\p{N}{1,3}`
    case upToThree = 3
  }

  /// What a run of symbols, ` ?[^\s\p{L}\p{N}]+`, takes along.
  public enum SymbolTail: UInt8, Hashable, Sendable {
    /// Nothing.
    case none = 0
    /// `[\r\n]*`
    case newlines = 1
    /// `[\r\n/]*`
    case newlinesAndSlashes = 2
  }

  /// Whether English contractions are special.
  public let contractions: Contractions
  /// What a word is.
  public let words: Words
  /// The one scalar that a word may begin with.
  public let wordPrefix: WordPrefix
  /// How numerals are cut.
  public let digits: Digits
  /// What a run of symbols takes along.
  public let symbolTail: SymbolTail
  /// Whether white space up to its last newline is a pretoken: `\s*[\r\n]+`.
  public let newlineRuns: Bool
  /// Whether white space at the end of the text is one pretoken, newlines or not: `\s+$`, before
  /// `newlineRuns`.
  public let finalWhitespaceWhole: Bool
  /// The expression that cuts text in place of the grammar, whose settings are then those of
  /// ``whole``; nil if there is none.
  public let expression: SplitExpression?

  /// A pattern that cuts text by an expression.
  public init(_ expression: SplitExpression) {
    contractions = .none
    words = .everything
    wordPrefix = .space
    digits = .runWithSpace
    symbolTail = .none
    newlineRuns = false
    finalWhitespaceWhole = false
    self.expression = expression
  }

  /// The pattern that an expression means: settings of the grammar if it is spelled in one of the ways
  /// that are known, else the expression itself, as its library cuts text by it.
  ///
  /// - Throws: ``SplitExpressionError`` that names the part which isn't supported.
  public init(
    expression text: String, dialect: RegularExpressionDialect
  ) throws(SplitExpressionError) {
    if let known = SplitPattern(regularExpression: text, dialect: dialect) {
      self = known
    } else {
      self.init(try SplitExpression(text, dialect: dialect))
    }
  }

  /// A pattern of one's own.
  ///
  /// - Precondition: with DeepSeek's words go no contractions, `anyButNewline`, digits without a
  ///   space, `newlines`, newline runs, and no whole final white space; with words that are
  ///   everything, only what has code 0 in every other setting.
  public init(
    contractions: Contractions = .none, words: Words, wordPrefix: WordPrefix = .space,
    digits: Digits = .runWithSpace, symbolTail: SymbolTail = .none, newlineRuns: Bool = false,
    finalWhitespaceWhole: Bool = false
  ) {
    self.init(
      unchecked: contractions, words, wordPrefix, digits, symbolTail, newlineRuns,
      finalWhitespaceWhole)
    precondition(isConsistent, "SplitPattern: these words do not go with the other settings")
  }

  /// A pattern whose settings may not go together.
  init(
    unchecked contractions: Contractions, _ words: Words, _ wordPrefix: WordPrefix,
    _ digits: Digits, _ symbolTail: SymbolTail, _ newlineRuns: Bool, _ finalWhitespaceWhole: Bool
  ) {
    self.contractions = contractions
    self.words = words
    self.wordPrefix = wordPrefix
    self.digits = digits
    self.symbolTail = symbolTail
    self.newlineRuns = newlineRuns
    self.finalWhitespaceWhole = finalWhitespaceWhole
    expression = nil
  }

  /// Whether DeepSeek's words, or those that are everything, have the settings that they need.
  var isConsistent: Bool {
    if words == .everything {
      return contractions == .none && wordPrefix == .space && digits == .runWithSpace
        && symbolTail == .none && !newlineRuns && !finalWhitespaceWhole
    }
    return words != .deepSeek
      || (contractions == .none && wordPrefix == .anyButNewline && digits != .runWithSpace
        && symbolTail == .newlines && newlineRuns && !finalWhitespaceWhole)
  }
}
