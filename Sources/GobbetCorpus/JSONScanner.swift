/// Steps through JSON byte by byte and checks it: the slow path for lines that simdjson refuses.
struct JSONScanner: ~Escapable {
  private let bytes: Span<UInt8>
  /// Where the next byte is.
  private(set) var position: Int
  /// The string that was read last, its escapes resolved.
  private(set) var text: [UInt8] = []
  /// Levels of arrays and objects, as many as simdjson allows.
  private static let maximumDepth = 1024

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var isAtEnd: Bool { position >= bytes.count }
  /// The next byte; nil at the end.
  var next: UInt8? { isAtEnd ? nil : bytes[position] }

  func error(_ reason: String) -> CorpusError {
    CorpusError(.invalidJSON("\(reason), at byte \(position) of the line"))
  }

  @_lifetime(self: copy self)
  mutating func skipSpace() {
    while let next, JSONValueCutter.isSpace(next) { position += 1 }
  }

  /// Steps past `byte`; false if another comes.
  @_lifetime(self: copy self)
  private mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  /// Steps past one value and all that is in it.
  ///
  /// - Throws: ``CorpusError`` (`invalidJSON`) without its place.
  @_lifetime(self: copy self)
  mutating func skipValue() throws(CorpusError) {
    // What ends the arrays and objects around the place, the innermost last.
    var closers: [UInt8] = []
    while true {
      skipSpace()
      guard let first = next else { throw error("a value is missing") }
      var isWhole = true
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        // In ASCII the closing one is two further.
        let closer = first + 2
        position += 1
        skipSpace()
        if !skip(closer) {
          guard closers.count < Self.maximumDepth else { throw error("too many levels") }
          closers.append(closer)
          if closer == UInt8(ascii: "}") { try readKey() }
          isWhole = false
        }
      } else if first == UInt8(ascii: "\"") {
        try readString()
      } else {
        try skipScalar()
      }
      guard isWhole else { continue }
      // After a whole value: the end of what it is in, or a comma.
      while let closer = closers.last {
        skipSpace()
        if skip(closer) {
          closers.removeLast()
          continue
        }
        guard skip(UInt8(ascii: ",")) else { throw error("neither a comma nor an end") }
        if closer == UInt8(ascii: "}") { try readKey() }
        break
      }
      if closers.isEmpty { return }
    }
  }

  /// Reads a key, which ``text`` is then, and its colon.
  @_lifetime(self: copy self)
  private mutating func readKey() throws(CorpusError) {
    skipSpace()
    guard next == UInt8(ascii: "\"") else { throw error("no key") }
    try readString()
    skipSpace()
    guard skip(UInt8(ascii: ":")) else { throw error("no colon after a key") }
  }

  /// Calls `body` with each key of the object at hand and the place of its value.
  @_lifetime(self: copy self)
  mutating func forEachMember(
    _ body: (_ key: [UInt8], _ position: Int) throws(CorpusError) -> Void
  ) throws(CorpusError) {
    position += 1
    skipSpace()
    if skip(UInt8(ascii: "}")) { return }
    repeat {
      try readKey()
      try body(text, position)
      try skipValue()
      skipSpace()
    } while skip(UInt8(ascii: ","))
  }

  /// Reads a string, which ``text`` is then.
  @_lifetime(self: copy self)
  mutating func readString() throws(CorpusError) {
    text.removeAll(keepingCapacity: true)
    position += 1
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        position += 1
        try readEscape()
      case ..<0x20: throw error("a control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw error("a string without an end")
  }

  /// Reads what follows a backslash.
  @_lifetime(self: copy self)
  private mutating func readEscape() throws(CorpusError) {
    guard let letter = next else { throw error("a string without an end") }
    if let byte = Self.escaped(letter) {
      text.append(byte)
      position += 1
      return
    }
    guard letter == UInt8(ascii: "u") else { throw error("an unknown escape") }
    position += 1
    let unit = try hexadecimal()
    guard (0xD800...0xDFFF).contains(unit) else { return UTF16Decoder.append(unit, &text) }
    let before = position
    if unit < 0xDC00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) {
      let low = try hexadecimal()
      if (0xDC00...0xDFFF).contains(low) {
        return UTF16Decoder.append(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00), &text)
      }
    }
    // What follows is read for itself.
    position = before
    UTF16Decoder.append(0xFFFD, &text)
  }

  /// The byte that a letter stands for after a backslash; nil for `u` and for what isn't an escape.
  private static func escaped(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  @_lifetime(self: copy self)
  private mutating func hexadecimal() throws(CorpusError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let next, let digit = Character(Unicode.Scalar(next)).hexDigitValue else {
        throw error("not four hexadecimal digits")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }

  /// Steps past a number or a literal.
  @_lifetime(self: copy self)
  private mutating func skipScalar() throws(CorpusError) {
    for literal in ["true", "false", "null", "NaN", "Infinity", "-Infinity"]
    where matches(literal.utf8) {
      position += literal.utf8.count
      return
    }
    _ = skip(UInt8(ascii: "-"))
    if !skip(UInt8(ascii: "0")) { try skipDigits() }
    if skip(UInt8(ascii: ".")) { try skipDigits() }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      try skipDigits()
    }
  }

  @_lifetime(self: copy self)
  private mutating func skipDigits() throws(CorpusError) {
    let start = position
    while let next, (0x30...0x39).contains(next) { position += 1 }
    guard position > start else { throw error("neither a value nor a number") }
  }

  private func matches(_ text: String.UTF8View) -> Bool {
    guard text.count <= bytes.count - position else { return false }
    return text.enumerated().allSatisfy { bytes[position + $0.offset] == $0.element }
  }
}
