public import GobbetBPE
public import GobbetFile
internal import GobbetSystem

/// A packed file of tensors, read in any order and from any number of threads.
///
/// Opening reads the tables only; data is read and checked when it is asked for.
///
/// ```swift
/// let reader = try WeightsReader(path: "model.gobbet")
/// for tensor in reader.tensors { print(tensor.name, tensor.elementType, tensor.shape) }
/// print(try reader.bytes(of: reader.tensors[0]).count)
/// ```
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
  /// What reading works in.
  let memories: BlockMemoryPool
  /// The file that tensors of this one differ from; nil if none do.
  public let base: WeightsBase?
  private(set) var openedBase: OpenedBase?

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

  /// Opens the file at `path`, whose tensors may differ from those of `base`, wherever that lies.
  ///
  /// - Throws: as ``init(path:checks:isMapped:)``; ``LoadingError`` if the file names another base, or
  ///   none.
  public init(path: String, base: WeightsReader, checks: WeightChecks = .touched) throws {
    try self.init(
      try ContainerReader(path: path), checks: checks, isMapped: false, checksContent: false,
      chain: [])
    guard let named = self.base else { throw LoadingError(path: path, reason: "names no base") }
    openedBase = try OpenedBase(base, as: named, of: path)
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
  /// Where tensors differ from those of a base, that is the file of the name in the container's folder,
  /// and has the content id that the container says. Without it the tensors are listed, and reading
  /// them is an error.
  /// - Throws: `FormatError`, and what the container's source throws.
  public init(
    _ container: ContainerReader, checks: WeightChecks = .touched, isMapped: Bool = false
  ) throws {
    try self.init(container, checks: checks, isMapped: isMapped, chain: [])
  }

  /// Reads the tables likewise; a base that is among those that are `open` isn't opened again.
  ///
  /// - Throws: as ``init(_:checks:isMapped:)``.
  package init(_ container: ContainerReader, beside open: OpenContainers) throws {
    try self.init(container, checks: .touched, isMapped: false, chain: [], open: open)
  }

  /// The same for a base; `chain` are the paths of the files that stand on it.
  init(
    _ container: ContainerReader, checks: WeightChecks, isMapped: Bool, chain: [String],
    open: OpenContainers? = nil
  ) throws {
    try self.init(
      container, checks: checks, isMapped: isMapped, checksContent: false, chain: chain, open: open)
  }

  /// Reads the tables of the tensors in an open container that is to be verified: zstd's checksums of
  /// decoded planes are checked too.
  ///
  /// - Throws: `FormatError`, and what the container's source throws.
  package init(verifying container: ContainerReader) throws {
    try self.init(
      container, checks: .touched, isMapped: false, checksContent: true, chain: [])
    try checkPadding()
    _ = try setPlace()
    // What a table says of tensors that were replaced since must hold, too.
    let blocks = TensorBlockReader(
      container, directory, openedBase, checks: true, BlockMemory(checksContent: true))
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
    _ container: ContainerReader, checks: WeightChecks, isMapped: Bool, checksContent: Bool,
    chain: [String], open: OpenContainers? = nil
  ) throws {
    try container.requireKnownSections()
    path = container.path
    metadata = try Self.metadata(container)
    directory = try TensorDirectory(container)
    self.container = container
    self.checksContent = checksContent
    memories = BlockMemoryPool(checksContent: checksContent)
    self.checks = checks
    self.isMapped = isMapped
    base = try container.section(.weightsBase).map { section in
      try container.parsed(section) { content throws(FormatError) in try WeightsBase(content) }
    }
    openedBase = base.map {
      OpenedBase($0, of: container, chain, checks: checks, isMapped: isMapped, open: open)
    }
    if checks == .all {
      let blocks = TensorBlockReader(container, directory, nil, checks: true)
      for place in directory.places { try blocks.check(place) }
    }
  }

  /// Every tensor, in the order they were written; one that was replaced keeps its place.
  public var tensors: [TensorDescription] { directory.tensors }
  /// The content id of the file.
  public var contentID: ContentDigest { container.contentID }

  /// The file, open; nil if the tensors are in none.
  package var file: FileSource? { container.file }

  /// Why the base cannot be read; nil if it can, or there is none.
  package var baseFault: (any Error)? {
    do {
      _ = try openedBase?.opened()
      return nil
    } catch {
      return error
    }
  }

  /// How a tensor is stored; nil if there isn't one of that name.
  public func codec(ofTensorNamed name: String) -> WeightCodec? { directory[name]?.entry.codec }

  /// Bytes that a tensor takes in the file; nil if there isn't one of that name.
  public func storedByteCount(ofTensorNamed name: String) -> Int? {
    directory[name].map { directory.stored($0).count }
  }

  /// Bytes from the start of the file to a tensor's data, where it lies there as it is; nil if it is
  /// stored otherwise, or there isn't one of that name.
  package func rawFileOffset(ofTensorNamed name: String) -> Int? {
    guard let place = directory[name], place.entry.codec == .raw else { return nil }
    return directory.groups[place.group].payload.payloadOffset + place.entry.offset
  }

  /// Checks that memory for all of a tensor's data may be taken: compressed, a small file can tell
  /// of a large one.
  ///
  /// - Throws: `FormatError` (`overBudget`), by the budget of the container.
  public func requireMemory(for tensor: TensorDescription) throws {
    guard let place = directory[tensor.name], place.entry.codec != .raw else { return }
    try container.requireMemory(
      tensor.byteCount, for: directory.groups[place.group].payload, "tensors.shape")
  }

  /// What is stored of a tensor: its data, or its difference from the base, which need not be there.
  ///
  /// - Throws: as ``read(_:into:)``.
  package func storedElements(of tensor: TensorDescription) throws -> [UInt8] {
    try requireMemory(for: tensor)
    let place = try directory.place(of: tensor)
    let blocks = TensorBlockReader(
      container, directory, nil, checks: checks != .none,
      BlockMemory(checksContent: checksContent))
    var elements = [UInt8](repeating: 0, count: tensor.byteCount)
    // SAFETY: the array is as long as the tensor's data.
    try unsafe elements.withUnsafeMutableBytes {
      try unsafe blocks.read(place, bytes: 0..<tensor.byteCount, into: $0)
    }
    return elements
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
        code: .damaged("\(section.byteCount.counted("byte"))"), offset: section.offset,
        field: "metadata",
        file: container.path)
    }
    // A pair takes six bytes at least, and some 100 as two texts that no other key equals.
    return try container.parsed(section, building: section.byteCount / 6, of: 100) {
      text throws(FormatError) in
      try StringMap.pairs(text)
    }
  }
}
