/// One flat JSON object, its members in the order of the text: strings, numbers, booleans and nulls.
///
/// Of JSON nothing else is read: an array, a nested object or a key that comes twice is a fault.
package struct FlatJSON {
  /// The value of a member.
  package enum Value: Hashable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case null
  }

  /// A key and its value, and where the value begins.
  package struct Member {
    package let key: String
    package let value: Value
    package let offset: Int
  }

  /// What is wrong with a text, and the byte where.
  package struct Fault: Error {
    package let reason: String
    package let offset: Int
  }

  /// The members; their keys are unique.
  package let members: [Member]

  /// Reads the whole of a text, whose values all have to be strings if it is one `ofStrings`.
  ///
  /// - Throws: ``Fault``.
  package init(_ text: Span<UInt8>, ofStrings: Bool = false) throws(Fault) {
    var parser = Parser(text, ofStrings: ofStrings)
    members = try parser.members()
  }

  /// The member of a key; nil if there is none.
  package subscript(key: String) -> Member? { members.first { $0.key == key } }
}

/// Reads one flat object from the front of a text.
private struct Parser: ~Escapable {
  private let text: Span<UInt8>
  private let ofStrings: Bool
  private var place = 0

  @_lifetime(copy text)
  init(_ text: Span<UInt8>, ofStrings: Bool) {
    self.text = text
    self.ofStrings = ofStrings
  }

  @_lifetime(self: copy self)
  mutating func members() throws(FlatJSON.Fault) -> [FlatJSON.Member] {
    var members: [FlatJSON.Member] = []
    var keys: Set<[UInt8]> = []
    try expect("{")
    if next() == UInt8(ascii: "}") {
      place += 1
    } else {
      repeat {
        skipWhitespace()
        let start = place
        let key = try string()
        guard keys.insert(Array(key.utf8)).inserted else {
          throw fault("a second key \(key)", start)
        }
        try expect(":")
        skipWhitespace()
        let offset = place
        members.append(.init(key: key, value: try value(), offset: offset))
      } while skip(",")
      try expect("}")
    }
    skipWhitespace()
    guard place == text.count else { throw fault("text after the object", place) }
    return members
  }

  @_lifetime(self: copy self)
  private mutating func value() throws(FlatJSON.Fault) -> FlatJSON.Value {
    if ofStrings || next() == UInt8(ascii: "\"") { return .text(try string()) }
    let start = place
    var word: [UInt8] = []
    while place < text.count, Self.isOfWord(text[place]) {
      word.append(text[place])
      place += 1
    }
    switch String(decoding: word, as: UTF8.self) {
    case "true": return .flag(true)
    case "false": return .flag(false)
    case "null": return .null
    case let spelling:
      guard Self.isNumber(word[...]), let number = Double(spelling), number.isFinite else {
        throw fault("a value that is neither a string, a number, true, false nor null", start)
      }
      return .number(number)
    }
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// Whether the bytes are a number as JSON writes one: `Double` reads more than that.
  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func dropDigits() -> Int {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      rest = rest.dropFirst(digits)
      return digits
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let whole = dropDigits()
    guard whole > 0, whole == 1 || !startsWithZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard dropDigits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard dropDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  /// A string with its quotes, after white space.
  @_lifetime(self: copy self)
  private mutating func string() throws(FlatJSON.Fault) -> String {
    try expect("\"")
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

  /// The scalar of an escape, after its backslash.
  @_lifetime(self: copy self)
  private mutating func escaped() throws(FlatJSON.Fault) -> Unicode.Scalar {
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
  private mutating func unit() throws(FlatJSON.Fault) -> UInt32 {
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
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next() == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  @_lifetime(self: copy self)
  private mutating func expect(_ character: Unicode.Scalar) throws(FlatJSON.Fault) {
    guard skip(character) else { throw fault("no \(character) where one must be", place) }
  }

  private func fault(_ reason: String, _ offset: Int) -> FlatJSON.Fault {
    FlatJSON.Fault(reason: reason, offset: offset)
  }
}
