internal import GobbetSystem

/// The fields of a protobuf message, one after the other.
///
/// Only what the few messages need that are read here: no message is made of them, and nothing is
/// allocated by a length of the file.
struct ProtobufFields: ~Escapable {
  /// What a field holds.
  enum Value {
    /// A number of any size, an enumeration or a truth value.
    case number(UInt64)
    /// Four bytes: a float.
    case fixed32(UInt32)
    /// Eight bytes.
    case fixed64
    /// Where bytes, a string or a message lie.
    case bytes(Range<Int>)
  }

  private let bytes: Span<UInt8>
  private let end: Int
  private(set) var offset: Int

  /// The fields of a message that is `range` of `bytes`.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "message out of range")
    self.bytes = bytes
    end = range.upperBound
    offset = range.lowerBound
  }

  /// What is wrong with a message, and where.
  struct Fault: Error {
    let offset: Int
    let reason: String
  }

  /// The next field's number and value; nil at the end.
  @_lifetime(self: copy self)
  mutating func next() throws(Fault) -> (number: Int, value: Value)? {
    guard offset < end else { return nil }
    let start = offset
    let tag = try number()
    guard tag >> 3 > 0, let number = Int(exactly: tag >> 3), number < 1 << 29 else {
      throw Fault(offset: start, reason: "not the tag of a field")
    }
    switch tag & 7 {
    case 0: return (number, .number(try self.number()))
    case 1:
      try skip(8, from: start)
      return (number, .fixed64)
    case 2:
      let count = try self.number()
      guard count <= UInt64(end - offset) else {
        throw Fault(
          offset: start, reason: "a field of \(count.counted("byte")), \(end - offset) left")
      }
      defer { offset += Int(count) }
      return (number, .bytes(offset..<(offset + Int(count))))
    case 5:
      try skip(4, from: start)
      let value = (1...4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[offset - $1]) }
      return (number, .fixed32(value))
    default: throw Fault(offset: start, reason: "a field of an unknown kind")
    }
  }

  @_lifetime(self: copy self)
  private mutating func skip(_ count: Int, from start: Int) throws(Fault) {
    guard count <= end - offset else { throw Fault(offset: start, reason: "a field that is cut") }
    offset += count
  }

  /// A number in groups of seven bits, the lowest first.
  @_lifetime(self: copy self)
  private mutating func number() throws(Fault) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard offset < end else { throw Fault(offset: start, reason: "a number that is cut") }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Fault(offset: start, reason: "a number of more than ten bytes")
  }
}
