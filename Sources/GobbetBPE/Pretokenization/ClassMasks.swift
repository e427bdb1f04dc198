internal import CGobbetScan

/// The classes of 64 bytes of text, as masks: the lowest bit belongs to the first byte.
///
/// All bytes of a scalar have its class. The masks stop being true at `knownCount`, the first
/// scalar that is not wholly in the window or whose class has no mask: numbers and white space
/// beyond ASCII; where words are case-aware, marks that do not follow a letter; where they are
/// DeepSeek's, what is neither letter nor symbol, and symbols among the kana.
struct ClassMasks {
  /// Bytes in a window.
  static let byteCount = 64

  /// `\p{L}`, and marks after them where marks belong to words.
  private(set) var letters: UInt64 = 0
  /// `[A-Za-z]`.
  private(set) var asciiLetters: UInt64 = 0
  /// Letters in `[一-龥぀-ゟ゠-ヿ]`; only filled in for DeepSeek's words.
  private(set) var hanAndKana: UInt64 = 0
  /// `[\p{Lu}\p{Lt}]`; only filled in where case matters.
  private(set) var upper: UInt64 = 0
  /// `[\p{Lm}\p{Lo}\p{M}]`; only filled in where case matters.
  private(set) var caseless: UInt64 = 0
  /// `[0-9]`.
  private(set) var digits: UInt64 = 0
  /// U+0020.
  private(set) var spaces: UInt64 = 0
  /// White space of ASCII other than newlines.
  private(set) var blanks: UInt64 = 0
  /// `[\r\n]`.
  private(set) var newlines: UInt64 = 0
  /// Everything else.
  private(set) var symbols: UInt64 = 0
  /// Bytes of `symbols` that are not the first of their scalar.
  private(set) var symbolContinuations: UInt64 = 0
  /// `'`.
  private(set) var apostrophes: UInt64 = 0
  /// How many bytes the masks are true for.
  private(set) var knownCount = byteCount

  /// The masks of the window that begins at `start`; where fewer than 64 bytes are left, of those.
  ///
  /// - Precondition: the text has at least 64 bytes, and some of them are left.
  @inline(__always) init(of text: ClassifiedText, from start: Int, words: SplitPattern.Words) {
    // At the end of the text the bytes in front of the window are loaded too, and shifted out.
    let place = min(start, text.count - Self.byteCount)
    let outside = UInt64(start - place)
    let masks = text.masks(at: place)
    knownCount = min(Self.byteCount, text.count - start)
    letters = masks.letters &>> outside
    asciiLetters = letters
    if words == .caseAware { upper = text.mask(at: place, first: 0x41, count: 26) &>> outside }
    digits = masks.digits &>> outside
    spaces = masks.spaces &>> outside
    newlines = masks.newlines &>> outside
    blanks = spaces | (masks.controls &>> outside) & ~newlines
    apostrophes = masks.apostrophes &>> outside
    let beyondASCII = masks.beyond_ascii &>> outside
    let known = UInt64.max &>> UInt64(Self.byteCount - knownCount)
    symbols = known & ~(letters | digits | blanks | newlines | beyondASCII)
    if words == .deepSeek {
      let others =
        text.mask(at: place, first: 0, count: 0x20) | text.mask(at: place, first: 0x7F, count: 1)
      knownCount = min(knownCount, ((others &>> outside) & symbols).trailingZeroBitCount)
    }
    if beyondASCII != 0 {
      var remaining = beyondASCII
      // Where three scalars in a row are beyond ASCII, most of them are letters of East Asia.
      if words != .deepSeek, beyondASCII & (beyondASCII &>> 3) & (beyondASCII &>> 6) != 0 {
        let eastAsian = text.eastAsianLetters(at: place) &>> outside
        letters |= eastAsian
        caseless = eastAsian
        remaining &= ~eastAsian
      }
      knownCount = min(knownCount, add(remaining, of: text, from: start, words))
    }
  }

  /// Fills in the classes of the scalars that have the bytes in `remaining`, and returns the first
  /// of them that has no mask, or 64.
  private mutating func add(
    _ remaining: UInt64, of text: ClassifiedText, from start: Int, _ words: SplitPattern.Words
  ) -> Int {
    let letterClasses = words.letters
    let maskedClasses = words.maskedClasses
    var remaining = remaining
    while remaining != 0 {
      let first = remaining.trailingZeroBitCount
      let unit = text.unit(at: start + first)
      let end = unit.end - start
      if end > Self.byteCount || !maskedClasses.contains(unit.unicodeClass) { return first }
      let bits = Self.bits(from: first, to: end)
      let isLetter = letterClasses.contains(unit.unicodeClass)
      if words == .caseAware {
        // A mark may be a part of the word or of the symbols before it, or begin a word.
        let isMark = unit.unicodeClass == UnicodeClass.mark
        if isMark, letters & (bits &>> 1) & ~bits == 0 { return first }
        upper |= unit.unicodeClass == UnicodeClass.upper ? bits : 0
        caseless |= UnicodeClassSet.bothCases.contains(unit.unicodeClass) ? bits : 0
      } else if words == .deepSeek, text.isHanOrKana(at: start + first, unit) {
        if !isLetter { return first }
        hanAndKana |= bits
      }
      letters |= isLetter ? bits : 0
      let symbol = isLetter ? 0 : bits
      symbols |= symbol
      symbolContinuations |= symbol & (symbol &<< 1)
      remaining &= ~bits
    }
    return Self.byteCount
  }

  /// Where the window that begins at `start` has slashes.
  static func slashes(of text: ClassifiedText, from start: Int) -> UInt64 {
    let place = min(start, text.count - byteCount)
    return text.mask(at: place, first: 0x2F, count: 1) &>> UInt64(start - place)
  }

  /// A mask of the bits from `first` to below `end`, which is more, and at most 64.
  @inline(__always) private static func bits(from first: Int, to end: Int) -> UInt64 {
    (UInt64.max &>> UInt64(64 - (end - first))) &<< UInt64(first)
  }
}
