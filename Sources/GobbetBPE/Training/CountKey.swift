/// A pretoken as two words, by which a `PretokenTable` finds it.
///
/// Of up to 15 bytes, the first eight are in `low`, the first of them lowest, the others in `high`,
/// with their number in its top byte. Of a longer pretoken, `low` has the length and half a hash,
/// and the top byte of `high` is all ones; in the table, the rest of `high` says where its bytes
/// are.
struct CountKey: Equatable, Sendable {
  /// The longest pretoken that is wholly in its key.
  static let inlineByteCount = 15
  private static let longTag: UInt64 = 0xFF << 56

  /// The first bytes, or half a hash above the length.
  let low: UInt64
  /// The other bytes below their number, or the place below a tag.
  let high: UInt64

  /// The key of no bytes.
  static let empty = CountKey(low: 0, high: 0)

  /// The key of the bytes in `range`.
  init(_ bytes: RawSpan, _ range: Range<Int>) {
    switch range.count {
    case 0...Self.inlineByteCount where range.upperBound < 8:
      var word: UInt64 = 0
      for offset in range.reversed() { word = word << 8 | UInt64(bytes.byte(at: offset)) }
      low = word
      high = UInt64(range.count) << 56
    case 0...8:
      // The word that ends where the pretoken ends, without what lies in front of it.
      low = bytes.word(at: range.upperBound - 8) >> UInt64(64 - 8 * range.count)
      high = UInt64(range.count) << 56
    case 9...Self.inlineByteCount:
      low = bytes.word(at: range.lowerBound)
      high =
        bytes.word(at: range.upperBound - 8) >> UInt64(128 - 8 * range.count)
        | UInt64(range.count) << 56
    default:
      var hash = UInt64(range.count)
      for offset in stride(from: range.lowerBound, to: range.upperBound - 8, by: 8) {
        hash = Self.mixed(hash, bytes.word(at: offset))
      }
      hash = Self.mixed(hash, bytes.word(at: range.upperBound - 8))
      low = hash << 32 | UInt64(range.count)
      high = Self.longTag
    }
  }

  /// The key of a space and the bytes that a key is of; nil if they would be too many for one.
  func behindSpace() -> CountKey? {
    guard byteCount < Self.inlineByteCount else { return nil }
    let others = high & ~(0xFF << 56)
    return CountKey(
      low: low << 8 | 0x20, high: others << 8 | low >> 56 | UInt64(byteCount + 1) << 56)
  }

  private init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// Whether the bytes are not in the key.
  var isLong: Bool { high >= Self.longTag }

  /// How many bytes the pretoken has.
  var byteCount: Int { Int(truncatingIfNeeded: isLong ? low & 0xFFFF_FFFF : high >> 56) }

  /// Where the bytes of a long pretoken start in the table.
  var place: Int { Int(truncatingIfNeeded: high & ~Self.longTag) }

  /// The key of a long pretoken whose bytes start at `place`.
  func placed(at place: Int) -> CountKey {
    CountKey(low: low, high: Self.longTag | UInt64(place))
  }

  /// The bytes of a short pretoken, appended to `bytes`.
  func appendInlineBytes(to bytes: inout [UInt8]) {
    for offset in 0..<byteCount {
      let word = offset < 8 ? low : high
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * (offset & 7))))
    }
  }

  /// Whether a short pretoken comes before another short one in the order of bytes.
  func inlinePrecedes(_ other: CountKey) -> Bool {
    low != other.low
      ? low.byteSwapped < other.low.byteSwapped : high.byteSwapped < other.high.byteSwapped
  }

  /// Where the search for the pretoken starts.
  var hash: UInt64 { Self.mixed(low, isLong ? Self.longTag : high) }

  private static func mixed(_ first: UInt64, _ second: UInt64) -> UInt64 {
    let product = (first ^ 0x9E37_79B9_7F4A_7C15)
      .multipliedFullWidth(by: second ^ 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }
}

extension RawSpan {
  /// The byte at `offset`.
  func byte(at offset: Int) -> UInt8 {
    // SAFETY: the offset is checked, and every bit pattern is a byte.
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// The eight bytes from `offset` on, the first of them lowest.
  func word(at offset: Int) -> UInt64 {
    // SAFETY: the offset is checked, and every bit pattern is an integer.
    UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
