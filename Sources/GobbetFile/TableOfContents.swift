/// All sections of a file, in the order in which they lie there.
struct TableOfContents: Hashable, Sendable {
  static let entryByteCount = 80

  var sections: [Section] = []

  /// The SHA-256 of what the file holds: the same however it is compressed and laid out.
  ///
  /// Over kind, name, decoded length and digest of every section in turn.
  var contentID: Digest {
    var writer = ByteWriter()
    writer.write("gobbet content 1\n".utf8)
    for section in sections {
      writer.write(section.kind.rawValue)
      writer.write(UInt32(section.name.utf8.count))
      writer.write(section.name.utf8)
      writer.write(UInt64(section.byteCount))
      writer.write(section.digest.bytes)
    }
    return Digest(of: writer.bytes.span)
  }

  /// The table as it stands in files.
  var content: [UInt8] {
    var writer = ByteWriter()
    writer.write("TABL".utf8)
    writer.write(UInt32(sections.count))
    for section in sections {
      writer.write(section.kind.rawValue)
      writer.write(section.codec.rawValue)
      writer.write(UInt8(section.alignment.trailingZeroBitCount))
      writer.write(UInt16(section.name.utf8.count))
      writer.write(UInt64(section.offset))
      writer.write(UInt64(section.storedByteCount))
      writer.write(UInt64(section.byteCount))
      writer.write(UInt32(section.blockByteCount))
      writer.write(section.blockTableChecksum)
      writer.write(UInt64(0))
      writer.write(section.digest.bytes)
      writer.write(section.name.utf8)
    }
    return writer.bytes
  }

  init() {}

  /// Reads a table that begins at `tableOffset` of its file, and checks that its sections fill the
  /// file from the header up to the table.
  init(_ bytes: Span<UInt8>, tableOffset: Int) throws(FormatError) {
    var reader = ByteReader(bytes)
    guard try reader.readBytes(4, "table.magic") == Array("TABL".utf8) else {
      throw FormatError(code: .damaged("no table here"), offset: 0, field: "table.magic")
    }
    let count = Int(try reader.read(UInt32.self, "table.sectionCount"))
    guard count <= reader.remainingCount / Self.entryByteCount else {
      let needed = count.multipliedReportingOverflow(by: Self.entryByteCount).partialValue
      throw FormatError(
        code: .truncated(needed: needed, available: reader.remainingCount), offset: 4,
        field: "table.sectionCount")
    }
    var end = Header.byteCount
    var names: Set<SectionIdentity> = []
    for _ in 0..<count {
      let start = reader.offset
      let section = try Self.section(&reader, from: end, to: tableOffset)
      guard names.insert(SectionIdentity(section)).inserted else {
        throw FormatError(
          code: .damaged("a second section \(section.kind) \(section.name)"), offset: start,
          field: "table.name")
      }
      sections.append(section)
      end = section.endOffset
    }
    guard reader.remainingCount == 0 else {
      throw FormatError(
        code: .damaged("\(reader.remainingCount) bytes too many"), offset: reader.offset,
        field: "table.sectionCount")
    }
    guard end == tableOffset else {
      throw FormatError(
        code: .damaged("the sections end at \(end)"), offset: 0, field: "table.offset")
    }
  }

  /// Reads an entry whose section must lie between `lowest` and `highest`.
  @_lifetime(reader: copy reader)
  private static func section(
    _ reader: inout ByteReader, from lowest: Int, to highest: Int
  ) throws(FormatError) -> Section {
    let start = reader.offset
    func fail(_ reason: String, _ field: String) -> FormatError {
      FormatError(code: .damaged(reason), offset: start, field: "table.\(field)")
    }
    let kindCode = try reader.read(UInt32.self, "table.kind")
    let codecCode = try reader.read(UInt8.self, "table.codec")
    let alignmentCode = try reader.read(UInt8.self, "table.alignment")
    let nameByteCount = Int(try reader.read(UInt16.self, "table.nameByteCount"))
    let offset = try reader.readCount("table.offset")
    let storedByteCount = try reader.readCount("table.storedByteCount")
    let byteCount = try reader.readCount("table.byteCount")
    let blockByteCount = Int(try reader.read(UInt32.self, "table.blockByteCount"))
    let checksum = try reader.read(UInt32.self, "table.blockTableChecksum")
    try reader.readZeros(8, "table.reserved")
    let digestBytes = try reader.readBytes(Digest.byteCount, "table.digest")
    let nameBytes = try reader.readBytes(nameByteCount, "table.name")
    guard let kind = SectionKind(rawValue: kindCode) else {
      throw fail("kind \(kindCode) is not four letters", "kind")
    }
    guard let codec = SectionCodec(rawValue: codecCode) else {
      throw FormatError(
        code: .unsupportedCode(Int(codecCode)), offset: start, field: "table.codec")
    }
    guard (6...14).contains(alignmentCode) else {
      throw fail("alignment 2^\(alignmentCode)", "alignment")
    }
    guard let name = String(validating: nameBytes, as: UTF8.self), Section.isLegal(name: name)
    else { throw fail("not a legal name", "name") }
    guard (1...Limits.maximumBlockByteCount).contains(blockByteCount) else {
      throw fail("blocks of \(blockByteCount) bytes", "blockByteCount")
    }
    guard let digest = Digest(bytes: digestBytes) else { throw fail("no digest", "digest") }
    guard offset == lowest else {
      throw fail("section at \(offset), not at \(lowest)", "offset")
    }
    // What fits between `offset` and `highest` cannot overflow any sum of them.
    let room = highest - offset - Section.headerByteCount - nameByteCount
    guard storedByteCount <= room, codec != .raw || storedByteCount == byteCount,
      byteCount / blockByteCount <= room / BlockTable.entryByteCount
    else { throw fail("\(storedByteCount) bytes, \(byteCount) decoded", "storedByteCount") }
    let section = Section(
      kind: kind, name: name, codec: codec, alignment: 1 << Int(alignmentCode),
      blockByteCount: blockByteCount, offset: offset, storedByteCount: storedByteCount,
      byteCount: byteCount, digest: digest, blockTableChecksum: checksum)
    guard section.endOffset <= highest else {
      throw fail("section ends at \(section.endOffset), the table begins at \(highest)", "offset")
    }
    return section
  }
}

/// Kind and name, compared by their bytes.
private struct SectionIdentity: Hashable {
  let kind: SectionKind
  let name: [UInt8]

  init(_ section: Section) {
    kind = section.kind
    name = Array(section.name.utf8)
  }
}
