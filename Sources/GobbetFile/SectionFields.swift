internal import GobbetSystem

/// What the header of a section and its entry in the table both say, in 32 bytes.
struct SectionFields: Hashable, Sendable {
  static let byteCount = 32

  let kind: SectionKind
  let codec: SectionCodec
  let alignment: Int
  let nameByteCount: Int
  let blockByteCount: Int
  let storedByteCount: Int
  let byteCount: Int
  let blockTableChecksum: UInt32

  init(_ section: ContainerSection) {
    kind = section.kind
    codec = section.codec
    alignment = section.alignment
    nameByteCount = section.name.utf8.count
    blockByteCount = section.blockByteCount
    storedByteCount = section.storedByteCount
    byteCount = section.byteCount
    blockTableChecksum = section.blockTableChecksum
  }

  /// The fields as they stand in files.
  var content: [UInt8] {
    var writer = ByteWriter()
    writer.write(kind.rawValue)
    writer.write(codec.rawValue)
    writer.write(UInt8(alignment.trailingZeroBitCount))
    writer.write(UInt16(nameByteCount))
    writer.write(UInt32(blockByteCount))
    writer.write(UInt64(storedByteCount))
    writer.write(UInt64(byteCount))
    writer.write(blockTableChecksum)
    return writer.bytes
  }

  /// Reads the fields of a `record` and checks each by itself.
  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader, _ record: String) throws(FormatError) {
    let start = reader.offset
    func fail(_ reason: String, _ field: String, _ distance: Int) -> FormatError {
      FormatError(code: .damaged(reason), offset: start + distance, field: "\(record).\(field)")
    }
    let kindCode = try reader.read(UInt32.self, "\(record).kind")
    let codecCode = try reader.read(UInt8.self, "\(record).codec")
    let alignmentCode = try reader.read(UInt8.self, "\(record).alignment")
    nameByteCount = Int(try reader.read(UInt16.self, "\(record).nameByteCount"))
    blockByteCount = Int(try reader.read(UInt32.self, "\(record).blockByteCount"))
    storedByteCount = try reader.readCount("\(record).storedByteCount")
    byteCount = try reader.readCount("\(record).byteCount")
    blockTableChecksum = try reader.read(UInt32.self, "\(record).blockTableChecksum")
    guard let kind = SectionKind(rawValue: kindCode) else {
      throw fail("kind \(kindCode) is not four letters", "kind", 0)
    }
    guard let codec = SectionCodec(rawValue: codecCode) else {
      throw FormatError(
        code: .unsupportedCode(Int(codecCode)), offset: start + 4, field: "\(record).codec")
    }
    guard (6...14).contains(alignmentCode) else {
      throw fail("alignment 2^\(alignmentCode)", "alignment", 5)
    }
    guard nameByteCount <= FormatLimits.maximumNameByteCount else {
      throw fail("a name of \(nameByteCount.counted("byte"))", "nameByteCount", 6)
    }
    guard (1...FormatLimits.maximumBlockByteCount).contains(blockByteCount) else {
      throw fail("blocks of \(blockByteCount.counted("byte"))", "blockByteCount", 8)
    }
    guard codec != .raw || storedByteCount == byteCount else {
      throw fail(
        "\(storedByteCount) raw bytes, \(byteCount) decoded", "storedByteCount", 12)
    }
    self.kind = kind
    self.codec = codec
    alignment = 1 << Int(alignmentCode)
  }
}

extension ContainerSection {
  /// The section with these fields at `offset` of its file; nil unless it ends at `limit` or before
  /// it, and then no sum of its numbers overflows.
  init?(
    _ fields: SectionFields, name: String, offset: Int, digest: ContentDigest, endingBy limit: Int
  ) {
    kind = fields.kind
    self.name = name
    codec = fields.codec
    alignment = fields.alignment
    blockByteCount = fields.blockByteCount
    self.offset = offset
    storedByteCount = fields.storedByteCount
    byteCount = fields.byteCount
    self.digest = digest
    blockTableChecksum = fields.blockTableChecksum
    // The room up to `limit`, which is far from overflowing, bounds all that is added up.
    guard limit <= FormatLimits.maximumFileByteCount, (0...limit).contains(offset) else {
      return nil
    }
    let room = limit - offset - Self.headerByteCount - fields.nameByteCount
    guard storedByteCount <= room, byteCount / blockByteCount <= room / BlockTable.entryByteCount,
      endOffset <= limit
    else { return nil }
  }

  /// The header in front of the payload, with the name after it.
  var header: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.magic)
    writer.write(SectionFields(self).content)
    writer.write(crc32c(Array(name.utf8).span))
    writer.write([UInt8](repeating: 0, count: 20))
    writer.write(crc32c(writer.bytes.span))
    writer.write(name.utf8)
    return writer.bytes
  }

  /// The first bytes of every section.
  static let magic = Array("SECT".utf8)

  /// What the header of a section says; the name follows it.
  static func fields(
    ofHeader bytes: Span<UInt8>
  ) throws(FormatError) -> (fields: SectionFields, nameChecksum: UInt32) {
    var reader = ByteReader(bytes)
    guard try reader.readBytes(magic.count, "section.magic") == magic else {
      throw FormatError(code: .damaged("no section here"), offset: 0, field: "section.magic")
    }
    // Meaning has to wait for the checksum.
    _ = try reader.readBytes(SectionFields.byteCount, "section")
    let nameChecksum = try reader.read(UInt32.self, "section.nameChecksum")
    try reader.readZeros(20, "section.reserved")
    try reader.checkRecord(bytes, "section.checksum")
    var again = ByteReader(bytes.extracting(magic.count..<headerByteCount))
    do {
      return (try SectionFields(&again, "section"), nameChecksum)
    } catch {
      throw error.located(at: magic.count, in: nil)
    }
  }
}
