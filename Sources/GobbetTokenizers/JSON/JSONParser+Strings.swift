extension JSONParser {
  /// Parses the string whose opening quote is at the position.
  @_lifetime(self: copy self)
  mutating func parsedString() throws(JSONFault) -> JSONNode {
    let start = position + 1
    position = try text.endOfPlainText(from: start)
    if text[position] == UInt8(ascii: "\"") {
      let node = node(.string, from: start)
      position += 1
      return node
    }
    let place = unescaped.count
    var run = start
    while text[position] == UInt8(ascii: "\\") {
      append(run..<position)
      try appendEscaped()
      run = position
      position = try text.endOfPlainText(from: run)
    }
    append(run..<position)
    position += 1
    return JSONNode(
      kind: .unescapedString, start: UInt32(truncatingIfNeeded: place),
      end: UInt32(truncatingIfNeeded: unescaped.count))
  }

  /// Appends text that stands for itself to the strings that were unescaped.
  @_lifetime(self: copy self)
  private mutating func append(_ range: Range<Int>) {
    for index in range { unescaped.append(text[index]) }
  }

  /// Appends what the escape at the position stands for.
  @_lifetime(self: copy self)
  private mutating func appendEscaped() throws(JSONFault) {
    let start = position
    guard position + 1 < text.count else { throw endFault }
    let letter = text[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(letter)
    case UInt8(ascii: "b"): unescaped.append(0x08)
    case UInt8(ascii: "f"): unescaped.append(0x0C)
    case UInt8(ascii: "n"): unescaped.append(0x0A)
    case UInt8(ascii: "r"): unescaped.append(0x0D)
    case UInt8(ascii: "t"): unescaped.append(0x09)
    case UInt8(ascii: "u"):
      var value = try hexadecimal()
      if value >> 10 == 0xD800 >> 10, position + 1 < text.count,
        text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try hexadecimal()
        guard low >> 10 == 0xDC00 >> 10 else { throw fault("half a surrogate pair", at: start) }
        value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(value) else {
        throw fault("half a surrogate pair", at: start)
      }
      unescaped += String(scalar).utf8
    default: throw fault("an unknown escape", at: start)
    }
  }

  /// Reads four hexadecimal digits.
  @_lifetime(self: copy self)
  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < text.count else { throw endFault }
      let byte = text[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw fault("not four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
