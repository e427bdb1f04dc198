/// Who reads a regular expression; they differ in what a plus after `{1,3}` means, and in much else that
/// `Spec/Pretokenization.md` lists.
public enum RegularExpressionDialect: UInt8, Hashable, Sendable {
  /// Hugging Face's `tokenizer.json`: Oniguruma, to which `{1,3}+` is any number of such groups,
  /// and `$` the end of a line.
  case oniguruma = 0
  /// tiktoken, and Python's `regex`: `{1,3}+` gives nothing back, `$` is the end of the text.
  case tiktoken = 1
}

extension SplitPattern {
  /// The pattern that a published expression means; nil if its spelling is not known.
  ///
  /// Nothing is compiled: each alternative must be spelled in one of the ways that tiktoken,
  /// Hugging Face, Meta, Qwen, Mistral, DeepSeek and trainers spell it, and all of them must come
  /// in the order of the grammar. `\r` and `\n` may be escaped or stand for themselves.
  /// - Source: `Spec/Pretokenization.md`.
  public init?(
    regularExpression: String, dialect: RegularExpressionDialect = .oniguruma
  ) {
    self.init(regularExpressions: [regularExpression], dialect: dialect)
  }

  /// The pattern that expressions mean, each of which cuts what the one before has left whole, with
  /// the matches and what is between them as pieces; nil if they are not known.
  public init?(
    regularExpressions: [String], dialect: RegularExpressionDialect = .oniguruma
  ) {
    if regularExpressions.count == 3 {
      self.init(deepSeek: regularExpressions.map(Spelling.bytes))
      return
    }
    guard regularExpressions.count == 1 else { return nil }
    var text = SpelledPattern(Spelling.bytes(of: regularExpressions[0]))
    guard let contractions = text.take(Spelling.contractions),
      let words = text.take(Spelling.words),
      contractions == .none || words.suffix == "",
      let digits = text.take(Spelling.digits(dialect)),
      let symbols = text.take(Spelling.symbols), symbols.fits(words.words),
      let isFinalWhole = text.take(Spelling.finalWhitespace(dialect)),
      let newlineRuns = text.take(Spelling.newlineRuns),
      text.take(Spelling.rest) != nil, text.isEmpty
    else { return nil }
    self.init(
      contractions: words.suffix == "" ? contractions : .anyCaseSuffix, words: words.words,
      wordPrefix: words.prefix, digits: digits, symbolTail: symbols.tail,
      newlineRuns: newlineRuns,
      // Without runs of newlines it is all the same, and then the setting is GPT-2's.
      finalWhitespaceWhole: isFinalWhole || !newlineRuns)
  }

  private init?(deepSeek stages: [[UInt8]]) {
    let digits: [(String, Digits)] = [
      (#"\p{N}{1,3}"#, .upToThree), (#"\p{N}{1,2}"#, .upToTwo), (#"\p{N}"#, .one),
    ]
    guard let digits = digits.first(where: { $0.0.utf8.elementsEqual(stages[0]) })?.1,
      Spelling.deepSeek.indices.allSatisfy({
        Spelling.deepSeek[$0].utf8.elementsEqual(stages[$0 + 1])
      })
    else { return nil }
    self.init(
      contractions: .none, words: .deepSeek, wordPrefix: .anyButNewline, digits: digits,
      symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: false)
  }

  /// The expression that Hugging Face's Oniguruma cuts text by as this pattern does; nil if it takes
  /// several, which ``regularExpressions`` are.
  public var regularExpression: String? {
    regularExpressions.count == 1 ? regularExpressions[0] : nil
  }

  /// The expressions, to be applied in turn, that Hugging Face's Oniguruma cuts text by as this
  /// pattern does.
  ///
  /// For patterns that have a name, in the spelling that they were published in,
  /// where Oniguruma understands it; none for the whole text, and for an expression that Oniguruma reads
  /// otherwise. What becomes of the matches of an expression is its own affair.
  public var regularExpressions: [String] {
    if let expression { return expression.spelled(for: .oniguruma).map { [$0.text] } ?? [] }
    if words == .everything { return [] }
    if words == .deepSeek { return [digitsSpelling] + Spelling.deepSeek }
    var alternatives: [String] = []
    switch contractions {
    case .none, .anyCaseSuffix: break
    case .lowercase: alternatives.append(Spelling.lowercaseContractions)
    case .anyCase: alternatives.append(Spelling.anyCaseContractions)
    }
    alternatives.append(
      Spelling.words(
        words, prefix: wordPrefix == .space ? " ?" : Spelling.prefix,
        suffix: contractions == .anyCaseSuffix ? Spelling.suffix : ""))
    alternatives.append(digitsSpelling)
    alternatives.append(Spelling.symbols(words) + Spelling.tail(symbolTail))
    if newlineRuns {
      if finalWhitespaceWhole { alternatives.append(#"\s+\z"#) }
      alternatives.append(#"\s*[\r\n]+"#)
    }
    return [(alternatives + [#"\s+(?!\S)"#, #"\s+"#]).joined(separator: "|")]
  }

  private var digitsSpelling: String {
    switch digits {
    case .runWithSpace: #" ?\p{N}+"#
    case .one: #"\p{N}"#
    case .upToTwo: #"\p{N}{1,2}"#
    case .upToThree: #"\p{N}{1,3}"#
    }
  }
}

/// What is left to read of an expression.
private struct SpelledPattern {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  var isEmpty: Bool { bytes.isEmpty }

  /// Steps past the longest spelling that is next, and returns what it means; nil if none is.
  mutating func take<Meaning>(_ spellings: [(spelling: String, meaning: Meaning)]) -> Meaning? {
    let matches = spellings.filter { bytes.starts(with: $0.spelling.utf8) }
    guard let match = matches.max(by: { $0.spelling.utf8.count < $1.spelling.utf8.count }) else {
      return nil
    }
    bytes = bytes.dropFirst(match.spelling.utf8.count)
    return match.meaning
  }
}
