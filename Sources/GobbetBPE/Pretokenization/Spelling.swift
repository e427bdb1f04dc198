/// The ways in which the alternatives of the grammar are spelled as regular expressions.
///
/// Where an alternative cannot be empty its spellings end in `|`, for others follow. Plus signs that
/// forbid giving back (`++`) are known only where giving back would change nothing.
enum Spelling {
  static let prefix = #"[^\r\n\p{L}\p{N}]?"#
  static let lowercaseContractions = "'s|'t|'re|'ve|'m|'ll|'d"
  static let anyCaseContractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  static let suffix = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

  /// What DeepSeek V3 cuts by after numbers.
  static let deepSeek = [
    "[一-龥\u{3040}-ゟ゠-ヿ]+",
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
      + #"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
  ]

  /// The bytes of an expression, with `\r` and `\n` escaped.
  static func bytes(of expression: String) -> [UInt8] {
    expression.utf8.flatMap { byte in
      switch byte {
      case 0x0A: Array(#"\n"#.utf8)
      case 0x0D: Array(#"\r"#.utf8)
      default: [byte]
      }
    }
  }

  /// A word.
  static func words(_ words: SplitPattern.Words, prefix: String, suffix: String) -> String {
    switch words {
    case .letters, .everything: return prefix + #"\p{L}+"# + suffix
    case .lettersAndMarks, .deepSeek: return prefix + #"[\p{L}\p{M}]+"# + suffix
    case .caseAware:
      let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
      let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
      return "\(prefix)\(upper)*\(lower)+\(suffix)|\(prefix)\(upper)+\(lower)*\(suffix)"
    }
  }

  /// Symbols, without what they take along.
  static func symbols(_ words: SplitPattern.Words) -> String {
    words == .lettersAndMarks ? #" ?[^\s\p{L}\p{M}\p{N}]+"# : #" ?[^\s\p{L}\p{N}]+"#
  }

  /// What symbols take along.
  static func tail(_ tail: SplitPattern.SymbolTail) -> String {
    switch tail {
    case .none: ""
    case .newlines: #"[\r\n]*"#
    case .newlinesAndSlashes: #"[\r\n/]*"#
    }
  }

  // MARK: Spellings to be recognised

  static let contractions: [(spelling: String, meaning: SplitPattern.Contractions)] = [
    ("", .none),
    ("\(lowercaseContractions)|", .lowercase), ("'(?:[sdmt]|ll|ve|re)|", .lowercase),
    ("\(anyCaseContractions)|", .anyCase), ("'(?i:[sdmt]|ll|ve|re)|", .anyCase),
  ]

  /// What the spelling of a word says.
  struct Word {
    let words: SplitPattern.Words
    let prefix: SplitPattern.WordPrefix
    let suffix: String
  }

  static var words: [(spelling: String, meaning: Word)] {
    var list: [(spelling: String, meaning: Word)] = []
    for (prefix, meaning) in [(" ?", SplitPattern.WordPrefix.space), (Self.prefix, .anyButNewline)]
    {
      for words in [SplitPattern.Words.letters, .caseAware, .lettersAndMarks] {
        for suffix in ["", Self.suffix] {
          let word = Word(words: words, prefix: meaning, suffix: suffix)
          list.append((Self.words(words, prefix: prefix, suffix: suffix) + "|", word))
        }
      }
      // Neither the prefix nor a letter can be the other, so nothing is ever given back.
      let word = Word(words: .letters, prefix: meaning, suffix: "")
      for spelling in [#"\#(prefix)+\p{L}+|"#, #"\#(prefix)+\p{L}++|"#, #"\#(prefix)\p{L}++|"#] {
        list.append((spelling, word))
      }
    }
    return list
  }

  static func digits(
    _ dialect: RegularExpressionDialect
  ) -> [(spelling: String, meaning: SplitPattern.Digits)] {
    let possessive: [(spelling: String, meaning: SplitPattern.Digits)] = [
      (#"\p{N}{1,3}+|"#, .upToThree), (#"\p{N}{1,2}+|"#, .upToTwo),
    ]
    return [
      (#" ?\p{N}+|"#, .runWithSpace), (#" ?\p{N}++|"#, .runWithSpace), (#"\p{N}|"#, .one),
      (#"\p{N}{1,2}|"#, .upToTwo), (#"\p{N}{1,3}|"#, .upToThree),
    ] + (dialect == .tiktoken ? possessive : [])
  }

  /// What the spelling of symbols says.
  struct Symbols {
    let withoutMarks: Bool
    let tail: SplitPattern.SymbolTail

    /// Whether marks are symbols if, and only if, words have none.
    func fits(_ words: SplitPattern.Words) -> Bool { withoutMarks == (words == .lettersAndMarks) }
  }

  static var symbols: [(spelling: String, meaning: Symbols)] {
    var list: [(spelling: String, meaning: Symbols)] = []
    for words in [SplitPattern.Words.letters, .lettersAndMarks] {
      for tail in [SplitPattern.SymbolTail.none, .newlines, .newlinesAndSlashes] {
        let meaning = Symbols(withoutMarks: words == .lettersAndMarks, tail: tail)
        for once in ["", "+"] {
          for twice in tail == .none ? [""] : ["", "+"] {
            let spelling = Self.symbols(words) + once + Self.tail(tail) + twice + "|"
            list.append((spelling, meaning))
          }
        }
      }
    }
    return list
  }

  static func finalWhitespace(
    _ dialect: RegularExpressionDialect
  ) -> [(spelling: String, meaning: Bool)] {
    [("", false), (#"\s++$|"#, true), (#"\s+\z|"#, true), (#"\s++\z|"#, true)]
      + (dialect == .tiktoken ? [(#"\s+$|"#, true)] : [])
  }

  static let newlineRuns: [(spelling: String, meaning: Bool)] = [
    ("", false), (#"\s*[\r\n]|"#, true), (#"\s*[\r\n]+|"#, true), (#"\s*[\r\n]++|"#, true),
  ]

  static let rest: [(spelling: String, meaning: Void)] = [
    (#"\s+(?!\S)|\s+"#, ()), (#"\s+(?!\S)|\s"#, ()), (#"\s+(?!\S)|\s++"#, ()),
  ]
}
