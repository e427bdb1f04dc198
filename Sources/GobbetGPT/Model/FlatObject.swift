/// A JSON object whose values are numbers, `true`, `false` or `null`, read strictly.
///
/// That is all a configuration needs; strings as values, arrays and nested objects are refused.
struct FlatObject {
  /// A value, by what JSON calls it.
  enum Value: Hashable {
    case number(Double)
    case boolean(Bool)
    case null
  }

  /// Keys and values in the order of the text; keys are unique.
  private(set) var members: [(key: String, value: Value)] = []

  private var bytes: ArraySlice<UInt8>

  /// Reads the whole text.
  ///
  /// - Throws: ``GPTError`` (`invalidConfiguration`) with the byte where reading stopped.
  init(_ text: String) throws(GPTError) {
    bytes = Array(text.utf8)[...]
    try expect("{")
    if !skip("}") {
      repeat { try readMember() } while skip(",")
      try expect("}")
    }
    skipSpace()
    guard bytes.isEmpty else { throw failure("text after the object") }
  }

  /// The value of a key, or nil.
  subscript(key: String) -> Value? { members.first { $0.key == key }?.value }

  private mutating func readMember() throws(GPTError) {
    let key = try readKey()
    guard self[key] == nil else { throw failure("\(key) twice") }
    try expect(":")
    members.append((key, try readValue()))
  }

  /// A string without escapes.
  private mutating func readKey() throws(GPTError) -> String {
    try expect("\"")
    let content = bytes.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 >= 32 }
    bytes = bytes.dropFirst(content.count)
    guard bytes.first == UInt8(ascii: "\""), let key = String(validating: content, as: UTF8.self)
    else { throw failure("a key that is no plain string") }
    bytes = bytes.dropFirst()
    return key
  }

  private mutating func readValue() throws(GPTError) -> Value {
    skipSpace()
    let word = bytes.prefix {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    let text = String(decoding: word, as: UTF8.self)
    let value: Value
    switch text {
    case "true": value = .boolean(true)
    case "false": value = .boolean(false)
    case "null": value = .null
    default:
      guard Self.isNumber(word), let number = Double(text), number.isFinite else {
        throw failure("a value that is neither a number nor true, false or null")
      }
      value = .number(number)
    }
    bytes = bytes.dropFirst(word.count)
    return value
  }

  /// Whether the bytes are a number as JSON writes one: `Double` reads more than that.
  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    func dropDigits() -> Int {
      let digits = rest.prefix(while: isDigit).count
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

  private mutating func skipSpace() {
    bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard bytes.first == UInt8(ascii: character) else { return false }
    bytes = bytes.dropFirst()
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(GPTError) {
    guard skip(character) else { throw failure("no \(character)") }
  }

  private func failure(_ what: String) -> GPTError {
    GPTError(.invalidConfiguration("byte \(bytes.startIndex): \(what)"))
  }
}
