public import GobbetSystem

/// Writes a file section by section, in one pass; it appears under its name when it is finished.
///
/// The same sections give the same bytes.
public struct ContainerWriter: ~Copyable {
  /// Decoded bytes of a block where the caller does not say.
  public static let defaultBlockByteCount = 1 << 20

  private var file: AtomicFile
  private var table = TableOfContents()
  private var open: OpenSection?

  /// Begins a file that will be called `path`.
  ///
  /// - Throws: ``FileError`` (`create`).
  public init(path: String, profile: Profile, replacing: Bool = false) throws(FileError) {
    var file = try AtomicFile(path, replacing: replacing)
    try file.write(Header(profile: profile).content.span)
    self.file = file
  }

  /// Writes a whole section: raw, or compressed at zstd's `level` where that makes it smaller.
  ///
  /// - Precondition: no section is open; the name is legal and new for its kind.
  /// - Throws: ``FileError`` (`write`).
  public mutating func add(
    _ kind: SectionKind, named name: String = "", _ content: [UInt8], level: Int?
  ) throws(FileError) {
    var level = level
    if let wanted = level, content.count <= Self.defaultBlockByteCount {
      var frame: [UInt8] = []
      Compressor(level: wanted).compress(content.span, into: &frame)
      if frame.count >= content.count { level = nil }
    }
    try begin(kind, named: name, level: level)
    try append(content)
    try end()
  }

  /// Begins a section of unknown length, whose payload will begin at a multiple of `alignment`.
  ///
  /// - Precondition: no section is open; the name is legal and new for its kind; `alignment` is a
  ///   power of two from 64 to 16,384; `blockByteCount` is from 1 to 8 MiB.
  /// - Throws: ``FileError`` (`write`).
  public mutating func begin(
    _ kind: SectionKind, named name: String = "", level: Int? = nil, alignment: Int = 64,
    blockByteCount: Int = defaultBlockByteCount
  ) throws(FileError) {
    precondition(open == nil, "ContainerWriter: a section is open")
    precondition(Section.isLegal(name: name), "ContainerWriter: not a legal name")
    precondition(
      !table.sections.contains { $0.kind == kind && $0.name.utf8.elementsEqual(name.utf8) },
      "ContainerWriter: a second section of this kind and name")
    precondition(
      (64...16_384).contains(alignment) && alignment.nonzeroBitCount == 1
        && (1...Limits.maximumBlockByteCount).contains(blockByteCount),
      "ContainerWriter: no such alignment or block")
    let section = OpenSection(
      kind: kind, name: name, level: level, alignment: alignment, blockByteCount: blockByteCount,
      offset: file.byteCount)
    try file.write(section.placeholder.span)
    open = section
  }

  /// Adds `content` to the open section.
  ///
  /// - Precondition: a section is open.
  /// - Throws: ``FileError`` (`write`).
  public mutating func append(_ content: [UInt8]) throws(FileError) {
    try append(content.span)
  }

  /// Adds `content` to the open section.
  ///
  /// - Precondition: a section is open.
  /// - Throws: ``FileError`` (`write`).
  public mutating func append(_ content: Span<UInt8>) throws(FileError) {
    guard var section = open.take() else { preconditionFailure("ContainerWriter: no open section") }
    var start = 0
    while start < content.count {
      let end = min(content.count, start + section.room)
      section.add(content.extracting(start..<end))
      if section.room == 0 { try file.write(section.storedBlock().span) }
      start = end
    }
    open = section
  }

  /// Ends the open section.
  ///
  /// - Precondition: a section is open.
  /// - Throws: ``FileError`` (`write`).
  public mutating func end() throws(FileError) {
    guard var section = open.take() else { preconditionFailure("ContainerWriter: no open section") }
    if !section.isBlockEmpty { try file.write(section.storedBlock().span) }
    try file.write(section.blocks.content.span)
    let finished = section.finished
    try file.overwrite(finished.header.span, at: finished.offset)
    table.sections.append(finished)
    try pad()
  }

  /// Writes the table and the trailer, has all of it reach the disk, and gives the file its name.
  ///
  /// Returns the content id.
  /// - Precondition: no section is open.
  /// - Throws: ``FileError`` (`write`, `create`).
  public mutating func finish() throws(FileError) -> Digest {
    precondition(open == nil, "ContainerWriter: a section is open")
    let content = table.content
    precondition(content.count <= Limits.maximumTableByteCount, "ContainerWriter: table too large")
    let trailer = Trailer(
      tableOffset: file.byteCount, tableByteCount: content.count,
      tableChecksum: crc32c(content.span))
    try file.write(content.span)
    try pad()
    // What the trailer points at is on the disk before the trailer is.
    try file.synchronize()
    try file.write(trailer.content.span)
    try file.commit()
    return table.contentID
  }

  private mutating func pad() throws(FileError) {
    let count = -file.byteCount & (Limits.alignment - 1)
    try file.write([UInt8](repeating: 0, count: count).span)
  }
}
