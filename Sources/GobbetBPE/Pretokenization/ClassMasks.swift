/// The classes of 64 bytes of text, as masks: the lowest bit belongs to the first byte.
///
/// All bytes of a scalar have its class. The masks stop being true at `knownCount`, the first
/// scalar that is not wholly in the window or whose class has no mask: numbers and white space
/// beyond ASCII, and where words are case-aware, marks that do not follow a letter.
struct ClassMasks {
  /// Bytes in a window.
  static let byteCount = 64

  /// `\p{L}`, and marks after them where marks belong to words.
  private(set) var letters: UInt64 = 0
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

  /// The masks of the window that begins at `start`.
  ///
  /// - Precondition: there are 64 bytes from `start` on.
  @inline(__always) init(of text: ClassifiedText, from start: Int, words: Pattern.Words) {
    let caseAware = words == .caseAware
    var beyondASCII: UInt64 = 0
    var white: UInt64 = 0
    for part in 0..<4 {
      let bytes = text.sixteenBytes(at: start + part * 16)
      let shift = UInt64(part * 16)
      letters |= Self.bits(((bytes | 0x20) &- 0x61) .< Self.all(26)) &<< shift
      if caseAware { upper |= Self.bits((bytes &- 0x41) .< Self.all(26)) &<< shift }
      digits |= Self.bits((bytes &- 0x30) .< Self.all(10)) &<< shift
      spaces |= Self.bits(bytes .== Self.all(0x20)) &<< shift
      white |= Self.bits((bytes .== Self.all(0x20)) .| ((bytes &- 0x09) .< Self.all(5))) &<< shift
      newlines |= Self.bits((bytes .== Self.all(0x0A)) .| (bytes .== Self.all(0x0D))) &<< shift
      apostrophes |= Self.bits(bytes .== Self.all(0x27)) &<< shift
      beyondASCII |= Self.bits(bytes .>= Self.all(0x80)) &<< shift
    }
    blanks = white & ~newlines
    symbols = ~(letters | digits | white | beyondASCII)
    if beyondASCII != 0 { add(beyondASCII, of: text, from: start, words) }
  }

  /// Fills in the classes of the scalars that have the bytes in `remaining`.
  private mutating func add(
    _ remaining: UInt64, of text: ClassifiedText, from start: Int, _ words: Pattern.Words
  ) {
    let caseAware = words == .caseAware
    let letterClasses = words.letters
    var remaining = remaining
    while remaining != 0 {
      let first = remaining.trailingZeroBitCount
      let unit = text.unit(at: start + first)
      let end = unit.end - start
      guard end <= Self.byteCount else {
        knownCount = first
        return
      }
      let bits = Self.bits(from: first, to: end)
      if letterClasses.contains(unit.unicodeClass) {
        if caseAware {
          // A mark may be a part of the word or of symbols before it, or begin a word.
          if unit.unicodeClass == UnicodeClass.mark, letters & (bits &>> 1) & ~bits == 0 {
            knownCount = first
            return
          }
          upper |= unit.unicodeClass == UnicodeClass.upper ? bits : 0
          caseless |= UnicodeClassSet.bothCases.contains(unit.unicodeClass) ? bits : 0
        }
        letters |= bits
      } else if UnicodeClassSet.symbols.contains(unit.unicodeClass) {
        symbols |= bits
        symbolContinuations |= bits & (bits &<< 1)
      } else {
        knownCount = first
        return
      }
      remaining &= ~bits
    }
  }

  /// Where the window that begins at `start` has a certain byte.
  static func mask(of byte: UInt8, in text: ClassifiedText, from start: Int) -> UInt64 {
    (0..<4).reduce(0) { mask, part in
      mask | bits(text.sixteenBytes(at: start + part * 16) .== all(byte)) &<< UInt64(part * 16)
    }
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
