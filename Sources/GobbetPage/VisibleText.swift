/// A text as a terminal or a page can show it: what would steer the one or mislead the reader of the
/// other is written as an escape, such as `\u{1B}`.
///
/// Escaped are control characters, marks that change the direction of text, line separators and
/// characters that have no width, but for the joiners that scripts and emoji need. Line feeds stay
/// if `keepingLines`, as tabs do; otherwise they become `\n` and `\t`.
/// - Complexity: O(bytes).
public func visibleText(_ text: String, keepingLines: Bool = false) -> String {
  if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
  var visible = ""
  visible.reserveCapacity(text.utf8.count + 16)
  for scalar in text.unicodeScalars { append(scalar, to: &visible, keepingLines: keepingLines) }
  return visible
}

private func append(_ scalar: Unicode.Scalar, to text: inout String, keepingLines: Bool) {
  switch scalar {
  case "\n" where !keepingLines: text += "\\n"
  case "\t" where !keepingLines: text += "\\t"
  case "\n", "\t": text.unicodeScalars.append(scalar)
  case "\r": text += "\\r"
  default:
    if scalar.isHidden {
      text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
    } else {
      text.unicodeScalars.append(scalar)
    }
  }
}

extension Unicode.Scalar {
  /// Whether a person can't see the scalar, or it changes how what is around it looks.
  public var isHidden: Bool {
    if isASCII { return value < 0x20 || value == 0x7F }
    if self == "\u{200C}" || self == "\u{200D}" { return false }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    // Signs of Arabic numbers are formats that are seen.
    case .format:
      return properties.isDefaultIgnorableCodePoint || (0xFFF9...0xFFFB).contains(value)
    default: return false
    }
  }
}

/// JSON with the same values in which every hidden character of a string is an escape.
///
/// - Precondition: `json` is JSON in UTF-8, whose control characters below 0x20 are white space.
public func visibleJSON(_ json: [UInt8]) -> [UInt8] {
  if json.allSatisfy({ $0 < 0x7F }) { return json }
  var visible: [UInt8] = []
  visible.reserveCapacity(json.count + 64)
  for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
    if scalar.value >= 0x7F, scalar.isHidden {
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        visible += Array("\\u".utf8) + Array(repeating: 0x30, count: 4 - digits.count)
        visible += Array(digits.utf8)
      }
    } else {
      visible += Array(String(scalar).utf8)
    }
  }
  return visible
}

/// Makes visible text out of bytes that come in pieces, which may end within a character.
public struct VisibleBytes: Sendable {
  private var pending: [UInt8] = []

  /// Creates a stream without bytes.
  public init() {}

  /// The visible text of more bytes; the beginning of a character waits for the rest of it.
  public mutating func append(_ bytes: some Sequence<UInt8>) -> String {
    pending += bytes
    let whole = pending.count - Self.incompleteCount(pending)
    defer { pending.removeFirst(whole) }
    return visibleText(String(decoding: pending[..<whole], as: UTF8.self), keepingLines: true)
  }

  /// The visible text of what still waits.
  public mutating func finish() -> String {
    defer { pending = [] }
    return visibleText(String(decoding: pending, as: UTF8.self), keepingLines: true)
  }

  /// How many bytes at the end begin a character that isn't whole.
  private static func incompleteCount(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? back : 0
    }
    return 0
  }
}
