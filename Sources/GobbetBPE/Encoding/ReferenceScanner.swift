/// Cuts a text into pretokens as the regular expression of its pattern says, by trying.
///
/// The pattern is spelled out as the alternatives of the published expression, and each is matched
/// by plain backtracking over an array of scalars. Nothing here is shared with ``PretokenScanner``
/// but the class of a scalar, so that each can be checked against the other.
struct ReferenceScanner: Sendable {
  /// The expressions that cut one after the other, each the parts that the one before it left; all
  /// patterns but DeepSeek's have one.
  private let stages: [[[Step]]]

  init(_ pattern: Pattern) {
    stages =
      pattern.words == .deepSeek ? Self.deepSeekStages(pattern) : [Self.alternatives(of: pattern)]
  }

  /// The pretokens of `bytes`, in order.
  func pretokens(in bytes: [UInt8]) -> [Range<Int>] {
    stages.reduce(bytes.isEmpty ? [] : [0..<bytes.count]) { parts, alternatives in
      parts.flatMap { Self.cut($0, of: bytes, alternatives) }
    }
  }

  /// The matches in a part, and what lies between them, in order.
  private static func cut(
    _ part: Range<Int>, of bytes: [UInt8], _ alternatives: [[Step]]
  ) -> [Range<Int>] {
    let text = ReferenceText(Array(bytes[part]))
    var pieces: [Range<Int>] = []
    var gap = 0
    var start = 0
    func append(_ range: Range<Int>) {
      guard !range.isEmpty else { return }
      pieces.append(
        (part.lowerBound + text.offsets[range.lowerBound])..<(part.lowerBound
          + text.offsets[range.upperBound]))
    }
    while start < text.count {
      guard let end = alternatives.lazy.compactMap({ Self.match($0[...], text, start) }).first
      else {
        start += 1
        continue
      }
      append(gap..<start)
      append(start..<end)
      start = end
      gap = end
    }
    append(gap..<start)
    return pieces
  }

  /// One step of an alternative.
  private enum Step: Sendable {
    /// Between `minimum` and `maximum` scalars of a class, as many as the rest allows.
    case repeated(ScalarSet, Int, Int)
    /// As many scalars of a class as there are, at least one.
    case possessive(ScalarSet)
    /// `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`; `(anyCase, optional)`.
    case contraction(Bool, Bool)
    /// `(?!\S)`.
    case notBeforeOther
    /// `$`.
    case atEnd
  }

  /// Where a match of `steps` from `position` ends; nil if there is none.
  private static func match(_ steps: ArraySlice<Step>, _ text: ReferenceText, _ position: Int)
    -> Int?
  {
    guard let step = steps.first else { return position }
    let rest = steps.dropFirst()
    switch step {
    case .repeated(let set, let minimum, let maximum):
      var end = text.end(of: set, from: position, atMost: maximum)
      while end >= position + minimum {
        if let match = match(rest, text, end) { return match }
        end -= 1
      }
      return nil
    case .possessive(let set):
      let end = text.end(of: set, from: position, atMost: .max)
      return end > position ? match(rest, text, end) : nil
    case .contraction(let anyCase, let isOptional):
      for length in text.contractions(at: position, anyCase: anyCase) {
        if let match = match(rest, text, position + length) { return match }
      }
      return isOptional ? match(rest, text, position) : nil
    case .notBeforeOther:
      guard position == text.count || ScalarSet.whitespace.contains(text, position) else {
        return nil
      }
      return match(rest, text, position)
    case .atEnd:
      return position == text.count ? match(rest, text, position) : nil
    }
  }

  private static func alternatives(of pattern: Pattern) -> [[Step]] {
    var list: [[Step]] = []
    switch pattern.contractions {
    case .none, .anyCaseSuffix: break
    case .lowercase: list.append([.contraction(false, false)])
    case .anyCase: list.append([.contraction(true, false)])
    }
    let prefix: Step =
      switch pattern.wordPrefix {
      case .space: .repeated(.space, 0, 1)
      case .anyButNewline: .repeated(.notNewlineLetterOrNumber, 0, 1)
      }
    let suffix: [Step] =
      pattern.contractions == .anyCaseSuffix ? [.contraction(true, true)] : []
    switch pattern.words {
    case .letters:
      list.append([prefix, .repeated(.letter, 1, .max)] + suffix)
    case .caseAware:
      list.append([prefix, .repeated(.upper, 0, .max), .repeated(.lower, 1, .max)] + suffix)
      list.append([prefix, .repeated(.upper, 1, .max), .repeated(.lower, 0, .max)] + suffix)
    case .lettersAndMarks, .deepSeek:
      list.append([prefix, .repeated(.letterOrMark, 1, .max)] + suffix)
    }
    switch pattern.digits {
    case .runWithSpace: list.append([.repeated(.space, 0, 1), .repeated(.number, 1, .max)])
    case .one: list.append([.repeated(.number, 1, 1)])
    case .upToTwo: list.append([.repeated(.number, 1, 2)])
    case .upToThree: list.append([.repeated(.number, 1, 3)])
    }
    let symbol = pattern.words == .lettersAndMarks ? ScalarSet.symbolButMark : .symbol
    let symbols: [Step] = [.repeated(.space, 0, 1), .repeated(symbol, 1, .max)]
    switch pattern.symbolTail {
    case .none: list.append(symbols)
    case .newlines: list.append(symbols + [.repeated(.newline, 0, .max)])
    case .newlinesAndSlashes: list.append(symbols + [.repeated(.newlineOrSlash, 0, .max)])
    }
    if pattern.finalWhitespaceWhole { list.append([.possessive(.whitespace), .atEnd]) }
    if pattern.newlineRuns {
      list.append([.repeated(.whitespace, 0, .max), .repeated(.newline, 1, .max)])
    }
    list.append([.repeated(.whitespace, 1, .max), .notBeforeOther])
    list.append([.repeated(.whitespace, 1, .max)])
    return list
  }

  private static func deepSeekStages(_ pattern: Pattern) -> [[[Step]]] {
    [
      [[.repeated(.number, 1, Int(pattern.digits.rawValue))]],
      [[.repeated(.deepSeekIdeograph, 1, .max)]],
      [
        [.repeated(.asciiSymbol, 1, 1), .repeated(.asciiLetter, 1, .max)],
        [.repeated(.notNewlineLetterOrSymbol, 0, 1), .repeated(.letterOrMark, 1, .max)],
        [
          .repeated(.space, 0, 1), .repeated(.punctuationOrSymbol, 1, .max),
          .repeated(.newline, 0, .max),
        ],
        [.repeated(.whitespace, 0, .max), .repeated(.newline, 1, .max)],
        [.repeated(.whitespace, 1, .max), .notBeforeOther],
        [.repeated(.whitespace, 1, .max)],
      ],
    ]
  }
}

/// A class of scalars in an expression.
enum ScalarSet: Sendable {
  case space, newline, newlineOrSlash, whitespace, letter, number, symbol
  /// `[^\r\n\p{L}\p{N}]`.
  case notNewlineLetterOrNumber
  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
  case upper
  /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
  case lower
  /// `[\p{L}\p{M}]`.
  case letterOrMark
  /// `[^\s\p{L}\p{M}\p{N}]`.
  case symbolButMark
  /// `[一-龥぀-ゟ゠-ヿ]`.
  case deepSeekIdeograph
  /// ASCII's punctuation and symbols.
  case asciiSymbol
  /// `[A-Za-z]`.
  case asciiLetter
  /// `[^\r\n\p{L}\p{P}\p{S}]`.
  case notNewlineLetterOrSymbol
  /// `[\p{P}\p{S}]`.
  case punctuationOrSymbol

  func contains(_ text: ReferenceText, _ position: Int) -> Bool {
    let scalar = text.scalars[position]
    let category = text.categories[position]
    return switch self {
    case .space: scalar == " "
    case .newline: scalar == "\r" || scalar == "\n"
    case .newlineOrSlash: scalar == "\r" || scalar == "\n" || scalar == "/"
    case .whitespace: category == .whitespace
    case .letter: category.isLetter
    case .number: category == .number
    case .symbol: !category.isLetter && category != .number && category != .whitespace
    case .notNewlineLetterOrNumber:
      scalar != "\r" && scalar != "\n" && !category.isLetter && category != .number
    case .upper: category.isLetter && category != .lowercase || category == .mark
    case .lower: category.isLetter && category != .uppercase || category == .mark
    case .letterOrMark: category.isLetter || category == .mark
    case .symbolButMark: Self.symbol.contains(text, position) && category != .mark
    case .deepSeekIdeograph:
      ("\u{4E00}"..."\u{9FA5}").contains(scalar) || ("\u{3040}"..."\u{30FF}").contains(scalar)
    case .asciiSymbol: scalar.isASCII && category == .punctuationOrSymbol
    case .asciiLetter: scalar.isASCII && category.isLetter
    case .notNewlineLetterOrSymbol:
      scalar != "\r" && scalar != "\n" && !category.isLetter && category != .punctuationOrSymbol
    case .punctuationOrSymbol: category == .punctuationOrSymbol
    }
  }
}
