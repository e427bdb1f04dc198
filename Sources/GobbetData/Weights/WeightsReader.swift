public import GobbetBPE
public import GobbetFile

/// A packed file of tensors, read in any order and from any number of threads.
///
/// Opening reads the tables only; data is read and checked when it is asked for.
public struct WeightsReader: TensorPartSource {
  /// The file, or what the caller calls the source.
  public let path: String
  /// Keys and values that were stored with the tensors.
  public let metadata: [(String, String)]
  /// What is checked of the data.
  public let checks: WeightChecks
  /// Whether compact tensors are decoded from where the file is mapped.
  public let isMapped: Bool
  let container: ContainerReader
  let directory: TensorDirectory
  /// Whether zstd's checksums of decoded planes are checked as well as those of the stored blocks.
  let checksContent: Bool

  /// Opens the file at `path`.
  ///
  /// With `isMapped` compact tensors are decoded from where the file is mapped, which saves a copy; a
  /// file that is cut short meanwhile then raises SIGBUS.
  /// - Throws: `FormatError` if the file holds no tensors or is damaged; `FileError`.
  /// - Complexity: a few reads, and time in the number of tensors; with `.all` a read of all data.
  public init(
    path: String, checks: WeightChecks = .touched, isMapped: Bool = false
  ) throws {
    try self.init(try ContainerReader(path: path), checks: checks, isMapped: isMapped)
  }

  /// Opens a file that `source` holds; errors call it `name`.
  ///
  /// - Throws: `FormatError`, and what the source throws.
  public init(
    _ source: some ByteSource, named name: String, checks: WeightChecks = .touched
  ) throws {
    try self.init(try ContainerReader(source, named: name), checks: checks)
  }

  /// Reads the tables of the tensors in an open container.
  ///
  /// - Throws: `FormatError`, and what the container's source throws.
  public init(
    _ container: ContainerReader, checks: WeightChecks = .touched, isMapped: Bool = false
  ) throws {
    try self.init(container, checks: checks, isMapped: isMapped, checksContent: false)
  }

  /// Reads the tables of the tensors in an open container that is to be verified: zstd's checksums of
  /// decoded planes are checked too.
  ///
  /// - Throws: `FormatError`, and what the container's source throws.
  package init(verifying container: ContainerReader) throws {
    try self.init(container, checks: .touched, isMapped: false, checksContent: true)
    try checkPadding()
    _ = try setPlace()
    // What a table says of tensors that were replaced since must hold, too.
    var blocks = TensorBlockReader(container, directory, checks: true, checksContent: true)
    for place in directory.replaced { try blocks.verify(place) }
  }

  /// Checks that zeros fill the room between tensors.
  private func checkPadding() throws {
    for group in directory.groups {
      for gap in group.gaps {
        for (index, byte) in try container.bytes(of: group.payload, in: gap).enumerated()
        where byte != 0 {
          throw FormatError(
            code: .damaged("padding byte is \(byte)"),
            offset: group.payload.payloadOffset + gap.lowerBound + index,
            field: "tensors.padding", file: path)
        }
      }
    }
  }

  private init(
    _ container: ContainerReader, checks: WeightChecks, isMapped: Bool, checksContent: Bool
  ) throws {
    try container.requireKnownSections()
    path = container.path
    metadata = try Self.metadata(container)
    directory = try TensorDirectory(container)
    self.container = container
    self.checksContent = checksContent
    self.checks = checks
    self.isMapped = isMapped
    if checks == .all {
      var blocks = TensorBlockReader(container, directory, checks: true)
      for place in directory.places { try blocks.check(place) }
    }
  }

  /// Every tensor, in the order they were written; one that was replaced keeps its place.
  public var tensors: [TensorDescription] { directory.tensors }
  /// The content id of the file.
  public var contentID: ContentDigest { container.contentID }

  /// How a tensor is stored; nil if there is none of that name.
  public func codec(ofTensorNamed name: String) -> WeightCodec? { directory[name]?.entry.codec }

  /// Bytes that a tensor takes in the file; nil if there is none of that name.
  public func storedByteCount(ofTensorNamed name: String) -> Int? {
    directory[name].map { directory.stored($0).count }
  }

  /// Bytes from the start of the file to a tensor's data, where it lies there as it is; nil if it is
  /// stored otherwise, or there is none of that name.
  package func rawFileOffset(ofTensorNamed name: String) -> Int? {
    guard let place = directory[name], place.entry.codec == .raw else { return nil }
    return directory.groups[place.group].payload.payloadOffset + place.entry.offset
  }

  /// Checks that memory for all of a tensor's data may be taken: compressed, a small file can tell
  /// of a large one.
  ///
  /// - Throws: `FormatError` (`overBudget`), by the budget of the container.
  public func requireMemory(for tensor: TensorDescription) throws {
    guard let place = directory[tensor.name], place.entry.codec == .compact else { return }
    try container.requireMemory(
      tensor.byteCount, for: directory.groups[place.group].payload, "tensors.shape")
  }

  /// The vocabulary that the file embeds; nil if it has none.
  ///
  /// - Throws: `FormatError` if it is damaged; `FileError`.
  public func vocabulary() throws -> Vocabulary? {
    container.section(.vocabularyHeader) == nil ? nil : try VocabularySections.read(container)
  }

  private static func metadata(_ container: ContainerReader) throws -> [(String, String)] {
    guard let section = container.section(.metadata) else { return [] }
    guard section.byteCount <= StringMap.maximumByteCount else {
      throw FormatError(
        code: .damaged("\(section.byteCount) bytes"), offset: section.offset, field: "metadata",
        file: container.path)
    }
    // A pair takes six bytes at least, and some 100 as two texts that no other key equals.
    return try container.parsed(section, building: section.byteCount / 6, of: 100) {
      text throws(FormatError) in
      try StringMap.pairs(text)
    }
  }
}
