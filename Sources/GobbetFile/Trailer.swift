/// The last 64 bytes of a file: where its table of contents is.
struct Trailer: Hashable, Sendable {
  static let byteCount = 64
  static let magic: [UInt8] = Array("GBTEND".utf8) + [0x0D, 0x0A]

  /// Bytes from the start of the file to the table.
  let tableOffset: Int
  /// Bytes of the table.
  let tableByteCount: Int
  /// The CRC-32C of the table.
  let tableChecksum: UInt32

  /// The trailer as it stands in files.
  var content: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.magic)
    writer.write(UInt64(tableOffset))
    writer.write(UInt64(tableByteCount))
    writer.write(tableChecksum)
    writer.write(UInt32(0))
    // Where the trailer before this one is: 0, for a file has one.
    writer.write(UInt64(0))
    writer.write([UInt8](repeating: 0, count: 20))
    writer.write(crc32c(writer.bytes.span))
    return writer.bytes
  }

  init(tableOffset: Int, tableByteCount: Int, tableChecksum: UInt32) {
    self.tableOffset = tableOffset
    self.tableByteCount = tableByteCount
    self.tableChecksum = tableChecksum
  }

  /// Reads the trailer that begins at `offset` of its file.
  init(_ bytes: Span<UInt8>, offset: Int) throws(FormatError) {
    var reader = ByteReader(bytes)
    guard try reader.readBytes(Self.magic.count, "trailer.magic") == Self.magic else {
      throw FormatError(
        code: .damaged("no trailer at the end: the file was cut, or something follows it"),
        offset: 0, field: "trailer.magic")
    }
    tableOffset = try reader.readCount("trailer.tableOffset")
    tableByteCount = try reader.readCount("trailer.tableByteCount")
    tableChecksum = try reader.read(UInt32.self, "trailer.tableChecksum")
    try reader.readZeros(4, "trailer.reserved")
    try reader.readZeros(8, "trailer.previousTrailerOffset")
    try reader.readZeros(20, "trailer.reserved")
    try reader.checkRecord(bytes, "trailer.checksum")
    guard tableByteCount <= Limits.maximumTableByteCount, tableOffset >= Header.byteCount,
      tableOffset.isMultiple(of: Limits.alignment), tableOffset <= offset,
      tableByteCount <= offset - tableOffset,
      Limits.aligned(tableOffset + tableByteCount) == offset
    else {
      throw FormatError(
        code: .damaged("a table of \(tableByteCount) bytes at \(tableOffset)"), offset: 8,
        field: "trailer.tableOffset")
    }
  }
}
