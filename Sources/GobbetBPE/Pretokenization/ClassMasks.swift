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
  @inline(__always) init(of text: ClassifiedText, from start: Int, words: Pattern.Words) {
    let all = Self.all
    knownCount = min(Self.byteCount, text.count - start)
    letters = Self.mask(of: text, from: start) { (($0 | 0x20) &- 0x61) .< all(26) }
    asciiLetters = letters
    if words == .caseAware {
      upper = Self.mask(of: text, from: start) { ($0 &- 0x41) .< all(26) }
    }
    digits = Self.mask(of: text, from: start) { ($0 &- 0x30) .< all(10) }
    spaces = Self.mask(of: text, from: start) { $0 .== all(0x20) }
    newlines = Self.mask(of: text, from: start) { ($0 .== all(0x0A)) .| ($0 .== all(0x0D)) }
    let controls = Self.mask(of: text, from: start) { ($0 &- 0x09) .< all(5) }
    blanks = spaces | controls & ~newlines
    apostrophes = Self.mask(of: text, from: start) { $0 .== all(0x27) }
    let beyondASCII = Self.mask(of: text, from: start) { $0 .>= all(0x80) }
    let known = UInt64.max &>> UInt64(Self.byteCount - knownCount)
    symbols = known & ~(letters | digits | blanks | newlines | beyondASCII)
    if words == .deepSeek {
      let others = Self.mask(of: text, from: start) { ($0 .< all(0x20)) .| ($0 .== all(0x7F)) }
      knownCount = min(knownCount, (others & symbols).trailingZeroBitCount)
    }
    if beyondASCII != 0 {
      knownCount = min(knownCount, add(beyondASCII, of: text, from: start, words))
    }
  }

  /// Fills in the classes of the scalars that have the bytes in `remaining`, and returns the first
  /// of them that has no mask, or 64.
  private mutating func add(
    _ remaining: UInt64, of text: ClassifiedText, from start: Int, _ words: Pattern.Words
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
    mask(of: text, from: start) { $0 .== all(0x2F) }
  }

  /// The bytes of a window that pass a test.
  @inline(__always) private static func mask(
    of text: ClassifiedText, from start: Int,
    _ test: (SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>>
  ) -> UInt64 {
    // At the end of the text the bytes in front of the window are loaded too, and shifted out.
    let place = min(start, text.count - byteCount)
    let mask =
      bits(test(text.sixteenBytes(at: place)))
      | bits(test(text.sixteenBytes(at: place + 16))) &<< 16
      | bits(test(text.sixteenBytes(at: place + 32))) &<< 32
      | bits(test(text.sixteenBytes(at: place + 48))) &<< 48
    return mask &>> UInt64(start - place)
  }

  /// A mask of the bits from `first` to below `end`, which is more, and at most 64.
  @inline(__always) private static func bits(from first: Int, to end: Int) -> UInt64 {
    (UInt64.max &>> UInt64(64 - (end - first))) &<< UInt64(first)
  }

  @inline(__always) private static func all(_ byte: UInt8) -> SIMD16<UInt8> {
    SIMD16(repeating: byte)
  }

  /// The lanes of a vector mask as bits.
  @inline(__always) private static func bits(_ mask: SIMDMask<SIMD16<Int8>>) -> UInt64 {
    // SAFETY: both types are 16 bytes, and every bit pattern is two integers.
    let words = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    return lowBits(UInt64(littleEndian: words[0]))
      | lowBits(UInt64(littleEndian: words[1])) &<< 8
  }

  /// Bit `i` is set where byte `i` of `lanes` is all ones, and not where it is zero.
  @inline(__always) private static func lowBits(_ lanes: UInt64) -> UInt64 {
    // Each byte keeps another bit; the multiplication adds them up in the highest byte.
    ((lanes & 0x8040_2010_0804_0201) &* 0x0101_0101_0101_0101) &>> 56
  }
}
