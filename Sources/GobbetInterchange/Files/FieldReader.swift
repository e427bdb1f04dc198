/// Reads little-endian fields from the front of a file, some of which say how long others are.
///
/// A length is compared with what is left of the file before anything is allocated.
struct FieldReader {
  let file: OpenFile
  /// Bytes from the start of the file to the next field.
  private(set) var offset = 0
  private var buffer: [UInt8] = []
  private var bufferStart = 0
  private static let bufferByteCount = 1 << 16

  init(_ file: OpenFile) { self.file = file }

  /// Bytes behind the last field.
  var remainingCount: Int { file.byteCount - offset }

  /// Reads one integer.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file ends inside.
  mutating func integer<Value: FixedWidthInteger>(
    _: Value.Type, _ field: String
  ) throws -> Value {
    let size = Value.bitWidth / 8
    if offset + size > bufferStart + buffer.count {
      let end = min(file.byteCount, offset + Self.bufferByteCount)
      buffer = try file.bytes(in: offset..<max(end, offset + size), field)
      bufferStart = offset
    }
    var value: Value = 0
    for index in (0..<size).reversed() {
      value = size == 1 ? 0 : value << 8
      value |= Value(truncatingIfNeeded: buffer[offset - bufferStart + index])
    }
    offset += size
    return value
  }

  /// Reads a count of things that take at least `size` bytes each.
  ///
  /// - Throws: as ``integer(_:_:)``; ``InterchangeError`` (`damaged`) if the file cannot hold them.
  mutating func count(of size: Int, _ field: String) throws -> Int {
    let count = try integer(UInt64.self, field)
    guard count <= UInt64(max(remainingCount, 0) / size) else {
      throw error(.damaged("\(count) of them in \(remainingCount) bytes"), field)
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
