extension SplitPattern {
  /// GPT-2, r50k and p50k: Hugging Face's `ByteLevel` too.
  public static let gpt2 = SplitPattern(
    contractions: .lowercase, words: .letters, wordPrefix: .space, digits: .runWithSpace,
    symbolTail: .none, newlineRuns: false, finalWhitespaceWhole: true)

  /// GPT-4 as tiktoken spells it.
  public static let cl100k = SplitPattern(
    contractions: .anyCase, words: .letters, wordPrefix: .anyButNewline, digits: .upToThree,
    symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: true)

  /// Llama 3, and GPT-4 as trainers spell it: cl100k but for white space at the end of the text.
  public static let llama3 = SplitPattern(
    contractions: .anyCase, words: .letters, wordPrefix: .anyButNewline, digits: .upToThree,
    symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: false)

  /// GPT-4o.
  public static let o200k = SplitPattern(
    contractions: .anyCaseSuffix, words: .caseAware, wordPrefix: .anyButNewline,
    digits: .upToThree, symbolTail: .newlinesAndSlashes, newlineRuns: true,
    finalWhitespaceWhole: false)

  /// Qwen 2, 2.5 and 3.
  public static let qwen2 = SplitPattern(
    contractions: .anyCase, words: .letters, wordPrefix: .anyButNewline, digits: .one,
    symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: false)

  /// Qwen 3.5: Qwen 2, but that words have marks too.
  public static let qwen35 = SplitPattern(
    contractions: .anyCase, words: .lettersAndMarks, wordPrefix: .anyButNewline, digits: .one,
    symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: false)

  /// DeepSeek V3 and R1.
  public static let deepSeekV3 = SplitPattern(
    contractions: .none, words: .deepSeek, wordPrefix: .anyButNewline, digits: .upToThree,
    symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: false)

  /// Mistral's Tekken: GPT-4o without contractions, and one digit at a time.
  public static let tekken = SplitPattern(
    contractions: .none, words: .caseAware, wordPrefix: .anyButNewline, digits: .one,
    symbolTail: .newlinesAndSlashes, newlineRuns: true, finalWhitespaceWhole: false)

  /// The whole text as one pretoken, as SentencePiece has it.
  public static let whole = SplitPattern(
    contractions: .none, words: .everything, wordPrefix: .space, digits: .runWithSpace,
    symbolTail: .none, newlineRuns: false, finalWhitespaceWhole: false)

  /// The patterns that have a name.
  public static let named: [(name: String, pattern: SplitPattern)] = [
    ("gpt2", .gpt2), ("cl100k", .cl100k), ("llama3", .llama3), ("o200k", .o200k),
    ("qwen2", .qwen2), ("qwen3.5", .qwen35), ("deepseek-v3", .deepSeekV3), ("tekken", .tekken),
  ]

  /// The pattern of this name; nil if there is none.
  public init?(named name: String) {
    guard let entry = Self.named.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      return nil
    }
    self = entry.pattern
  }

  /// The name of these settings; nil if they have none.
  public var name: String? {
    self == .whole ? "whole" : Self.named.first { $0.pattern == self }?.name
  }
}

extension SplitPattern {
  /// What files hold in front of an expression, in place of the first setting.
  private static let expressionMark: UInt8 = 255

  /// The settings as files hold them, a byte each; for an expression a mark, its dialect, its behaviour,
  /// whether it is inverted, and its text.
  ///
  /// - Source: `Spec/Pretokenization.md`.
  public var settings: [UInt8] {
    if let expression {
      return [
        Self.expressionMark, expression.dialect.rawValue, expression.behavior.rawValue,
        expression.isInverted ? 1 : 0,
      ] + expression.bytes
    }
    return [
      contractions.rawValue, words.rawValue, wordPrefix.rawValue, digits.rawValue,
      symbolTail.rawValue, newlineRuns ? 1 : 0, finalWhitespaceWhole ? 1 : 0,
    ]
  }

  /// The pattern with the settings of a file; nil if a byte is missing, surplus or unknown, if they do
  /// not go together, or if they hold an expression that isn't supported.
  public init?(settings: [UInt8]) {
    if settings.first == Self.expressionMark {
      guard let expression = try? Self.expression(settings) else { return nil }
      self.init(expression)
      return
    }
    guard settings.count == 7, settings[5] <= 1, settings[6] <= 1,
      let contractions = Contractions(rawValue: settings[0]),
      let words = Words(rawValue: settings[1]),
      let wordPrefix = WordPrefix(rawValue: settings[2]),
      let digits = Digits(rawValue: settings[3]),
      let symbolTail = SymbolTail(rawValue: settings[4])
    else { return nil }
    self.init(
      unchecked: contractions, words, wordPrefix, digits, symbolTail, settings[5] == 1,
      settings[6] == 1)
    guard isConsistent else { return nil }
  }

  /// The expression in settings that begin with its mark; nil if they are none.
  private static func expression(
    _ settings: [UInt8]
  ) throws(SplitExpressionError) -> SplitExpression? {
    guard settings.count > 4, settings[3] <= 1,
      let dialect = RegularExpressionDialect(rawValue: settings[1]),
      let behavior = PretokenizerStep.Behavior(rawValue: settings[2]),
      let text = String(validating: settings[4...], as: UTF8.self)
    else { return nil }
    return try SplitExpression(
      text, dialect: dialect, behavior: behavior, isInverted: settings[3] == 1)
  }

  /// What is wrong with settings that aren't a pattern, for the error of a file that holds them.
  package static func complaint(about settings: [UInt8]) -> String {
    if settings.first == expressionMark {
      do { _ = try expression(settings) } catch { return "\(error)" }
    }
    return "settings \(settings.prefix(16)) aren't a pattern"
  }
}
