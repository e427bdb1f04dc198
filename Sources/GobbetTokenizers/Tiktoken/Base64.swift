/// Base64 with padding, as RFC 4648 has it in section 4, and nothing more lenient.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The value of each byte as a digit; 64 and above for bytes that aren't a digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// Appends what `text[range]` stands for to `bytes`; false, with `bytes` in any state, if it is no
  /// base64, or has bits set where padding begins.
  static func decode(
    _ text: Span<UInt8>, _ range: Range<Int>, appendingTo bytes: inout [UInt8]
  ) -> Bool {
    guard range.count % 4 == 0 else { return false }
    let values = values.span
    var start = range.lowerBound
    while start < range.upperBound {
      let isLast = start + 4 == range.upperBound
      let padding =
        isLast && text[start + 3] == UInt8(ascii: "=")
        ? (text[start + 2] == UInt8(ascii: "=") ? 2 : 1) : 0
      var bits: UInt32 = 0
      for index in 0..<(4 - padding) {
        let value = values[Int(text[start + index])]
        guard value < 64 else { return false }
        bits |= UInt32(value) << UInt32(18 - 6 * index)
      }
      guard padding == 0 || bits & (padding == 1 ? 0xFF : 0xFFFF) == 0 else { return false }
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      if padding < 2 { bytes.append(UInt8(truncatingIfNeeded: bits >> 8)) }
      if padding < 1 { bytes.append(UInt8(truncatingIfNeeded: bits)) }
      start += 4
    }
    return true
  }

  /// Appends the base64 of `bytes` to `text`.
  static func encode(_ bytes: ArraySlice<UInt8>, appendingTo text: inout [UInt8]) {
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let group = bytes[start..<min(start + 3, bytes.endIndex)]
      var bits: UInt32 = 0
      for (index, byte) in group.enumerated() { bits |= UInt32(byte) << UInt32(16 - 8 * index) }
      for index in 0...group.count {
        text.append(alphabet[Int(bits >> UInt32(18 - 6 * index)) & 63])
      }
      for _ in group.count..<3 { text.append(UInt8(ascii: "=")) }
      start += 3
    }
  }
}
