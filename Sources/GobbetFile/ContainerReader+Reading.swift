internal import GobbetSystem

extension ContainerReader {
  /// The whole content of a section, decoded, every block of it checked.
  ///
  /// - Throws: ``FormatError``, with `overBudget` if it is larger than the reader may allocate;
  ///   `FileError`.
  public func bytes(of section: ContainerSection) throws -> [UInt8] {
    try bytes(of: section, in: 0..<section.byteCount)
  }

  /// A part of the content of a section, decoded; only the blocks that it touches are read, and each
  /// of them is checked.
  ///
  /// - Precondition: `range` lies in the content.
  /// - Throws: as ``bytes(of:)``.
  public func bytes(of section: ContainerSection, in range: Range<Int>) throws -> [UInt8] {
    try source.require(range.count, section.offset, "section.byteCount")
    if section.codec == .raw {
      precondition(
        range.lowerBound >= 0 && range.upperBound <= section.byteCount,
        "ContainerReader: not in the section")
      return try source.rawBytes(of: section, in: range)
    }
    var content: [UInt8] = []
    try forEachBlock(of: section, touching: range) { block, start in
      let wanted = range.clamped(to: start..<(start + block.count))
      // One block is the common case and needs no second copy.
      if wanted.count == block.count, content.isEmpty {
        content = block
        if wanted.count < range.count { content.reserveCapacity(range.count) }
      } else {
        content += block[(wanted.lowerBound - start)..<(wanted.upperBound - start)]
      }
    }
    return content
  }

  /// Checks that `byteCount` bytes may be allocated for what `section` holds.
  ///
  /// - Throws: ``FormatError`` (`overBudget`).
  package func requireMemory(
    _ byteCount: Int, for section: ContainerSection, _ field: String
  ) throws(FormatError) {
    try source.require(byteCount, section.offset, field)
  }

  /// Checks that `byteCount` bytes may be taken for an index of what `section` holds.
  ///
  /// - Throws: ``FormatError`` (`overIndexBudget`).
  package func requireIndexMemory(
    _ byteCount: Int, for section: ContainerSection, _ field: String
  ) throws(FormatError) {
    guard byteCount <= indexBudget else {
      throw FormatError(
        code: .overIndexBudget(needed: byteCount, budget: indexBudget), offset: section.offset,
        field: field, file: path)
    }
  }

  /// Calls `body` with each decoded and checked block that holds bytes of `range`, in order, and
  /// with where it starts in the content.
  ///
  /// - Precondition: `range` lies in the content.
  /// - Throws: ``FormatError``, `FileError`, and what `body` throws.
  public func forEachBlock(
    of section: ContainerSection, touching range: Range<Int>,
    _ body: (_ block: [UInt8], _ start: Int) throws -> Void
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= section.byteCount,
      "ContainerReader: not in the section")
    try source.forEachBlock(of: section, touching: range, body)
  }

  /// Whether ``withUnsafeBytes(of:_:)`` maps rather than copies.
  public var isMappable: Bool { file != nil }

  /// The file, open; nil if the container is in no file.
  package var file: FileSource? { source.source as? FileSource }

  /// The content of a raw section where it lies in the mapped file, unchecked; a copy of it if the
  /// source isn't a file.
  ///
  /// The pointer must not leave `body`. A file that is cut short meanwhile raises SIGBUS.
  /// - Precondition: the section is raw.
  /// - Throws: `FileError` if the file cannot be mapped, ``FormatError`` if it was cut since it was
  ///   opened, and what `body` throws.
  @unsafe public func withUnsafeBytes<Result>(
    of section: ContainerSection, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    precondition(section.codec == .raw, "ContainerReader: only raw sections can be mapped")
    guard let file = source.source as? FileSource else {
      return try unsafe uncheckedBytes(of: section, in: 0..<section.byteCount).withUnsafeBytes(body)
    }
    return try unsafe file.mapped().withUnsafeBytes { bytes in
      let end = section.payloadOffset + section.byteCount
      guard end <= bytes.count else {
        throw FormatError(
          code: .truncated(needed: end, available: bytes.count), offset: section.payloadOffset,
          field: "section.payload", file: path)
      }
      let content = unsafe bytes[section.payloadOffset..<end]
      return try unsafe body(UnsafeRawBufferPointer(rebasing: content))
    }
  }

  /// The stored bytes of a raw section, unchecked: for content that has checksums of its own.
  ///
  /// - Precondition: the section is raw and `range` lies in it.
  /// - Throws: `FileError`, ``FormatError`` (`truncated`, `overBudget`).
  public func uncheckedBytes(of section: ContainerSection, in range: Range<Int>) throws -> [UInt8] {
    precondition(
      section.codec == .raw && range.lowerBound >= 0 && range.upperBound <= section.byteCount,
      "ContainerReader: not in a raw section")
    return try source.read(
      section.payloadOffset + range.lowerBound, range.count, "section.payload")
  }

  /// Copies stored bytes of a raw section, unchecked, from byte `start` of it on into `buffer`.
  ///
  /// - Precondition: the section is raw and has as many bytes from `start` on.
  /// - Throws: `FileError`, ``FormatError`` (`truncated`).
  @unsafe public func readUnchecked(
    _ section: ContainerSection, from start: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      section.codec == .raw && start >= 0 && buffer.count <= section.byteCount - start,
      "ContainerReader: not in a raw section")
    // SAFETY: the caller promises a valid buffer.
    try unsafe source.read(section.payloadOffset + start, into: buffer, "section.payload")
  }
}
