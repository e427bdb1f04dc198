extension [UInt8] {
  /// Appends `text` as it is.
  package mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  /// Appends a JSON string of UTF-8 bytes, escaping what has to be, as serde and Python do without
  /// escaping other scripts.
  package mutating func append(quoted bytes: some Sequence<UInt8>) {
    append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""): append(#"\""#)
      case UInt8(ascii: "\\"): append(#"\\"#)
      case 0x08: append(#"\b"#)
      case 0x09: append(#"\t"#)
      case 0x0A: append(#"\n"#)
      case 0x0C: append(#"\f"#)
      case 0x0D: append(#"\r"#)
      case 0..<0x20: append(#"\u00"# + (byte < 0x10 ? "0" : "1") + String(byte & 0xF, radix: 16))
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }
}

/// Whether `bytes` are UTF-8, which JSON strings have to be.
func isUTF8(_ bytes: some Collection<UInt8>) -> Bool {
  String(validating: bytes, as: UTF8.self) != nil
}
