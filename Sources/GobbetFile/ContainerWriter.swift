public import GobbetSystem

/// Writes a file section by section, in one pass.
///
/// A new file appears under its name when it is finished; a file that is appended to keeps its old
/// sections readable until then, and for good if that never comes. The same sections give the same
/// bytes.
public struct ContainerWriter: ~Copyable {
  /// Decoded bytes of a block where the caller does not say.
  public static let defaultBlockByteCount = 1 << 20

  private var file: OutputFile
  private var table: TableOfContents
  private var open: OpenSection?
  /// Where the trailer of the generation before is; 0 for a new file.
  private let previousTrailerOffset: Int
  /// The least minor version of a reader that understands everything that the table lists.
  private var leastReader: UInt16
  /// Kinds and names that this generation has written.
  private var written: Set<ContainerSection.Identity> = []

  /// Begins a file that will be called `path`.
  ///
  /// - Throws: `FileError` (`create`).
  public init(path: String, profile: ContainerProfile, replacing: Bool = false) throws(FileError) {
    var file = try OutputFile(new: path, replacing: replacing)
    try file.write(Header(profile: profile).content.span)
    self.init(file, TableOfContents(), previousTrailerOffset: 0, leastReader: 0)
  }

  /// Begins a generation after what the file at `path` holds.
  ///
  /// Its sections stay; a new one of the same kind and name takes the place of an old one in the
  /// table. What an append that did not end has left behind is cut off; a last generation that was
  /// finished and is damaged is an error, and stays.
  /// - Throws: `FileError` (`open`) if the file cannot be written, or another writer has it open;
  ///   ``FormatError`` if it isn't a container, or one whose last trailer is damaged.
  public init(appendingTo path: String) throws {
    // Opened for writing first: from then on nobody else changes it.
    var grown = try GrowingFile(path)
    let last = try ContainerReader(path: path).generation
    try grown.cut(to: last.trailer.endOffset)
    self.init(
      OutputFile(growing: grown), last.table, previousTrailerOffset: last.trailer.offset,
      leastReader: last.trailer.version.leastReader)
  }

  /// The content id of what was written so far.
  var contentID: ContentDigest { table.contentID }

  private init(
    _ file: consuming OutputFile, _ table: TableOfContents, previousTrailerOffset: Int,
    leastReader: UInt16
  ) {
    self.file = file
    self.table = table
    self.previousTrailerOffset = previousTrailerOffset
    self.leastReader = leastReader
  }

  /// Says that what was written, or is going to be, needs a reader of that minor version.
  ///
  /// - Precondition: this library is one.
  package mutating func require(readerOfMinor minor: UInt16) {
    precondition(minor <= FormatVersion.highestMinor, "ContainerWriter: a version to come")
    leastReader = max(leastReader, minor)
  }

  /// Writes a whole section: raw, or compressed at zstd's `level` where that makes it smaller.
  ///
  /// - Precondition: no section is open; the name is legal and new for its kind.
  /// - Throws: `FileError` (`write`).
  public mutating func add(
    _ kind: SectionKind, named name: String = "", _ content: [UInt8], level: Int?
  ) throws(FileError) {
    guard let level, content.count <= Self.defaultBlockByteCount else {
      try begin(kind, named: name, level: level)
      try append(content)
      return try end()
    }
    var frame: [UInt8] = []
    Compressor(level: level).compress(content.span, into: &frame)
    if frame.count < content.count {
      try begin(kind, named: name, level: level)
      try appendBlock(content.span, frame: frame.span)
    } else {
      try begin(kind, named: name)
      try append(content)
    }
    try end()
  }

  /// Writes metadata, which must be UTF-8 JSON; nothing but its size is checked.
  ///
  /// - Precondition: no section is open; it is at most 16 MiB and the first of this generation.
  /// - Throws: `FileError` (`write`).
  public mutating func add(metadata: String) throws(FileError) {
    let content = Array(metadata.utf8)
    precondition(
      content.count <= FormatLimits.maximumMetadataByteCount, "ContainerWriter: metadata too large")
    try add(.metadata, content, level: 19)
  }

  /// Begins a section of unknown length, whose payload will begin at a multiple of `alignment`.
  ///
  /// - Precondition: no section is open; the name is legal and new for its kind; `alignment` is a
  ///   power of two from 64 to 16,384; `blockByteCount` is from 1 to 8 MiB.
  /// - Throws: `FileError` (`write`).
  public mutating func begin(
    _ kind: SectionKind, named name: String = "", level: Int? = nil, alignment: Int = 64,
    blockByteCount: Int = defaultBlockByteCount
  ) throws(FileError) {
    precondition(open == nil, "ContainerWriter: a section is open")
    precondition(ContainerSection.isLegal(name: name), "ContainerWriter: not a legal name")
    let identity = ContainerSection.Identity(kind: kind, name: Array(name.utf8))
    precondition(
      written.insert(identity).inserted,
      "ContainerWriter: a second section of this kind and name")
    table.remove(identity)
    precondition(
      (64...16_384).contains(alignment) && alignment.nonzeroBitCount == 1
        && (1...FormatLimits.maximumBlockByteCount).contains(blockByteCount),
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
  /// - Throws: `FileError` (`write`).
  public mutating func append(_ content: [UInt8]) throws(FileError) {
    try append(content.span)
  }

  /// Adds `content` to the open section.
  ///
  /// - Precondition: a section is open.
  /// - Throws: `FileError` (`write`).
  public mutating func append(_ content: Span<UInt8>) throws(FileError) {
    guard var section = open.take() else { preconditionFailure("ContainerWriter: no open section") }
    // Where writing fails it stays open: another thread may be about to add to it.
    defer { open = section }
    var start = 0
    while start < content.count {
      let end = min(content.count, start + section.room)
      section.add(content.extracting(start..<end))
      if section.room == 0 { try file.write(section.storedBlock().span) }
      start = end
    }
  }

  /// Adds a whole block to the open section, and `frame`, which it was compressed to before.
  private mutating func appendBlock(
    _ content: Span<UInt8>, frame: Span<UInt8>
  ) throws(FileError) {
    open?.addBlock(content, frame: frame)
    try file.write(frame)
  }

  /// Ends the open section.
  ///
  /// - Precondition: a section is open.
  /// - Throws: `FileError` (`write`).
  public mutating func end() throws(FileError) {
    guard var section = open.take() else { preconditionFailure("ContainerWriter: no open section") }
    let finished: ContainerSection
    do {
      if !section.isBlockEmpty { try file.write(section.storedBlock().span) }
      try file.write(section.blocks.content.span)
      finished = section.finished
      try file.overwrite(finished.header.span, at: finished.offset)
    } catch {
      open = section
      throw error
    }
    // Its place is free: `begin` saw to that.
    _ = table.append(finished)
    try file.pad()
  }

  /// Writes the table and the trailer, has all of it reach the disk, and gives the file its name.
  ///
  /// Returns the content id.
  /// - Precondition: no section is open.
  /// - Throws: `FileError` (`write`, `create`).
  public mutating func finish() throws(FileError) -> ContentDigest {
    precondition(open == nil, "ContainerWriter: a section is open")
    let content = table.content
    precondition(
      content.count <= FormatLimits.maximumTableByteCount, "ContainerWriter: table too large")
    let trailer = Trailer(
      table: content.span, tableOffset: file.byteCount, previousOffset: previousTrailerOffset,
      version: .needing(minor: leastReader))
    try file.write(content.span)
    try file.pad()
    // What the trailer points at is on the disk before the trailer is.
    try file.synchronize()
    try file.write(trailer.content.span)
    try file.commit()
    return table.contentID
  }
}
