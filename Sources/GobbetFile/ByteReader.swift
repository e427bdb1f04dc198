/// Reads little-endian fields from the front of borrowed bytes.
///
/// Offsets in its errors are from the first of the bytes; ``FormatError/located(at:in:)`` moves them
/// to where the bytes lie in a file.
public struct ByteReader: ~Escapable {
  private let bytes: RawSpan
  /// Bytes from the start to the next unread byte.
  public private(set) var offset = 0

  /// Starts at the first byte of `bytes`.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) {
    // SAFETY: `UInt8` has no padding, so every byte of the span is initialised.
    self.bytes = unsafe bytes.bytes
  }

  /// Bytes that are left.
  public var remainingCount: Int { bytes.byteCount - offset }

  /// Reads one integer and steps past it.
  ///
  /// - Throws: ``FormatError`` (`truncated`) if too few bytes remain; `offset` is then unchanged.
  @_lifetime(self: copy self)
  public mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, _ field: @autoclosure () -> String
  ) throws(FormatError) -> Value {
    try require(MemoryLayout<Value>.size, field())
    defer { offset += MemoryLayout<Value>.size }
    // SAFETY: enough bytes are left; every bit pattern is an integer.
    let raw = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Value.self)
    return Value(littleEndian: raw)
  }

  /// Reads an unsigned 64-bit integer that must fit an `Int`, and steps past it.
  ///
  /// - Throws: ``FormatError`` (`truncated`, or `damaged` from 2^63 on).
  @_lifetime(self: copy self)
  public mutating func readCount(_ field: @autoclosure () -> String) throws(FormatError) -> Int {
    let start = offset
    let value = try read(UInt64.self, field())
    guard let count = Int(exactly: value) else {
      throw FormatError(code: .damaged("\(value) is out of range"), offset: start, field: field())
    }
    return count
  }

  /// Reads `count` bytes and steps past them.
  ///
  /// - Throws: ``FormatError`` (`truncated`) if too few bytes remain; `offset` is then unchanged.
  @_lifetime(self: copy self)
  public mutating func readBytes(_ count: Int, _ field: @autoclosure () -> String)
    throws(FormatError) -> [UInt8]
  {
    try require(count, field())
    defer { offset += count }
    // SAFETY: enough bytes are left, and they stay where they are while they are copied.
    return unsafe bytes.extracting(offset..<(offset + count)).withUnsafeBytes { unsafe Array($0) }
  }

  /// Steps past `count` bytes.
  ///
  /// - Throws: ``FormatError`` (`truncated`) if too few bytes remain; `offset` is then unchanged.
  @_lifetime(self: copy self)
  package mutating func skip(_ count: Int, _ field: @autoclosure () -> String) throws(FormatError) {
    try require(count, field())
    offset += count
  }

  /// Steps past `count` bytes, which must be zero.
  ///
  /// - Throws: ``FormatError`` (`truncated`, or `damaged` at the first byte that is not zero).
  @_lifetime(self: copy self)
  public mutating func readZeros(_ count: Int, _ field: @autoclosure () -> String)
    throws(FormatError)
  {
    try require(count, field())
    let start = offset
    for index in start..<(start + count) {
      let byte = try read(UInt8.self, field())
      guard byte == 0 else {
        throw FormatError(
          code: .damaged("reserved byte is \(byte)"), offset: index, field: field())
      }
    }
  }

  private func require(_ count: Int, _ field: @autoclosure () -> String) throws(FormatError) {
    guard remainingCount >= count else {
      let code = FormatError.Code.truncated(needed: count, available: remainingCount)
      throw FormatError(code: code, offset: offset, field: field())
    }
  }
}
