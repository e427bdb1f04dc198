/// Cuts a text into pretokens as the regular expression of its pattern says, by trying.
///
/// The pattern is spelled out as the alternatives of the published expression, and each is matched
/// by plain backtracking over an array of scalars. Nothing here is shared with ``PretokenScanner``
/// but the class of a scalar, so that each can be checked against the other.
struct ReferenceScanner: Sendable {
  /// Expressions that are applied one after the other, each to what the one before has cut.
  private let expressions: [[[Step]]]
  /// What cuts in their place, if there is one.
  private let expression: SplitExpression?

  init(_ pattern: SplitPattern) {
    expression = pattern.expression
    if pattern.words == .everything {
      expressions = []
      return
    }
    expressions =
      pattern.words == .deepSeek
      ? [[[Self.digits(of: pattern)]], [[.repeated(.kanaOrHan, 1, .max)]], Self.deepSeek]
      : [Self.alternatives(of: pattern)]
  }

  /// The pretokens of `bytes`, in order.
  func pretokens(in bytes: [UInt8]) -> [Range<Int>] {
    if let expression { return expression.referenceParts(of: bytes) }
    return expressions.reduce(bytes.isEmpty ? [] : [bytes.indices]) { pieces, expression in
      pieces.flatMap { piece in
        Self.cut(Array(bytes[piece]), expression).map {
          ($0.lowerBound + piece.lowerBound)..<($0.upperBound + piece.lowerBound)
        }
      }
    }
  }

  /// The matches of an expression, and what is between them.
  private static func cut(_ bytes: [UInt8], _ alternatives: [[Step]]) -> [Range<Int>] {
    let text = ReferenceText(bytes)
    var pieces: [Range<Int>] = []
    var unmatched = 0
    var start = 0
    while start < text.count {
      guard let end = alternatives.lazy.compactMap({ match($0[...], text, start) }).first else {
        start += 1
        continue
      }
      for range in [unmatched..<start, start..<end] where !range.isEmpty {
        pieces.append(text.offsets[range.lowerBound]..<text.offsets[range.upperBound])
      }
      unmatched = end
      start = end
    }
    if unmatched < text.count { pieces.append(text.offsets[unmatched]..<bytes.count) }
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

  private static func alternatives(of pattern: SplitPattern) -> [[Step]] {
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
    case .letters, .deepSeek, .everything:
      list.append([prefix, .repeated(.letter, 1, .max)] + suffix)
    case .lettersAndMarks:
      list.append([prefix, .repeated(.letterOrMark, 1, .max)] + suffix)
    case .caseAware:
      list.append([prefix, .repeated(.upper, 0, .max), .repeated(.lower, 1, .max)] + suffix)
      list.append([prefix, .repeated(.upper, 1, .max), .repeated(.lower, 0, .max)] + suffix)
    }
    let space: [Step] = pattern.digits == .runWithSpace ? [.repeated(.space, 0, 1)] : []
    list.append(space + [digits(of: pattern)])
    let symbolSet: ScalarSet = pattern.words == .lettersAndMarks ? .symbolNoMark : .symbol
    let symbols: [Step] = [.repeated(.space, 0, 1), .repeated(symbolSet, 1, .max)]
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

  private static func digits(of pattern: SplitPattern) -> Step {
    switch pattern.digits {
    case .runWithSpace: .repeated(.number, 1, .max)
    case .one: .repeated(.number, 1, 1)
    case .upToTwo: .repeated(.number, 1, 2)
    case .upToThree: .repeated(.number, 1, 3)
    }
  }

  /// The last of DeepSeek's three expressions.
  private static let deepSeek: [[Step]] = [
    [.repeated(.asciiSymbol, 1, 1), .repeated(.asciiLetter, 1, .max)],
    [.repeated(.notNewlineLetterOrSymbol, 0, 1), .repeated(.letterOrMark, 1, .max)],
    [
      .repeated(.space, 0, 1), .repeated(.punctuationOrSymbol, 1, .max),
      .repeated(.newline, 0, .max),
    ],
    [.repeated(.whitespace, 0, .max), .repeated(.newline, 1, .max)],
    [.repeated(.whitespace, 1, .max), .notBeforeOther],
    [.repeated(.whitespace, 1, .max)],
  ]
}

/// A class of scalars in an expression.
enum ScalarSet: Sendable {
  case space, newline, newlineOrSlash, whitespace, letter, letterOrMark, number
  case asciiLetter, asciiSymbol
  /// `[^\s\p{L}\p{N}]`.
  case symbol
  /// `[^\s\p{L}\p{M}\p{N}]`.
  case symbolNoMark
  /// `[\p{P}\p{S}]`.
  case punctuationOrSymbol
  /// `[^\r\n\p{L}\p{N}]`.
  case notNewlineLetterOrNumber
  /// `[^\r\n\p{L}\p{P}\p{S}]`.
  case notNewlineLetterOrSymbol
  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
  case upper
  /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
  case lower
  /// `[一-龥\u{3040}-ゟ゠-ヿ]`.
  case kanaOrHan

  func contains(_ text: ReferenceText, _ position: Int) -> Bool {
    let scalar = text.scalars[position]
    let category = text.categories[position]
    let isNewline = scalar == "\r" || scalar == "\n"
    let isSymbol = category == .punctuation || category == .symbol
    return switch self {
    case .space: scalar == " "
    case .newline: isNewline
    case .newlineOrSlash: isNewline || scalar == "/"
    case .whitespace: category == .whitespace
    case .letter: category.isLetter
    case .letterOrMark: category.isLetter || category == .mark
    case .number: category == .number
    case .asciiLetter: ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    case .asciiSymbol: scalar.isASCII && isSymbol
    case .symbol: !category.isLetter && category != .number && category != .whitespace
    case .symbolNoMark: Self.symbol.contains(text, position) && category != .mark
    case .punctuationOrSymbol: isSymbol
    case .notNewlineLetterOrNumber: !isNewline && !category.isLetter && category != .number
    case .notNewlineLetterOrSymbol: !isNewline && !category.isLetter && !isSymbol
    case .upper: category.isLetter && category != .lowercase || category == .mark
    case .lower: category.isLetter && category != .uppercase || category == .mark
    case .kanaOrHan:
      ("\u{4E00}"..."\u{9FA5}").contains(scalar) || ("\u{3040}"..."\u{30FF}").contains(scalar)
    }
  }
}
