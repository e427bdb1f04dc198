/// Text as JSON has it: in quotes, with escapes.
package enum JSONString {
  /// How control characters are escaped.
  package enum Escapes {
    /// By a letter where there is one, `\n`, as serde and Python do.
    case short
    /// By their number, `\u000a`, as metadata in Gobbet files has it.
    case numeric
  }

  /// Appends UTF-8 bytes as a string; other scripts are not escaped.
  package static func append(
    _ bytes: some Sequence<UInt8>, to text: inout [UInt8], escapes: Escapes
  ) {
    text.append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0x08 where escapes == .short: text += #"\b"#.utf8
      case 0x09 where escapes == .short: text += #"\t"#.utf8
      case 0x0A where escapes == .short: text += #"\n"#.utf8
      case 0x0C where escapes == .short: text += #"\f"#.utf8
      case 0x0D where escapes == .short: text += #"\r"#.utf8
      case 0..<0x20:
        text += #"\u00"#.utf8
        text += "\(byte < 0x10 ? "0" : "1")\(String(byte & 0xF, radix: 16))".utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
