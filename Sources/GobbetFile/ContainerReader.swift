internal import GobbetSystem
internal import Synchronization

/// A file, open for reading: its sections, and what they hold.
///
/// Opening reads the header and the end of the file, no section. Everything that is read later is
/// checked when it is read. Safe to use from many threads.
public struct ContainerReader: Sendable {
  /// The path as the caller gave it.
  public let path: String
  /// What the file is mainly for.
  public let profile: Profile
  /// All sections, in the order in which they lie in the file.
  public var sections: [Section] { table.sections }
  /// The SHA-256 of what the file holds, as its table tells it.
  public let contentID: Digest
  /// Bytes of the file.
  public let byteCount: Int
  /// Bytes that reading one section may allocate.
  public let budget: Int

  let table: TableOfContents
  let storage: Storage

  /// Bytes at the end of the file that opening reads at once; a larger table takes a second read.
  static let tailByteCount = 64 << 10

  /// The open file, and its mapping from the first time that one is asked for.
  final class Storage: Sendable {
    let file: InputFile
    private let mapping = Mutex<MappedFile?>(nil)

    init(_ file: consuming InputFile) { self.file = file }

    func mapped() throws(FileError) -> MappedFile {
      try mapping.withLock { mapping throws(FileError) in
        if let mapping { return mapping }
        let made = try MappedFile(file)
        mapping = made
        return made
      }
    }
  }

  /// Opens the file at `path`.
  ///
  /// - Throws: ``FileError`` if it cannot be opened; ``FormatError`` if it is no container, was cut,
  ///   or is damaged where its sections are listed.
  /// - Complexity: two or three reads, and time in the number of sections.
  public init(path: String, budget: Int = Limits.defaultBudget) throws {
    let file = try InputFile(path, regularOnly: true)
    let byteCount = file.byteCount ?? 0
    let start = try file.bytes(in: 0..<min(byteCount, Header.byteCount))
    let header = try locating(path, 0) { () throws(FormatError) in try Header(start.span) }
    let trailerOffset = byteCount - Trailer.byteCount
    guard trailerOffset >= Header.byteCount else {
      throw FormatError(
        code: .truncated(needed: Header.byteCount + Trailer.byteCount, available: byteCount),
        offset: byteCount, field: "trailer", file: path)
    }
    let tailStart = max(Header.byteCount, byteCount - Self.tailByteCount)
    let tail = try file.bytes(in: tailStart..<byteCount)
    guard tail.count == byteCount - tailStart else {
      throw FormatError(
        code: .truncated(needed: byteCount, available: tailStart + tail.count),
        offset: tailStart + tail.count, field: "trailer", file: path)
    }
    let trailer = try locating(path, trailerOffset) { () throws(FormatError) in
      try Trailer(
        tail.span.extracting(last: Trailer.byteCount), offset: trailerOffset)
    }
    var content: [UInt8]
    if trailer.tableOffset >= tailStart {
      content = Array(tail[(trailer.tableOffset - tailStart)..<(tail.count - Trailer.byteCount)])
    } else {
      content = try file.bytes(in: trailer.tableOffset..<trailerOffset)
    }
    table = try locating(path, trailer.tableOffset) { () throws(FormatError) in
      try Self.table(&content, trailer)
    }
    self.path = path
    self.budget = budget
    self.byteCount = byteCount
    profile = header.profile
    contentID = table.contentID
    storage = Storage(file)
  }

  /// Reads the table, whose padding is still behind it.
  private static func table(
    _ content: inout [UInt8], _ trailer: Trailer
  ) throws(FormatError) -> TableOfContents {
    guard content.count >= trailer.tableByteCount else {
      let code = FormatError.Code.truncated(
        needed: trailer.tableByteCount, available: content.count)
      throw FormatError(code: code, offset: 0, field: "table")
    }
    for index in trailer.tableByteCount..<content.count where content[index] != 0 {
      throw FormatError(
        code: .damaged("padding byte is \(content[index])"), offset: index, field: "table.padding")
    }
    content.removeLast(content.count - trailer.tableByteCount)
    let computed = crc32c(content.span)
    guard computed == trailer.tableChecksum else {
      throw FormatError(
        code: .checksumMismatch(stored: trailer.tableChecksum, computed: computed), offset: 0,
        field: "trailer.tableChecksum")
    }
    return try TableOfContents(content.span, tableOffset: trailer.tableOffset)
  }

  /// The section of that kind and name; nil if there is none.
  public func section(_ kind: SectionKind, named name: String = "") -> Section? {
    sections.first { $0.kind == kind && $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The section of that kind and name.
  ///
  /// - Throws: ``FormatError`` (`missingSection`) if there is none.
  public func requiredSection(
    _ kind: SectionKind, named name: String = ""
  ) throws(FormatError) -> Section {
    if let section = section(kind, named: name) { return section }
    throw FormatError(
      code: .missingSection(kind.description + (name.isEmpty ? "" : " \(name)")), offset: 0,
      field: "table", file: path)
  }

  /// Checks that every critical section is of a kind that the caller knows.
  ///
  /// - Throws: ``FormatError`` (`unsupportedSection`) for the first that is not.
  public func requireKnownSections(_ known: Set<SectionKind>) throws(FormatError) {
    for section in sections where section.kind.isCritical && !known.contains(section.kind) {
      throw FormatError(
        code: .unsupportedSection(section.kind.description), offset: section.offset,
        field: "section.kind", file: path)
    }
  }
}

/// Runs `body`, moving its errors to where its bytes lie in a file.
func locating<Result: ~Copyable>(
  _ path: String, _ base: Int, _ body: () throws(FormatError) -> Result
) throws(FormatError) -> Result {
  do {
    return try body()
  } catch {
    throw error.located(at: base, in: path)
  }
}
