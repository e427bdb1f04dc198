internal import GobbetSystem

/// The last 64 bytes of a file, and of each generation of it: where its table of contents is.
struct Trailer: Hashable, Sendable {
  static let byteCount = 64
  static let magic: [UInt8] = Array("GBTEND".utf8) + [0x0D, 0x0A]

  /// Bytes from the start of the file to the trailer.
  let offset: Int
  /// Bytes from the start of the file to the table.
  let tableOffset: Int
  /// Bytes of the table.
  let tableByteCount: Int
  /// The CRC-32C of the table.
  let tableChecksum: UInt32
  /// Where the trailer of the generation before is; 0 for the first.
  let previousOffset: Int
  /// The version that everything needs which the table lists.
  let version: FormatVersion

  /// Bytes from the start of the file to whatever follows.
  var endOffset: Int { offset + Self.byteCount }

  /// The trailer as it stands in files.
  var content: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.magic)
    writer.write(UInt64(tableOffset))
    writer.write(UInt64(tableByteCount))
    writer.write(tableChecksum)
    writer.write(UInt32(0))
    writer.write(UInt64(previousOffset))
    writer.write(version.content)
    writer.write([UInt8](repeating: 0, count: 12))
    writer.write(crc32c(writer.bytes.span))
    return writer.bytes
  }

  /// The trailer of a table that begins at `tableOffset`.
  init(
    table: Span<UInt8>, tableOffset: Int, previousOffset: Int, version: FormatVersion = .first
  ) {
    self.version = version
    self.tableOffset = tableOffset
    tableByteCount = table.count
    tableChecksum = crc32c(table)
    self.previousOffset = previousOffset
    offset =
      (tableOffset + table.count + FormatLimits.alignment - 1) & ~(FormatLimits.alignment - 1)
  }

  /// Whether `bytes`, at `offset` of their file, have the magic and the checksum of a trailer, and
  /// name a table that ends where they begin: the trailer of this file, whatever else it says.
  static func endsTable(_ bytes: Span<UInt8>, offset: Int) -> Bool {
    var reader = ByteReader(bytes)
    guard (try? reader.readBytes(magic.count, "")) == magic,
      let tableOffset = try? reader.readCount(""), let tableByteCount = try? reader.readCount("")
    else { return false }
    do {
      try reader.skip(36, "")
      try reader.checkRecord(bytes, "")
    } catch {
      return false
    }
    return isTable(tableOffset, tableByteCount, endingAt: offset)
  }

  /// Whether a table of `byteCount` bytes may begin at `start` and end, with its padding, at `end`.
  private static func isTable(_ start: Int, _ byteCount: Int, endingAt end: Int) -> Bool {
    byteCount <= FormatLimits.maximumTableByteCount && start >= Header.byteCount
      && start.isMultiple(of: FormatLimits.alignment) && start <= end && byteCount <= end - start
      && FormatLimits.aligned(start + byteCount) == end
  }

  /// Reads the trailer that begins at `offset` of its file, and checks everything about it that can
  /// be checked without its table.
  ///
  /// - Throws: ``FormatError`` if it is not a valid trailer, or if it belongs to another table than
  ///   the one at `tableOffset`, where that is given.
  init(
    _ bytes: Span<UInt8>, offset: Int, ofTableAt expectedTableOffset: Int? = nil
  ) throws(FormatError) {
    var reader = ByteReader(bytes)
    guard try reader.readBytes(Self.magic.count, "trailer.magic") == Self.magic else {
      throw FormatError(
        code: .damaged("no trailer at the end: the file was cut, or something follows it"),
        offset: 0, field: "trailer.magic")
    }
    self.offset = offset
    tableOffset = try reader.readCount("trailer.tableOffset")
    tableByteCount = try reader.readCount("trailer.tableByteCount")
    tableChecksum = try reader.read(UInt32.self, "trailer.tableChecksum")
    try reader.readZeros(4, "trailer.reserved")
    previousOffset = try reader.readCount("trailer.previousOffset")
    version = try reader.readVersion("trailer")
    try reader.readZeros(12, "trailer.reserved")
    try reader.checkRecord(bytes, "trailer.checksum")
    guard Self.isTable(tableOffset, tableByteCount, endingAt: offset),
      expectedTableOffset == nil || expectedTableOffset == tableOffset
    else {
      throw FormatError(
        code: .damaged("a table of \(tableByteCount.counted("byte")) at \(tableOffset)"), offset: 8,
        field: "trailer.tableOffset")
    }
    guard
      previousOffset == 0
        || (previousOffset.isMultiple(of: FormatLimits.alignment)
          && previousOffset > Header.byteCount
          && previousOffset <= tableOffset - Self.byteCount)
    else {
      throw FormatError(
        code: .damaged("an earlier trailer at \(previousOffset)"), offset: 32,
        field: "trailer.previousOffset")
    }
  }
}
