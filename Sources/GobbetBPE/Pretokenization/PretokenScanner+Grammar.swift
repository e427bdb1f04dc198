/// The grammar itself, one scalar after the other: the slower half of the scanner, which decides
/// whatever `ClassMasks` cannot, and which the faster half is tested against.
extension PretokenScanner {
  /// The end of the pretoken that begins at `start`, where another has ended or the text begins.
  ///
  /// - Precondition: `start` is below the count of `text`.
  func endOfPretoken(from start: Int, in text: ClassifiedText) -> Int {
    if pattern.words == .everything { return text.count }
    if pattern.words == .deepSeek { return endOfDeepSeekPretoken(from: start, in: text) }
    if let end = contraction(at: start, in: text, asSuffix: false) { return end }
    let first = text.unit(at: start)
    if let end = word(from: start, first, in: text) { return end }
    if let end = digits(from: start, first, in: text) { return end }
    if let end = symbols(from: start, first, in: text) { return end }
    return whitespace(from: start, in: text)
  }

  // MARK: Words

  private func word(from start: Int, _ first: ClassifiedText.Unit, in text: ClassifiedText) -> Int?
  {
    guard let end = bareWord(from: start, first, in: text) else { return nil }
    return contraction(at: end, in: text, asSuffix: true) ?? end
  }

  private func bareWord(
    from start: Int, _ first: ClassifiedText.Unit, in text: ClassifiedText
  ) -> Int? {
    switch pattern.words {
    case .caseAware: return caseAwareWord(from: start, first, in: text)
    default:
      // Where a prefix may be a mark and so begin the word itself, the end is the same.
      let isPrefixed = hasWordPrefix(start, first, in: text)
      let end = text.endOfRun(pattern.words.letters, from: isPrefixed ? first.end : start)
      let isLetter = pattern.words.letters.contains(first.unicodeClass)
      return end > first.end || isLetter ? end : nil
    }
  }

  private func hasWordPrefix(
    _ start: Int, _ first: ClassifiedText.Unit, in text: ClassifiedText
  ) -> Bool {
    switch pattern.wordPrefix {
    case .space: text[start] == UInt8(ascii: " ")
    case .anyButNewline: UnicodeClassSet.wordPrefixes.contains(first.unicodeClass)
    }
  }

  /// Both alternatives of a case-aware word, each with its prefix and then without, as a
  /// backtracking matcher tries them.
  private func caseAwareWord(
    from start: Int, _ first: ClassifiedText.Unit, in text: ClassifiedText
  ) -> Int? {
    let prefixed: UpperRun? =
      hasWordPrefix(start, first, in: text) ? UpperRun(from: first.end, in: text) : nil
    if let end = prefixed?.endOfLowerLike { return end }
    // Only a mark is a prefix and may begin a word as well; what follows it was looked at already,
    // so that no more than twice a word's length is read.
    if prefixed == nil || first.unicodeClass == UnicodeClass.mark {
      let bare = UpperRun(from: start, in: text)
      if let end = bare.endOfLowerLike { return end }
      if let end = prefixed?.endOfUpperLike ?? bare.endOfUpperLike { return end }
    }
    return prefixed?.endOfUpperLike
  }

  // MARK: Digits, symbols, white space

  func digits(
    from start: Int, _ first: ClassifiedText.Unit, in text: ClassifiedText
  ) -> Int? {
    switch pattern.digits {
    case .runWithSpace:
      let begin = text[start] == UInt8(ascii: " ") ? first.end : start
      let end = text.endOfRun(.numbers, from: begin)
      return end > begin ? end : nil
    case .one, .upToTwo, .upToThree:
      guard first.unicodeClass == UnicodeClass.number else { return nil }
      var end = first.end
      for _ in 1..<Int(pattern.digits.rawValue) {
        let next = text.unit(at: end)
        guard next.unicodeClass == UnicodeClass.number else { break }
        end = next.end
      }
      return end
    }
  }

  private func symbols(
    from start: Int, _ first: ClassifiedText.Unit, in text: ClassifiedText
  ) -> Int? {
    let begin = text[start] == UInt8(ascii: " ") ? first.end : start
    var end = text.endOfRun(pattern.words.symbols, from: begin)
    guard end > begin else { return nil }
    if pattern.symbolTail != .none {
      let slashes = pattern.symbolTail == .newlinesAndSlashes
      while end < text.count {
        let byte = text[end]
        guard byte == 0x0A || byte == 0x0D || (slashes && byte == UInt8(ascii: "/")) else { break }
        end += 1
      }
    }
    return end
  }

  /// `\s+$`, `\s*[\r\n]+`, `\s+(?!\S)` and `\s`, in this order.
  private func whitespace(from start: Int, in text: ClassifiedText) -> Int {
    let run = WhiteRun(from: start, in: text)
    if pattern.finalWhitespaceWhole, run.end == text.count { return run.end }
    if pattern.newlineRuns, let endOfNewlines = run.endOfNewlines { return endOfNewlines }
    return run.endOfPretoken(endsText: run.end == text.count)
  }

  // MARK: Contractions

  /// The end of a contraction at `start`; nil if there is none, or not for this pattern here.
  func contraction(
    at start: Int, in text: ClassifiedText, asSuffix: Bool
  ) -> Int? {
    guard start + 1 < text.count, text[start] == UInt8(ascii: "'"),
      pattern.contractions != .none,
      (pattern.contractions == .anyCaseSuffix) == asSuffix
    else { return nil }
    let anyCase = pattern.contractions != .lowercase
    func letter(_ index: Int) -> UInt8 {
      guard index < text.count else { return 0 }
      let byte = text[index]
      let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      return anyCase && isUpper ? byte | 0x20 : byte
    }
    switch (letter(start + 1), letter(start + 2)) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "d"), _),
      (UInt8(ascii: "m"), _):
      return start + 2
    case (UInt8(ascii: "l"), UInt8(ascii: "l")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "r"), UInt8(ascii: "e")):
      return start + 3
    // U+017F, LATIN SMALL LETTER LONG S, folds to s.
    case (0xC5, 0xBF) where anyCase: return start + 3
    default: return nil
    }
  }
}

/// A longest run of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, and where words that begin with it may end.
private struct UpperRun {
  /// The end of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`; nil if it does not
  /// match.
  let endOfLowerLike: Int?
  /// The end of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+`; nil if it is empty.
  let endOfUpperLike: Int?

  init(from start: Int, in text: ClassifiedText) {
    var end = start
    var next = text.unit(at: end)
    var lastLowerLike: Int?
    while end < text.count, UnicodeClassSet.upperLike.contains(next.unicodeClass) {
      end = next.end
      if UnicodeClassSet.lowerLike.contains(next.unicodeClass) { lastLowerLike = end }
      next = text.unit(at: end)
    }
    endOfUpperLike = end > start ? end : nil
    if end < text.count, next.unicodeClass == UnicodeClass.lower {
      endOfLowerLike = text.endOfRun(.lowerLike, from: end)
    } else {
      // The upper-like run gives back scalars until one of them is lower-like too.
      endOfLowerLike = lastLowerLike
    }
  }
}
