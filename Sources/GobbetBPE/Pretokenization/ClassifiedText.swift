/// UTF-8 bytes, seen as scalars with their classes.
///
/// A byte that does not begin a well-formed scalar is a unit of its own, of class `other`.
@safe struct ClassifiedText {
  private let bytes: UnsafeBufferPointer<UInt8>

  // SAFETY: the caller keeps `bytes` alive and unchanged for as long as it uses the text; all
  // reads are below `count`.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = bytes }

  var count: Int { unsafe bytes.count }

  @inline(__always) subscript(index: Int) -> UInt8 {
    assert(index >= 0 && index < count)
    // SAFETY: every caller stays below `count`.
    return unsafe bytes[index]
  }

  /// Sixteen bytes from `index` on, all of which there must be.
  @inline(__always) func sixteenBytes(at index: Int) -> SIMD16<UInt8> {
    assert(index >= 0 && index + 16 <= count)
    // SAFETY: every caller has made sure of sixteen bytes, and every bit pattern is a byte.
    return unsafe UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped)
      .loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
  }

  /// A unit of text: its class, and where the next one begins.
  typealias Unit = (unicodeClass: UInt8, end: Int)

  /// The unit that begins at `index`; past the end, an empty one of class `other`.
  @inline(__always) func unit(at index: Int) -> Unit {
    guard index < count else { return (UnicodeClass.other, index) }
    let byte = self[index]
    if byte < 0x80 { return (Self.unicodeClass(of: UInt32(byte)), index + 1) }
    return longUnit(at: index)
  }

  /// The end of the longest run of units in `set` that begins at `start`.
  @inline(__always) func endOfRun(_ set: UnicodeClassSet, from start: Int) -> Int {
    var end = start
    while end < count {
      let next = unit(at: end)
      guard set.contains(next.unicodeClass) else { break }
      end = next.end
    }
    return end
  }

  private func longUnit(at index: Int) -> Unit {
    guard let scalar = scalar(at: index) else { return (UnicodeClass.other, index + 1) }
    return (Self.unicodeClass(of: scalar.value), scalar.end)
  }

  /// The scalar of two bytes or more at `index`; nil if its bytes are not well-formed.
  ///
  /// - Source: The Unicode Standard 16.0, table 3-7.
  private func scalar(at index: Int) -> (value: UInt32, end: Int)? {
    let lead = self[index]
    let length: Int
    var value: UInt32
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: (length, value) = (2, UInt32(lead & 0x1F))
    case 0xE0...0xEF:
      (length, value) = (3, UInt32(lead & 0x0F))
      if lead == 0xE0 { second = 0xA0...0xBF }
      if lead == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      (length, value) = (4, UInt32(lead & 0x07))
      if lead == 0xF0 { second = 0x90...0xBF }
      if lead == 0xF4 { second = 0x80...0x8F }
    default: return nil
    }
    guard index + length <= count, second.contains(self[index + 1]) else { return nil }
    for offset in 1..<length {
      let byte = self[index + offset]
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return (value, index + length)
  }

  /// The class of a scalar.
  ///
  /// - Precondition: `scalar` is at most U+10FFFF.
  @inline(__always) static func unicodeClass(of scalar: UInt32) -> UInt8 {
    let zero = UInt8(ascii: "0")
    let length = UnicodeTables.blockLength
    // SAFETY: the tables cover every scalar up to U+10FFFF: two digits for each 128 of them, and
    // 128 digits for each block that those name.
    let numbers = unsafe UnicodeTables.blockNumbers.utf8Start + 2 * (Int(scalar) / length)
    let block = unsafe Int(numbers[0] &- zero) * 32 + Int(numbers[1] &- zero)
    return unsafe UnicodeTables.blocks.utf8Start[block * length + Int(scalar) % length] &- zero
  }
}
