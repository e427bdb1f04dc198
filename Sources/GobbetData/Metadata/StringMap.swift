internal import GobbetFile

/// Keys and values as one flat JSON object of strings, in order.
///
/// Of JSON nothing else is read: a number, a nested object or a key that comes twice is an error.
enum StringMap {
  /// Bytes of the longest text.
  static let maximumByteCount = 16 << 20

  /// The JSON text of `pairs`.
  static func bytes(_ pairs: [(String, String)]) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (index, (key, value)) in pairs.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(key, to: &text)
      text.append(UInt8(ascii: ":"))
      append(value, to: &text)
    }
    text.append(UInt8(ascii: "}"))
    return text
  }

  private static func append(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        text += "\\u00\(byte < 0x10 ? "0" : "")\(digits)".utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  /// The keys and values of a JSON text.
  ///
  /// - Throws: `FormatError` (`damaged`) at the byte that is none of a flat object of strings.
  static func pairs(_ text: Span<UInt8>) throws(FormatError) -> [(String, String)] {
    var parser = Parser(text)
    return try parser.pairs()
  }
}

/// Reads one flat object from the front of a text.
private struct Parser: ~Escapable {
  private let text: Span<UInt8>
  private var place = 0

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  @_lifetime(self: copy self)
  mutating func pairs() throws(FormatError) -> [(String, String)] {
    var pairs: [(String, String)] = []
    var keys: Set<[UInt8]> = []
    try expect(UInt8(ascii: "{"))
    if next() == UInt8(ascii: "}") {
      place += 1
    } else {
      while true {
        skipWhitespace()
        let start = place
        let key = try string()
        guard keys.insert(Array(key.utf8)).inserted else {
          throw fault("a second key \(key)", start)
        }
        try expect(UInt8(ascii: ":"))
        pairs.append((key, try string()))
        if next() == UInt8(ascii: ",") {
          place += 1
          continue
        }
        try expect(UInt8(ascii: "}"))
        break
      }
    }
    skipWhitespace()
    guard place == text.count else { throw fault("text behind the object", place) }
    return pairs
  }

  /// A string with its quotes, behind white space.
  @_lifetime(self: copy self)
  private mutating func string() throws(FormatError) -> String {
    try expect(UInt8(ascii: "\""))
    let start = place
    var bytes: [UInt8] = []
    while let byte = step() {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: bytes, as: UTF8.self) else {
          throw fault("a string that is not UTF-8", start)
        }
        return string
      case UInt8(ascii: "\\"): bytes += String(try escaped()).utf8
      case 0..<0x20: throw fault("a control character in a string", place - 1)
      default: bytes.append(byte)
      }
    }
    throw fault("a string without end", start)
  }

  /// The scalar of an escape, behind its backslash.
  @_lifetime(self: copy self)
  private mutating func escaped() throws(FormatError) -> Unicode.Scalar {
    let start = place
    switch step() {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var value = try unit()
      if (0xD800..<0xDC00).contains(value), step() == UInt8(ascii: "\\"),
        step() == UInt8(ascii: "u")
      {
        let low = try unit()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half a scalar", start) }
        value = 0x1_0000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw fault("half a scalar", start) }
      return scalar
    default: throw fault("an unknown escape", start)
    }
  }

  /// Four hexadecimal digits.
  @_lifetime(self: copy self)
  private mutating func unit() throws(FormatError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = step(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("not four hexadecimal digits", place)
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  @_lifetime(self: copy self)
  private mutating func step() -> UInt8? {
    guard place < text.count else { return nil }
    defer { place += 1 }
    return text[place]
  }

  /// The next byte that is not white space, without stepping past it.
  @_lifetime(self: copy self)
  private mutating func next() -> UInt8? {
    skipWhitespace()
    return place < text.count ? text[place] : nil
  }

  @_lifetime(self: copy self)
  private mutating func skipWhitespace() {
    while place < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[place]) { place += 1 }
  }

  @_lifetime(self: copy self)
  private mutating func expect(_ byte: UInt8) throws(FormatError) {
    guard next() == byte else {
      throw fault("no \(Character(Unicode.Scalar(byte))) where one must be", place)
    }
    place += 1
  }

  private func fault(_ reason: String, _ offset: Int) -> FormatError {
    FormatError(code: .damaged(reason), offset: offset, field: "metadata")
  }
}
