/// The faster half of the scanner: the pretokens of 64 bytes at once, out of shifts and ands.
///
/// A window begins where a pretoken begins, so nothing in front of it matters. What a start at some
/// byte depends on lies at most two bytes after it, but for white space, which depends on what
/// ends its run; starts nearer to the end of what is known are left to the next window.
extension PretokenScanner {
  /// What ``endsOfPretokens(from:in:)`` promises, for a text of at least 64 bytes.
  func windowEnds(from start: Int, in text: ClassifiedText) -> UInt64 {
    let masks = ClassMasks(of: text, from: start, words: pattern.words)
    // What a run of symbols takes along is neither white space nor the beginning of a run.
    let tails = symbolTails(masks, start, text)
    let symbols = masks.symbols & ~tails
    let symbolStarts = symbols & ~(symbols &<< 1) & ~(masks.spaces &<< 1)
    let newlines = masks.newlines & ~tails

    var knownCount = masks.knownCount
    var starts = symbolStarts | digitStarts(masks.digits, spaces: masks.spaces)
    if pattern.words == .deepSeek {
      starts |= whiteStarts(masks.blanks, newlines, partEnds: masks.digits | masks.hanAndKana)
      starts |= deepSeekWordStarts(masks, symbolStarts, &knownCount)
    } else {
      starts |= whiteStarts(masks.blanks, newlines, partEnds: 0)
      starts |= wordStarts(masks, symbolStarts, &knownCount)
    }
    if pattern.contractions != .none {
      let before = pattern.contractions == .anyCaseSuffix ? masks.letters &<< 1 : symbolStarts
      let apostrophes = masks.apostrophes & before & (masks.letters &>> 1)
      if apostrophes != 0 { moveStarts(&starts, of: apostrophes, start, text) }
    }
    return starts & Self.trusted(knownCount, white: masks.blanks | newlines) & ~1
  }

  /// Where words begin with a letter.
  @inline(__always) private func wordStarts(
    _ masks: ClassMasks, _ symbolStarts: UInt64, _ knownCount: inout Int
  ) -> UInt64 {
    let letters = masks.letters
    var prefixes = masks.spaces
    if pattern.wordPrefix == .anyButNewline {
      // Where the first scalar of a run of symbols is the last one too.
      var singles = symbolStarts
      if masks.symbolContinuations != 0 {
        for _ in 0..<3 { singles |= (singles &<< 1) & masks.symbolContinuations }
      }
      prefixes = masks.blanks | singles
    }
    let starts = letters & ~(letters &<< 1) & ~(prefixes &<< 1)
    guard pattern.words == .caseAware else { return starts }
    // Whether a word goes on here depends on how the run of upper case ends.
    knownCount = min(knownCount, (masks.upper & (masks.caseless &<< 1)).trailingZeroBitCount)
    return starts | masks.upper & ((letters & ~masks.upper & ~masks.caseless) &<< 1)
  }

  /// Where DeepSeek's words begin with a letter.
  @inline(__always) private func deepSeekWordStarts(
    _ masks: ClassMasks, _ symbolStarts: UInt64, _ knownCount: inout Int
  ) -> UInt64 {
    let letters = masks.letters
    let firsts = letters & ~(letters &<< 1)
    // After the only byte of a run of symbols a word goes on for as long as its letters are ASCII.
    let behindSymbols = firsts & masks.asciiLetters & (symbolStarts &<< 1)
    let wordsBehindSymbols = letters & ~(letters &+ behindSymbols)
    knownCount = min(knownCount, (wordsBehindSymbols & ~masks.asciiLetters).trailingZeroBitCount)
    let behindBlanks = firsts & (masks.blanks &<< 1) & ~masks.hanAndKana
    let changes = letters & (letters &<< 1) & (masks.hanAndKana ^ (masks.hanAndKana &<< 1))
    return firsts & ~behindSymbols & ~behindBlanks | changes
  }

  /// `[\r\n]*` or `[\r\n/]*` after symbols.
  @inline(__always) private func symbolTails(
    _ masks: ClassMasks, _ start: Int, _ text: ClassifiedText
  ) -> UInt64 {
    if pattern.symbolTail == .none { return 0 }
    let firsts = masks.newlines & (masks.symbols &<< 1)
    if firsts == 0 { return 0 }
    var runs = masks.newlines
    if pattern.symbolTail == .newlinesAndSlashes, (masks.newlines &<< 1) & masks.symbols != 0 {
      runs |= ClassMasks.slashes(of: text, from: start)
    }
    // The carry clears a run from its first bit in `firsts` on, and puts back any later ones.
    return (runs & ~(runs &+ firsts)) | firsts
  }

  /// Where pretokens begin with white space, of which a run that ends where one of `partEnds` is
  /// ends as it does at the end of the text.
  @inline(__always) private func whiteStarts(
    _ blanks: UInt64, _ newlines: UInt64, partEnds: UInt64
  ) -> UInt64 {
    let white = blanks | newlines
    let lasts = white & ~(white &>> 1)
    let starts = white & ~(white &<< 1)
    guard pattern.newlineRuns else { return starts | lasts }
    // The last scalar of a run is by itself, or what the next word or symbols begin with, unless
    // it is a newline; what is between it and the last newline is a pretoken.
    let lastBlanks = lasts & blanks
    let left = lastBlanks & ~(partEnds &>> 1)
    let afterNewlines = (newlines &<< 1) & blanks
    if afterNewlines & ~left == 0 { return starts | left }
    var reached = lastBlanks
    var runs = blanks
    var shift: UInt64 = 1
    while shift < 64 {
      reached |= runs & (reached &>> shift)
      runs &= runs &>> shift
      shift &*= 2
    }
    return starts | left | (afterNewlines & reached)
  }

  /// Where pretokens begin with digits.
  @inline(__always) private func digitStarts(_ digits: UInt64, spaces: UInt64) -> UInt64 {
    let firsts = digits & ~(digits &<< 1)
    switch pattern.digits {
    case .one: return digits
    case .runWithSpace: return firsts & ~(spaces &<< 1)
    case .upToTwo:
      return groups(of: 2, firsts, followed: digits & (digits &<< 1) & (digits &<< 2))
    case .upToThree:
      let fourths = digits & (digits &<< 1) & (digits &<< 2) & (digits &<< 3)
      return groups(of: 3, firsts, followed: fourths)
    }
  }

  /// The first digits of groups: `firsts`, and whatever is `size` digits after one.
  @inline(__always) private func groups(
    of size: UInt64, _ firsts: UInt64, followed: UInt64
  ) -> UInt64 {
    var starts = firsts
    var next = (firsts &<< size) & followed
    while next != 0 {
      starts |= next
      next = (next &<< size) & followed
    }
    return starts
  }

  /// Makes contractions one pretoken, or a part of the word before.
  private func moveStarts(
    _ starts: inout UInt64, of apostrophes: UInt64, _ start: Int, _ text: ClassifiedText
  ) {
    let asSuffix = pattern.contractions == .anyCaseSuffix
    var apostrophes = apostrophes
    var lastEnd = -1
    while apostrophes != 0 {
      let offset = apostrophes.trailingZeroBitCount
      apostrophes &= apostrophes &- 1
      // A word has one suffix: an apostrophe after it begins the next pretoken.
      guard offset != lastEnd || !asSuffix,
        let end = contraction(at: start + offset, in: text, asSuffix: asSuffix)
      else { continue }
      lastEnd = end - start
      let firstInside = UInt64(asSuffix ? offset : offset + 1)
      // Shifts of 64 or more, which these may be, give zero.
      starts &= ~((1 << UInt64(lastEnd)) &- (1 << firstInside))
      starts |= 1 << UInt64(lastEnd)
    }
  }

  /// The bytes at which starts are final where that many bytes are known.
  @inline(__always) private static func trusted(_ knownCount: Int, white: UInt64) -> UInt64 {
    if knownCount < 3 { return 0 }
    let known = UInt64.max &>> UInt64(64 - knownCount)
    var trusted = known &>> 2
    if (white &>> UInt64(knownCount - 1)) & 1 != 0 {
      // White space goes on, for all we know: only the first of it is final.
      let last = 63 - (white & ~(white &<< 1) & known).leadingZeroBitCount
      trusted &= (2 &<< UInt64(last)) &- 1
    }
    return trusted
  }
}
