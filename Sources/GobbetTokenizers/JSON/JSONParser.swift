/// A place in a JSON text where a value is, and what it is.
struct JSONNode {
  /// What a value is.
  enum Kind: UInt8 {
    case null
    case `true`
    case `false`
    case number
    /// A string that stands in the text as it is.
    case string
    /// A string with escapes, which were resolved.
    case unescapedString
    case array
    case object
  }

  let kind: Kind
  /// Where the value begins: a byte of the text, or of the strings that were unescaped.
  let start: UInt32
  /// After the last byte of a number or the content of a string; for an array or an object the node
  /// after its last one.
  var end: UInt32

  /// Where a number, or the content of a string, lies.
  var range: Range<Int> { Int(start)..<Int(end) }

  /// Whether it is an array or an object.
  var isContainer: Bool { kind == .array || kind == .object }
}

/// A parser of JSON texts, which finds all values in one pass.
///
/// Checked in full: the grammar of RFC 8259, UTF-8, escapes, and that numbers fit an integer of 64 bits
/// or a double. Objects and arrays may be nested 1,024 deep. Memory grows with what is there, never by
/// a number in the text.
struct JSONParser: ~Escapable {
  private static let maximumDepth = 1024

  var text: JSONBytes
  var position = 0
  /// The values in the order of the text: after an array its elements, after an object its keys, each
  /// with its value.
  private(set) var nodes: [JSONNode] = []
  /// The strings that had escapes, one after the other.
  var unescaped: [UInt8] = []
  /// The nodes of the arrays and objects that the position is in.
  private var open: [Int] = []
  /// Whether the innermost of them is an object.
  private var isInObject = false

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) {
    self.text = JSONBytes(text)
    nodes.reserveCapacity(min(text.count / 8, 1 << 20))
  }

  func fault(_ reason: String, at offset: Int? = nil) -> JSONFault {
    JSONFault(reason: reason, offset: offset ?? position)
  }

  /// Finds the values of the whole text.
  ///
  /// - Throws: ``JSONFault`` for what isn't JSON.
  /// - Complexity: linear.
  @_lifetime(self: copy self)
  mutating func parse() throws(JSONFault) {
    guard text.count < UInt32.max else { throw fault("a text of 4 GiB or more") }
    repeat {
      try parseValue()
    } while try findsNextValue()
    guard position == text.count else { throw fault("something after the value") }
  }

  /// Passes over white space, commas, keys and ends of what is open, up to the next value; false if
  /// the outermost value has ended.
  @_lifetime(self: copy self)
  private mutating func findsNextValue() throws(JSONFault) -> Bool {
    while true {
      skipSpace()
      guard let container = open.last else { return false }
      guard position < text.count else { throw endFault }
      let byte = text[position]
      if byte == (isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        position += 1
        close(container)
        continue
      }
      if nodes.count > container + 1 {
        guard byte == UInt8(ascii: ",") else {
          throw fault("neither a comma nor the end of the \(isInObject ? "object" : "array")")
        }
        position += 1
      }
      if isInObject { try parseKey() }
      return true
    }
  }

  @_lifetime(self: copy self)
  private mutating func close(_ container: Int) {
    nodes[container].end = UInt32(truncatingIfNeeded: nodes.count)
    open.removeLast()
    if let outer = open.last { isInObject = nodes[outer].kind == .object }
  }

  var endFault: JSONFault { fault("the text ends early", at: text.count) }

  @_lifetime(self: copy self)
  private mutating func parseKey() throws(JSONFault) {
    skipSpace()
    guard position < text.count else { throw endFault }
    guard text[position] == UInt8(ascii: "\"") else { throw fault("no key of an object") }
    nodes.append(try parsedString())
    skipSpace()
    guard position < text.count else { throw endFault }
    guard text[position] == UInt8(ascii: ":") else { throw fault("no colon after a key") }
    position += 1
  }

  /// Parses a value, of an array or an object only the beginning.
  @_lifetime(self: copy self)
  private mutating func parseValue() throws(JSONFault) {
    skipSpace()
    guard position < text.count else { throw endFault }
    switch text[position] {
    case UInt8(ascii: "\""): nodes.append(try parsedString())
    case UInt8(ascii: "{"): try begin(.object)
    case UInt8(ascii: "["): try begin(.array)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      nodes.append(try parsedNumber())
    case UInt8(ascii: "t"): try parseWord("true", .true)
    case UInt8(ascii: "f"): try parseWord("false", .false)
    case UInt8(ascii: "n"): try parseWord("null", .null)
    default: throw fault("no value")
    }
  }

  @_lifetime(self: copy self)
  private mutating func begin(_ kind: JSONNode.Kind) throws(JSONFault) {
    guard open.count < Self.maximumDepth else {
      throw fault("objects and arrays are nested too deep")
    }
    open.append(nodes.count)
    isInObject = kind == .object
    nodes.append(JSONNode(kind: kind, start: UInt32(truncatingIfNeeded: position), end: 0))
    position += 1
  }

  @_lifetime(self: copy self)
  private mutating func parseWord(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONFault) {
    let start = position
    for letter in "\(word)".utf8 {
      guard position < text.count, text[position] == letter else {
        throw fault("no value", at: start)
      }
      position += 1
    }
    nodes.append(node(kind, from: start))
  }

  /// A node that ends at the position.
  func node(_ kind: JSONNode.Kind, from start: Int) -> JSONNode {
    JSONNode(
      kind: kind, start: UInt32(truncatingIfNeeded: start),
      end: UInt32(truncatingIfNeeded: position))
  }

  @_lifetime(self: copy self)
  private mutating func skipSpace() { position = text.endOfSpace(from: position) }
}
