internal import GobbetFile
internal import GobbetSystem

/// Keys and values as one flat JSON object of strings, in order.
enum StringMap {
  /// Bytes of the longest text.
  static let maximumByteCount = 16 << 20

  /// The JSON text of `pairs`.
  static func bytes(_ pairs: [(String, String)]) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (index, (key, value)) in pairs.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      JSONString.append(key.utf8, to: &text, escapes: .numeric)
      text.append(UInt8(ascii: ":"))
      JSONString.append(value.utf8, to: &text, escapes: .numeric)
    }
    text.append(UInt8(ascii: "}"))
    return text
  }

  /// The keys and values of a JSON text.
  ///
  /// - Throws: `FormatError` (`damaged`) at the first byte that a flat object of strings can't have there.
  static func pairs(_ text: Span<UInt8>) throws(FormatError) -> [(String, String)] {
    do {
      return try FlatJSON(text, ofStrings: true).members.compactMap { member in
        if case .text(let value) = member.value { (member.key, value) } else { nil }
      }
    } catch {
      throw FormatError(code: .damaged(error.reason), offset: error.offset, field: "metadata")
    }
  }
}
