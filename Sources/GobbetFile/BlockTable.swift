internal import GobbetSystem

/// How long the stored blocks of a section are, and their checksums; it follows the payload.
struct BlockTable: Hashable, Sendable {
  static let entryByteCount = 8

  /// Where each block begins in the payload, and at the end where the last one stops.
  private(set) var offsets = [0]
  /// The CRC-32C of each stored block.
  private(set) var checksums: [UInt32] = []

  init() {}

  /// The stored bytes of a block, from the start of the payload.
  subscript(block: Int) -> Range<Int> { offsets[block]..<offsets[block + 1] }

  mutating func append(byteCount: Int, checksum: UInt32) {
    offsets.append(offsets[offsets.count - 1] + byteCount)
    checksums.append(checksum)
  }

  /// The table as it stands in files.
  var content: [UInt8] {
    var writer = ByteWriter()
    for (block, checksum) in checksums.enumerated() {
      writer.write(UInt32(self[block].count))
      writer.write(checksum)
    }
    return writer.bytes
  }

  /// Reads the table of `section`, whose errors are from the table's first byte.
  init(_ bytes: Span<UInt8>, of section: ContainerSection) throws(FormatError) {
    let computed = crc32c(bytes)
    guard computed == section.blockTableChecksum else {
      throw FormatError(
        code: .checksumMismatch(stored: section.blockTableChecksum, computed: computed), offset: 0,
        field: "blockTable.checksum")
    }
    var reader = ByteReader(bytes)
    for block in 0..<section.blockCount {
      let start = reader.offset
      let length = Int(try reader.read(UInt32.self, "blockTable.storedByteCount"))
      let checksum = try reader.read(UInt32.self, "blockTable.checksum")
      let rawLength = section.bytes(ofBlock: block).count
      guard length > 0, section.codec != .raw || length == rawLength,
        length <= section.storedByteCount - offsets[block]
      else {
        throw FormatError(
          code: .damaged("block \(block) of \(length.counted("byte"))"), offset: start,
          field: "blockTable.storedByteCount")
      }
      append(byteCount: length, checksum: checksum)
    }
    guard offsets[offsets.count - 1] == section.storedByteCount else {
      throw FormatError(
        code: .damaged("blocks of \(offsets[offsets.count - 1].counted("byte")) in all"), offset: 0,
        field: "blockTable.storedByteCount")
    }
  }
}
