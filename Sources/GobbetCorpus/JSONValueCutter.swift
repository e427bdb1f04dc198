/// Cuts JSON values out of a stream: the elements of one array, or values one after the other.
///
/// What is between values is checked here; what is in them is left to who parses them. Memory is
/// that of a few fields.
struct JSONValueCutter: Sendable {
  /// What may come next, outside of a value.
  private enum Expectation: Sendable { case bracket, elementOrEnd, element, commaOrEnd, value, end }

  /// How far the value at hand was read.
  private struct Value: Sendable {
    let start: Int
    var depth = 0
    var isInString = false
    var isEscaped = false
    var isScalar = false
  }

  private var expectation: Expectation
  private var value: Value?
  /// Bytes that were looked at, from the end of the last value on.
  private var position = 0

  /// Creates a cutter for one array, or for values one after the other.
  init(isArray: Bool) { expectation = isArray ? .bracket : .value }

  /// The next value, as a range from `start` on; nil if it is not whole yet.
  ///
  /// `start` is where the last value ended; the same bytes come again, with more after them, after
  /// nil.
  /// - Throws: ``CorpusError`` (`invalidJSON`) without its place.
  mutating func next(
    in bytes: Span<UInt8>, from start: Int, isAtEnd: Bool
  ) throws(CorpusError) -> Range<Int>? {
    while start + position < bytes.count {
      if value == nil {
        try expect(bytes[start + position])
      } else if let end = endOfValue(in: bytes, from: start) {
        return finish(start, end)
      }
    }
    guard isAtEnd else { return nil }
    if let value, value.isScalar { return finish(start, position) }
    guard value == nil, expectation == .end || expectation == .value else {
      throw CorpusError(.truncated(expectation == .value ? "JSON" : "JSON array"))
    }
    return nil
  }

  /// Looks at a byte between values.
  private mutating func expect(_ byte: UInt8) throws(CorpusError) {
    if Self.isSpace(byte) {
      position += 1
      return
    }
    switch (expectation, byte) {
    case (.bracket, UInt8(ascii: "[")): expectation = .elementOrEnd
    case (.elementOrEnd, UInt8(ascii: "]")), (.commaOrEnd, UInt8(ascii: "]")): expectation = .end
    case (.commaOrEnd, UInt8(ascii: ",")): expectation = .element
    case (.elementOrEnd, _), (.element, _), (.value, _):
      guard ![",", "]", "}", ":"].contains(Unicode.Scalar(byte)) else {
        throw CorpusError(.invalidJSON("a value is missing"))
      }
      value = Value(start: position)
      // The byte is looked at again, as the first of the value.
      return
    case (.commaOrEnd, _): throw CorpusError(.invalidJSON("no comma between two elements"))
    case (.end, _): throw CorpusError(.invalidJSON("something after the end of the array"))
    case (.bracket, _): throw CorpusError(.invalidJSON("not an array"))
    }
    position += 1
  }

  /// Looks at the bytes of the value; gives the position of its end if that is among them.
  private mutating func endOfValue(in bytes: Span<UInt8>, from start: Int) -> Int? {
    guard var value else { return nil }
    var position = position
    defer {
      self.value = value
      self.position = position
    }
    while start + position < bytes.count {
      let byte = bytes[start + position]
      if value.isScalar {
        if Self.isSpace(byte) || Self.isPunctuation(byte) { return position }
      } else if value.isInString {
        if value.isEscaped {
          value.isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          value.isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          value.isInString = false
        }
      } else {
        switch byte {
        case UInt8(ascii: "\""): value.isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): value.depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): value.depth -= 1
        default: value.isScalar = value.depth == 0
        }
      }
      position += 1
      if value.depth <= 0, !value.isScalar, !value.isInString { return position }
    }
    return nil
  }

  /// Whether no number and no word goes on with the byte.
  private static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "\""):
      true
    default: false
    }
  }

  private mutating func finish(_ start: Int, _ end: Int) -> Range<Int> {
    let first = value?.start ?? 0
    value = nil
    position = 0
    if expectation != .value { expectation = .commaOrEnd }
    return (start + first)..<(start + end)
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}
