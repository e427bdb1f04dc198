/// Goes through a file record by record, without its tables: each record says where it ends.
struct RecordWalk {
  enum Record {
    /// A section whose header and name are whole; its digest stands in no header and is not known.
    case section(ContainerSection)
    /// A table and the trailer after it.
    case trailer(Trailer)
    /// A table followed by 64 bytes that should be its trailer and are not: neither cut off by the
    /// end of the file nor all zero, they cannot be what an append that did not end left behind.
    case damagedTrailer(FormatError)
  }

  private let source: SectionSource
  /// Where the next record begins.
  private(set) var offset: Int

  init(_ source: SectionSource, from offset: Int) {
    self.source = source
    self.offset = offset
  }

  /// Steps past the next record; nil where no whole one begins.
  ///
  /// A damaged trailer is not stepped past, since nothing vouches for the length of its table.
  mutating func next() throws -> Record? {
    guard source.byteCount - offset >= ContainerSection.headerByteCount else { return nil }
    let head = try source.read(offset, ContainerSection.headerByteCount, "section.header")
    if let section = try section(head) {
      offset = section.endOffset
      return .section(section)
    }
    guard let trailerOffset = trailerOffset(ofTable: head.span) else { return nil }
    let bytes = try source.read(trailerOffset, Trailer.byteCount, "trailer")
    if bytes.allSatisfy({ $0 == 0 }) { return nil }
    do throws(FormatError) {
      let trailer = try source.locating(at: trailerOffset) { () throws(FormatError) in
        try Trailer(bytes.span, offset: trailerOffset, ofTableAt: offset)
      }
      offset = trailer.endOffset
      return .trailer(trailer)
    } catch {
      return .damagedTrailer(error)
    }
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

  /// Where the trailer of the table that begins with `head` lies; nil if `head` begins no table, or
  /// if the file ends before the trailer does.
  private func trailerOffset(ofTable head: Span<UInt8>) -> Int? {
    var reader = ByteReader(head)
    guard (try? reader.readBytes(4, "table.magic")) == TableOfContents.magic,
      let sectionCount = try? reader.read(UInt32.self, "table.sectionCount"),
      let byteCount = try? reader.readCount("table.byteCount"),
      (TableOfContents.headByteCount...FormatLimits.maximumTableByteCount).contains(byteCount),
      Int(sectionCount) <= (byteCount - TableOfContents.headByteCount)
        / TableOfContents.entryByteCount,
      let trailerOffset = FormatLimits.aligned(offset + byteCount),
      trailerOffset <= source.byteCount - Trailer.byteCount
    else { return nil }
    return trailerOffset
  }
}
