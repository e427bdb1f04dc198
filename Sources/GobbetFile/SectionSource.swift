/// Reads records and blocks out of a source; every read of a container goes through here.
struct SectionSource: Sendable {
  let source: any ByteSource
  /// What errors call the source.
  let name: String
  /// Bytes that one read may allocate, stored or decoded.
  let budget: Int

  var byteCount: Int { source.byteCount }

  /// `count` bytes from `offset` on.
  func read(_ offset: Int, _ count: Int, _ field: String) throws -> [UInt8] {
    // What opening reads is too little to count.
    if count > Generation.tailByteCount { try require(count, offset, field) }
    let available = min(count, max(0, byteCount - offset))
    let bytes = try source.bytes(in: offset..<(offset + available))
    guard bytes.count == count else {
      throw FormatError(
        code: .truncated(needed: count, available: bytes.count), offset: offset, field: field,
        file: name)
    }
    return bytes
  }

  /// Fills `buffer` from `offset` on.
  func read(_ offset: Int, into buffer: UnsafeMutableRawBufferPointer, _ field: String) throws {
    let available = max(0, min(buffer.count, byteCount - offset))
    // SAFETY: a part of the caller's buffer.
    let count = try unsafe source.read(
      at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<available]))
    guard count == buffer.count else {
      throw FormatError(
        code: .truncated(needed: buffer.count, available: count), offset: offset, field: field,
        file: name)
    }
  }

  /// Checks that `count` bytes may be allocated.
  func require(_ count: Int, _ offset: Int, _ field: String) throws(FormatError) {
    guard count <= budget else {
      throw FormatError(
        code: .overBudget(needed: count, budget: budget), offset: offset, field: field, file: name)
    }
  }

  /// Runs `body`, moving its errors to where its bytes lie.
  func locating<Result: ~Copyable>(
    at base: Int, _ body: () throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    do {
      return try body()
    } catch {
      throw error.located(at: base, in: name)
    }
  }

  /// Checks that `count` bytes from `offset` on are zero.
  func requireZeros(_ offset: Int, _ count: Int, _ field: String) throws {
    for (index, byte) in try read(offset, count, field).enumerated() where byte != 0 {
      throw FormatError(
        code: .damaged("padding byte is \(byte)"), offset: offset + index, field: field,
        file: name)
    }
  }

  /// Checks that the header in front of a section says what the table says, and that zeros fill the
  /// room up to the payload.
  func checkHeader(of section: ContainerSection) throws {
    let stored = try read(section.offset, section.payloadOffset - section.offset, "section.header")
    var expected = section.header
    expected += [UInt8](repeating: 0, count: stored.count - expected.count)
    guard stored != expected else { return }
    for index in stored.indices where stored[index] != expected[index] {
      throw FormatError(
        code: .damaged("not what the table says of the section"), offset: section.offset + index,
        field: "section.header", file: name)
    }
  }

  /// The block table of a section.
  func blockTable(of section: ContainerSection) throws -> BlockTable {
    let bytes = try read(section.blockTableOffset, section.blockTableByteCount, "blockTable")
    return try locating(at: section.blockTableOffset) { () throws(FormatError) in
      try BlockTable(bytes.span, of: section)
    }
  }

  /// Calls `body` with each decoded and checked block that holds bytes of `range`, in order, and
  /// with where it starts in the content.
  func forEachBlock(
    of section: ContainerSection, touching range: Range<Int>,
    _ body: (_ block: [UInt8], _ start: Int) throws -> Void
  ) throws {
    let blocks = try checkedBlocks(of: section)
    guard !range.isEmpty else { return }
    let first = range.lowerBound / section.blockByteCount
    let last = (range.upperBound - 1) / section.blockByteCount
    let decompressor = section.codec == .zstd ? Decompressor() : nil
    for block in first...last {
      let content = try content(ofBlock: block, blocks, decompressor)
      try body(content, section.bytes(ofBlock: block).lowerBound)
    }
  }

  /// A part of the content of a raw section, every block that it touches checked.
  ///
  /// Blocks that are wanted whole are read to where they stay and checked there, which costs little
  /// more than reading them.
  func rawBytes(of section: ContainerSection, in range: Range<Int>) throws -> [UInt8] {
    let blocks = try checkedBlocks(of: section)
    return try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let start = range.lowerBound + count
        let block = start / section.blockByteCount
        let extent = section.bytes(ofBlock: block)
        let wanted = extent.clamped(to: start..<range.upperBound)
        // SAFETY: `wanted` ends at the latest where `range` does, as many bytes after its start.
        let place = unsafe UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[count..<(count + wanted.count)])
        if wanted == extent {
          let offset = section.payloadOffset + extent.lowerBound
          try unsafe read(offset, into: place, "section.payload")
          // SAFETY: `place` was filled, and lives as long as `buffer`.
          try check(unsafe Span(_unsafeBytes: UnsafeRawBufferPointer(place)), block, blocks)
        } else {
          let content = try content(ofBlock: block, blocks)
          let part = content[
            (wanted.lowerBound - extent.lowerBound)..<(wanted.upperBound - extent.lowerBound)]
          // SAFETY: as many bytes as `place` has.
          unsafe place.copyBytes(from: part)
        }
        count += wanted.count
      }
    }
  }

  /// Compares the bytes of a block as they are stored with their checksum.
  private func check(_ stored: Span<UInt8>, _ block: Int, _ blocks: SectionBlocks) throws {
    let computed = crc32c(stored)
    let checksum = blocks.table.checksums[block]
    guard computed == checksum else {
      throw FormatError(
        code: .checksumMismatch(stored: checksum, computed: computed),
        offset: blocks.section.payloadOffset + blocks.table[block].lowerBound,
        field: "section.payload", file: name)
    }
  }

  /// A section whose header was compared with the table, and its block table.
  func checkedBlocks(of section: ContainerSection) throws -> SectionBlocks {
    try checkHeader(of: section)
    return SectionBlocks(section: section, table: try blockTable(of: section))
  }

  /// A block of a section, decoded and checked; by `decompressor`, where the caller has one.
  func content(
    ofBlock block: Int, _ blocks: SectionBlocks, _ decompressor: Decompressor? = nil
  ) throws -> [UInt8] {
    let section = blocks.section
    let place = blocks.table[block]
    let byteCount = section.bytes(ofBlock: block).count
    let offset = section.payloadOffset + place.lowerBound
    let stored = try read(offset, place.count, "section.payload")
    try require(byteCount, offset, "section.payload")
    try check(stored.span, block, blocks)
    guard section.codec == .zstd else { return stored }
    return try locating(at: offset) { () throws(FormatError) in
      var content: [UInt8] = []
      try (decompressor ?? Decompressor()).decompress(
        stored.span, byteCount: byteCount, into: &content, field: "section.payload")
      return content
    }
  }
}

/// A section and where its blocks are.
struct SectionBlocks: Sendable {
  let section: ContainerSection
  let table: BlockTable
}
