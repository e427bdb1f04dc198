internal import GobbetSystem

extension ContainerReader {
  /// The whole content of a section, decoded, every block of it checked.
  ///
  /// - Throws: ``FormatError``, with `overBudget` if it is larger than the reader may allocate;
  ///   ``FileError``.
  public func bytes(of section: Section) throws -> [UInt8] {
    try bytes(of: section, in: 0..<section.byteCount)
  }

  /// A part of the content of a section, decoded; only the blocks that it touches are read, and each
  /// of them is checked.
  ///
  /// - Precondition: `range` lies in the content.
  /// - Throws: as ``bytes(of:)``.
  public func bytes(of section: Section, in range: Range<Int>) throws -> [UInt8] {
    guard range.count <= budget else {
      throw FormatError(
        code: .overBudget(needed: range.count, budget: budget), offset: section.offset,
        field: "section.byteCount", file: path)
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

  /// Calls `body` with each decoded and checked block that holds bytes of `range`, in order, and
  /// with where it starts in the content.
  ///
  /// - Precondition: `range` lies in the content.
  /// - Throws: ``FormatError``, ``FileError``, and what `body` throws.
  public func forEachBlock(
    of section: Section, touching range: Range<Int>,
    _ body: (_ block: [UInt8], _ start: Int) throws -> Void
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= section.byteCount,
      "ContainerReader: not in the section")
    try checkHeader(of: section)
    let blocks = try blockTable(of: section)
    guard !range.isEmpty else { return }
    let first = range.lowerBound / section.blockByteCount
    let last = (range.upperBound - 1) / section.blockByteCount
    let decompressor = section.codec == .zstd ? Decompressor() : nil
    for block in first...last {
      let decoded = section.bytes(ofBlock: block)
      let stored = try read(
        section.payloadOffset + blocks[block].lowerBound, blocks[block].count, "section.payload")
      try locating(path, section.payloadOffset + blocks[block].lowerBound) {
        () throws(FormatError) in
        let computed = crc32c(stored.span)
        guard computed == blocks.checksums[block] else {
          throw FormatError(
            code: .checksumMismatch(stored: blocks.checksums[block], computed: computed),
            offset: 0, field: "section.payload")
        }
      }
      guard let decompressor else {
        try body(stored, decoded.lowerBound)
        continue
      }
      var content: [UInt8] = []
      try locating(path, section.payloadOffset + blocks[block].lowerBound) {
        () throws(FormatError) in
        try decompressor.decompress(
          stored.span, byteCount: decoded.count, into: &content, field: "section.payload")
      }
      try body(content, decoded.lowerBound)
    }
  }

  /// The content of a raw section where it lies in the mapped file, unchecked.
  ///
  /// The pointer must not leave `body`. A file that is cut short meanwhile raises SIGBUS.
  /// - Precondition: the section is raw.
  /// - Throws: ``FileError`` if the file cannot be mapped, ``FormatError`` if it was cut since it was
  ///   opened, and what `body` throws.
  @unsafe public func withUnsafeBytes<Result>(
    of section: Section, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    precondition(section.codec == .raw, "ContainerReader: only raw sections can be mapped")
    let mapped = try storage.mapped()
    return try unsafe mapped.withUnsafeBytes { bytes in
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
  /// - Throws: ``FileError``, ``FormatError`` (`truncated`).
  public func uncheckedBytes(of section: Section, in range: Range<Int>) throws -> [UInt8] {
    precondition(
      section.codec == .raw && range.lowerBound >= 0 && range.upperBound <= section.byteCount,
      "ContainerReader: not in a raw section")
    return try read(section.payloadOffset + range.lowerBound, range.count, "section.payload")
  }

  /// `count` bytes of the file from `offset` on.
  func read(_ offset: Int, _ count: Int, _ field: String) throws -> [UInt8] {
    let bytes = try storage.file.bytes(in: offset..<(offset + count))
    guard bytes.count == count else {
      throw FormatError(
        code: .truncated(needed: count, available: bytes.count), offset: offset, field: field,
        file: path)
    }
    return bytes
  }

  /// Checks that the header in front of a section says what the table says, and that zeros fill the
  /// room up to the payload.
  func checkHeader(of section: Section) throws {
    let stored = try read(section.offset, section.payloadOffset - section.offset, "section.header")
    var expected = section.header
    expected += [UInt8](repeating: 0, count: stored.count - expected.count)
    for index in stored.indices where stored[index] != expected[index] {
      throw FormatError(
        code: .damaged("not what the table says of the section"), offset: section.offset + index,
        field: "section.header", file: path)
    }
  }

  /// The block table of a section.
  func blockTable(of section: Section) throws -> BlockTable {
    let bytes = try read(section.blockTableOffset, section.blockTableByteCount, "blockTable")
    return try locating(path, section.blockTableOffset) { () throws(FormatError) in
      try BlockTable(bytes.span, of: section)
    }
  }
}
