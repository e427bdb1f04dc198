internal import GobbetSystem

/// A file, open for reading: its sections, and what they hold.
///
/// Opening reads the header and the end of the file, no section. Everything that is read later is
/// checked when it is read. Safe to use from many threads.
///
/// ```swift
/// let container = try ContainerReader(path: "corpus.gobbet")
/// for section in container.sections { print(section.kind, section.byteCount) }
/// print(container.contentID)
/// ```
public struct ContainerReader: Sendable {
  /// The path as the caller gave it, or what the caller calls the source.
  public let path: String
  /// What the file is mainly for.
  public let profile: ContainerProfile
  /// All sections, in the order in which they lie in the file.
  public var sections: [ContainerSection] { generation.table.sections }
  /// The SHA-256 of what the file holds, as its table tells it.
  public let contentID: ContentDigest
  /// Bytes of the file.
  public let byteCount: Int
  /// Bytes after the last whole generation, of an append that did not end; no section lies there.
  public let unfinishedByteCount: Int
  /// Bytes that one read may allocate.
  public var budget: Int { source.budget }
  /// Bytes that one index of the file may take in memory.
  public let indexBudget: Int
  /// The same where the caller or the environment said so; nil where it follows from the file's size.
  package let givenIndexBudget: Int?

  let generation: Generation
  let source: SectionSource

  /// Opens the file at `path`.
  ///
  /// - Throws: `FileError` if it cannot be opened; ``FormatError`` if it isn't a container, was cut,
  ///   or is damaged where its sections are listed.
  /// - Complexity: two or three reads, and time in the number of sections.
  public init(
    path: String, budget: Int = FormatLimits.defaultBudget, indexBudget: Int? = nil
  ) throws {
    try self.init(FileSource(path: path), named: path, budget: budget, indexBudget: indexBudget)
  }

  /// Opens a container that `source` holds; errors call it `name`.
  ///
  /// `budget` is how many bytes one read may allocate, `indexBudget` how many an index may take, as
  /// ``FormatLimits/leastIndexBudget`` says where it is nil.
  /// - Throws: ``FormatError``, and what the source throws.
  /// - Complexity: as ``init(path:budget:indexBudget:)``.
  public init(
    _ source: some ByteSource, named name: String, budget: Int = FormatLimits.defaultBudget,
    indexBudget: Int? = nil
  ) throws {
    let source = SectionSource(source: source, name: name, budget: budget)
    let byteCount = source.byteCount
    guard byteCount <= FormatLimits.maximumFileByteCount else {
      throw FormatError(
        code: .damaged("a file of \(byteCount.counted("byte"))"), offset: 0, field: "header",
        file: name)
    }
    let startByteCount =
      byteCount <= Generation.tailByteCount ? byteCount : Header.byteCount
    let start = try source.read(0, startByteCount, "header")
    let header = try source.locating(at: 0) { () throws(FormatError) in try Header(start.span) }
    let generation = try Generation.last(in: source, start: start)
    path = name
    profile = header.profile
    contentID = generation.table.contentID
    self.byteCount = byteCount
    givenIndexBudget = indexBudget ?? FormatLimits.environmentIndexBudget
    self.indexBudget = givenIndexBudget ?? max(FormatLimits.leastIndexBudget, 4 * byteCount)
    unfinishedByteCount = byteCount - generation.trailer.endOffset
    self.generation = generation
    self.source = source
  }

  /// The section of that kind and name; nil if there is none.
  public func section(_ kind: SectionKind, named name: String = "") -> ContainerSection? {
    generation.table[ContainerSection.Identity(kind: kind, name: Array(name.utf8))]
  }

  /// The section of that kind and name.
  ///
  /// - Throws: ``FormatError`` (`missingSection`) if there is none.
  public func requiredSection(
    _ kind: SectionKind, named name: String = ""
  ) throws(FormatError) -> ContainerSection {
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

  /// The metadata, UTF-8 JSON as it was written; nil if there is none.
  ///
  /// - Throws: ``FormatError`` if it isn't UTF-8 or larger than 16 MiB; what reading throws.
  public func metadata() throws -> String? {
    guard let section = section(.metadata) else { return nil }
    guard section.byteCount <= FormatLimits.maximumMetadataByteCount else {
      throw FormatError(
        code: .damaged("metadata of \(section.byteCount.counted("byte"))"), offset: section.offset,
        field: "section.byteCount", file: path)
    }
    guard let text = String(validating: try bytes(of: section), as: UTF8.self) else {
      throw FormatError(
        code: .damaged("metadata isn't UTF-8"), offset: section.payloadOffset, field: "metadata",
        file: path)
    }
    return text
  }
}
