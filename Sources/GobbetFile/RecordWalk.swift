/// Goes through a file record by record, without its tables: each record says where it ends.
struct RecordWalk {
  enum Record {
    /// A section whose header and name are whole; its digest stands in no header and is not known.
    case section(ContainerSection)
    /// A table and the trailer behind it.
    case trailer(Trailer)
  }

  private let source: SectionSource
  /// Where the next record begins.
  private(set) var offset: Int

  init(_ source: SectionSource, from offset: Int) {
    self.source = source
    self.offset = offset
  }

  /// Steps past the next record; nil where no whole one begins.
  mutating func next() throws -> Record? {
    guard source.byteCount - offset >= ContainerSection.headerByteCount else { return nil }
    let head = try source.read(offset, ContainerSection.headerByteCount, "section.header")
    if let section = try section(head) {
      offset = section.endOffset
      return .section(section)
    }
    if let trailer = try trailer(head) {
      offset = trailer.endOffset
      return .trailer(trailer)
    }
    return nil
  }

  /// Steps over 64 bytes, to where the next record may begin.
  mutating func skip() { offset += FormatLimits.alignment }

  private func section(_ head: [UInt8]) throws -> ContainerSection? {
    guard let (fields, checksum) = try? ContainerSection.fields(ofHeader: head.span),
      fields.nameByteCount <= source.byteCount - offset - head.count
    else { return nil }
    let name = try source.read(offset + head.count, fields.nameByteCount, "section.name")
    guard crc32c(name.span) == checksum, let name = String(validating: name, as: UTF8.self),
      ContainerSection.isLegal(name: name),
      let noDigest = ContentDigest(bytes: [UInt8](repeating: 0, count: 32))
    else { return nil }
    return ContainerSection(
      fields, name: name, offset: offset, digest: noDigest, endingBy: source.byteCount)
  }

  private func trailer(_ head: [UInt8]) throws -> Trailer? {
    var reader = ByteReader(head.span)
    guard (try? reader.readBytes(4, "table.magic")) == TableOfContents.magic,
      (try? reader.read(UInt32.self, "table.sectionCount")) != nil,
      let tableByteCount = try? reader.readCount("table.byteCount"),
      tableByteCount <= FormatLimits.maximumTableByteCount,
      let trailerOffset = FormatLimits.aligned(offset + tableByteCount),
      trailerOffset <= source.byteCount - Trailer.byteCount
    else { return nil }
    let bytes = try source.read(trailerOffset, Trailer.byteCount, "trailer")
    guard let trailer = try? Trailer(bytes.span, offset: trailerOffset),
      trailer.tableOffset == offset
    else { return nil }
    return trailer
  }
}
