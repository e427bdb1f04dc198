internal import GobbetSystem

/// Reads fields from the front of a file, some of which say how long others are.
///
/// A length is compared with what is left of the file before anything is allocated.
struct FieldReader {
  let file: OpenedFile
  /// Bytes from the start of the file to the next field.
  private(set) var offset = 0
  /// Whether the highest byte of an integer comes first.
  var isBigEndian = false
  /// Whether counts and lengths have 32 bits, not 64.
  var hasShortCounts = false
  private var buffer: [UInt8] = []
  private var bufferStart = 0
  private static let bufferByteCount = 1 << 16

  init(_ file: OpenedFile) { self.file = file }

  /// Reads fields out of bytes that were read before from `offset` on, in the same way as `other`.
  init(_ bytes: [UInt8], at offset: Int, like other: Self) {
    self = other
    buffer = bytes
    bufferStart = offset
    self.offset = offset
  }

  /// Bytes after the last field.
  var remainingCount: Int { file.byteCount - offset }

  /// Reads one integer.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file ends inside.
  mutating func integer<Value: FixedWidthInteger>(
    _: Value.Type, _ field: String
  ) throws -> Value {
    let size = Value.bitWidth / 8
    try fill(size, field)
    var value: Value = 0
    for index in 0..<size {
      value = size == 1 ? 0 : value << 8
      let place = isBigEndian ? index : size - 1 - index
      value |= Value(truncatingIfNeeded: buffer[offset - bufferStart + place])
    }
    offset += size
    return value
  }

  /// Reads an unsigned integer of as many bits as counts have.
  ///
  /// - Throws: as ``integer(_:_:)``.
  mutating func countField(_ field: String) throws -> UInt64 {
    hasShortCounts
      ? UInt64(try integer(UInt32.self, field)) : try integer(UInt64.self, field)
  }

  /// Sees to it that the next `count` bytes are in the buffer.
  private mutating func fill(_ count: Int, _ field: String) throws {
    guard offset < bufferStart || offset + count > bufferStart + buffer.count else { return }
    let end = min(file.byteCount, offset + Self.bufferByteCount)
    buffer = try file.bytes(in: offset..<max(end, offset + count), field)
    bufferStart = offset
  }

  /// Passes over `count` bytes, which were compared with what is left.
  mutating func skip(_ count: Int) { offset += count }

  /// Passes over `count` bytes of text.
  ///
  /// - Throws: as ``integer(_:_:)``; `InterchangeError` (`damaged`) for text that is not UTF-8.
  mutating func skipText(_ count: Int, _ field: String) throws {
    try fill(count, field)
    let start = offset - bufferStart
    guard isUTF8(buffer[start..<(start + count)]) else { throw error(.damaged("not UTF-8"), field) }
    offset += count
  }

  /// Reads a count of things that take at least `size` bytes each.
  ///
  /// - Throws: as ``integer(_:_:)``; `InterchangeError` (`damaged`) if the file cannot hold them.
  mutating func count(of size: Int, _ field: String) throws -> Int {
    let count = try countField(field)
    guard count <= UInt64(max(remainingCount, 0) / size) else {
      throw error(.damaged("\(count) of them in \(remainingCount.counted("byte"))"), field)
    }
    return Int(count)
  }

  /// Reads `count` bytes.
  ///
  /// - Throws: as ``integer(_:_:)``.
  mutating func bytes(_ count: Int, _ field: String) throws -> [UInt8] {
    let start = offset - bufferStart
    if start >= 0, start + count <= buffer.count {
      offset += count
      return Array(buffer[start..<(start + count)])
    }
    let bytes = try file.bytes(in: offset..<(offset + count), field)
    offset += count
    return bytes
  }

  /// An error at the next field.
  func error(_ code: InterchangeError.Code, _ field: String) -> InterchangeError {
    InterchangeError(code, path: file.path, offset: offset, field: field)
  }
}
