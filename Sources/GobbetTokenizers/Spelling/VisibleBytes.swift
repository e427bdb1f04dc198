internal import GobbetBPE

/// The visible character that stands for each byte in GPT-2's vocabulary files.
enum VisibleBytes {
  /// The scalar of each byte.
  private static let scalars = ByteLetters.scalars

  /// The byte of each scalar; -1 for scalars that stand for none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  /// Appends the UTF-8 of what stands for `bytes` to `text`.
  static func append(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
    for byte in bytes {
      let scalar = scalars[Int(byte)]
      if scalar < 0x80 {
        text.append(UInt8(scalar))
      } else {
        text.append(0xC0 | UInt8(scalar >> 6))
        text.append(0x80 | UInt8(scalar & 0x3F))
      }
    }
  }

  /// The UTF-8 of what stands for `bytes`.
  static func text(of bytes: some Sequence<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    append(bytes, to: &text)
    return text
  }

  /// The bytes that the UTF-8 in `text` stands for; nil if a character stands for none.
  static func bytes(of text: some Sequence<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    return append(bytesOf: text, to: &result) ? result : nil
  }

  /// Appends the bytes that the UTF-8 in `text` stands for; false if a character stands for none.
  static func append(bytesOf text: some Sequence<UInt8>, to result: inout [UInt8]) -> Bool {
    let bytes = bytes
    var lead = 0
    for unit in text {
      let scalar: Int
      if lead == 0 {
        if unit >= 0xC0 && unit < 0xE0 {
          lead = Int(unit & 0x1F)
          continue
        }
        scalar = Int(unit)
        guard unit < 0x80 else { return false }
      } else {
        guard unit & 0xC0 == 0x80 else { return false }
        scalar = lead << 6 | Int(unit & 0x3F)
        lead = 0
      }
      guard scalar < bytes.count, bytes[scalar] >= 0 else { return false }
      result.append(UInt8(bytes[scalar]))
    }
    return lead == 0
  }
}
