internal import GobbetSystem

/// All sections of a file, in the order in which they lie there.
struct TableOfContents: Hashable, Sendable {
  static let magic = Array("TABL".utf8)
  static let headByteCount = 16
  static let entryByteCount = 80

  private(set) var sections: [ContainerSection] = []
  /// Where each kind and name is among them.
  private var places: [ContainerSection.Identity: Int] = [:]

  /// The section of that kind and name; nil if there is none.
  subscript(identity: ContainerSection.Identity) -> ContainerSection? {
    places[identity].map { sections[$0] }
  }

  /// Appends a section; false if there was one of that kind and name before, which no table may have.
  mutating func append(_ section: ContainerSection) -> Bool {
    let place = places.updateValue(sections.count, forKey: section.identity)
    sections.append(section)
    return place == nil
  }

  /// Takes out the section of that kind and name.
  mutating func remove(_ identity: ContainerSection.Identity) {
    guard let place = places.removeValue(forKey: identity) else { return }
    sections.remove(at: place)
    for index in place..<sections.count { places[sections[index].identity] = index }
  }

  /// The SHA-256 of what the file holds: the same however it is compressed and laid out.
  ///
  /// Over kind, name, decoded length and digest of every section in turn, but for the signatures,
  /// which sign it.
  var contentID: ContentDigest {
    var writer = ByteWriter()
    writer.write("gobbet content 1\n".utf8)
    for section in sections where section.kind != .signature {
      writer.write(section.kind.rawValue)
      writer.write(UInt32(section.name.utf8.count))
      writer.write(section.name.utf8)
      writer.write(UInt64(section.byteCount))
      writer.write(section.digest.bytes)
    }
    return ContentDigest(of: writer.bytes.span)
  }

  /// The table as it stands in files.
  var content: [UInt8] {
    var entries = ByteWriter()
    for section in sections {
      entries.write(SectionFields(section).content)
      entries.write(UInt64(section.offset))
      entries.write(UInt64(0))
      entries.write(section.digest.bytes)
      entries.write(section.name.utf8)
    }
    var writer = ByteWriter()
    writer.write(Self.magic)
    writer.write(UInt32(sections.count))
    writer.write(UInt64(Self.headByteCount + entries.bytes.count))
    writer.write(entries.bytes)
    return writer.bytes
  }

  init() {}

  /// Reads the table that `trailer` points at, and checks that its sections follow each other.
  ///
  /// In a file of one generation they fill it from the header up to the table. In a later one there
  /// may be room between them, where the tables before this one lie, and sections that it no longer
  /// lists; ``ContainerReader/verify()`` looks there.
  init(_ bytes: Span<UInt8>, of trailer: Trailer) throws(FormatError) {
    let computed = crc32c(bytes)
    guard computed == trailer.tableChecksum else {
      throw FormatError(
        code: .checksumMismatch(stored: trailer.tableChecksum, computed: computed), offset: 0,
        field: "trailer.tableChecksum")
    }
    var reader = ByteReader(bytes)
    guard try reader.readBytes(4, "table.magic") == Self.magic else {
      throw FormatError(code: .damaged("no table here"), offset: 0, field: "table.magic")
    }
    let count = Int(try reader.read(UInt32.self, "table.sectionCount"))
    guard try reader.readCount("table.byteCount") == bytes.count else {
      throw FormatError(
        code: .damaged("the trailer says \(bytes.count.counted("byte"))"), offset: 8,
        field: "table.byteCount")
    }
    guard count <= reader.remainingCount / Self.entryByteCount else {
      throw FormatError(
        code: .truncated(needed: count * Self.entryByteCount, available: reader.remainingCount),
        offset: 4, field: "table.sectionCount")
    }
    sections.reserveCapacity(count)
    var end = Header.byteCount
    places.reserveCapacity(count)
    for _ in 0..<count {
      let start = reader.offset
      let section = try Self.section(
        &reader, from: end, to: trailer.tableOffset, adjoining: trailer.previousOffset == 0)
      guard append(section) else {
        throw FormatError(
          code: .damaged("a second section \(section.kind) \(section.name)"), offset: start,
          field: "table.name")
      }
      end = section.endOffset
    }
    guard reader.remainingCount == 0 else {
      throw FormatError(
        code: .damaged("\(reader.remainingCount.counted("byte")) too many"), offset: reader.offset,
        field: "table.sectionCount")
    }
    guard end == trailer.tableOffset || trailer.previousOffset != 0 else {
      throw FormatError(
        code: .damaged("the sections end at \(end)"), offset: 0, field: "table.offset")
    }
  }

  /// Reads an entry whose section must lie between `lowest` and `highest`.
  @_lifetime(reader: copy reader)
  private static func section(
    _ reader: inout ByteReader, from lowest: Int, to highest: Int, adjoining: Bool
  ) throws(FormatError) -> ContainerSection {
    let fields = try SectionFields(&reader, "table")
    let start = reader.offset
    let offset = try reader.readCount("table.offset")
    try reader.readZeros(8, "table.reserved")
    let digestBytes = try reader.readBytes(ContentDigest.byteCount, "table.digest")
    let nameOffset = reader.offset
    let nameBytes = try reader.readBytes(fields.nameByteCount, "table.name")
    guard let name = String(validating: nameBytes, as: UTF8.self),
      ContainerSection.isLegal(name: name)
    else {
      throw FormatError(code: .damaged("not a legal name"), offset: nameOffset, field: "table.name")
    }
    guard offset == lowest || (!adjoining && offset > lowest),
      offset.isMultiple(of: FormatLimits.alignment)
    else {
      throw FormatError(
        code: .damaged("section at \(offset), the one before ends at \(lowest)"), offset: start,
        field: "table.offset")
    }
    guard let digest = ContentDigest(bytes: digestBytes),
      let section = ContainerSection(
        fields, name: name, offset: offset, digest: digest, endingBy: highest)
    else {
      throw FormatError(
        code: .damaged(
          "\(fields.storedByteCount.counted("byte")) of \(fields.byteCount) at \(offset) "
            + "do not fit before \(highest)"), offset: start, field: "table.storedByteCount")
    }
    return section
  }
}
