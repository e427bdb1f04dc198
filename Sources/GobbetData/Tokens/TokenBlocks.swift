internal import GobbetBPE
internal import GobbetFile
internal import GobbetSystem

/// The tokens of a file, block by block.
///
/// Compressed blocks, and those of what isn't a file, are decoded whole: into their place where all of a
/// block is asked for, else to be kept for a while. Of the others, each is checked once, and tokens are
/// then taken from the mapped file.
final class TokenBlocks: Sendable {
  private let container: ContainerReader
  private let header: TokenDatasetHeader
  private let payload: ContainerSection
  private let blocks: BlockTable
  private let decoder: TokenBlockDecoder
  private let cache: TokenBlockCache
  /// The number that the cache knows the file by.
  private let file: Int
  private let checked: CheckedBlocks
  /// The payload where it lies, and how its ids are stored, if tokens can be taken from there.
  private let mapped: MappedSection?
  private let packed: PackedCode?

  /// The blocks in the sections of `container`, file number `file` of those that share `cache`.
  ///
  /// With `checksContent` zstd's own checksums are checked as well as those of the stored blocks.
  /// - Throws: `FormatError` if a section is missing, or not what the header says; `FileError`.
  init(
    _ container: ContainerReader, _ header: TokenDatasetHeader, _ cache: TokenBlockCache, file: Int,
    checksContent: Bool
  ) throws {
    self.container = container
    self.header = header
    let payload = try container.requiredSection(.tokens)
    guard payload.codec == .raw else {
      throw FormatError(
        code: .damaged("the tokens are compressed as a whole"), offset: payload.offset,
        field: "tokens.data", file: container.path)
    }
    let table = try container.requiredSection(.tokenBlocks)
    blocks = try container.parsed(
      table, building: table.byteCount / BlockTable.entryByteCount, of: 40
    ) { content throws(FormatError) in
      let blocks = try BlockTable(content, count: header.blockCount, "tokens.blocks")
      guard blocks.storedByteCount == payload.byteCount else {
        throw FormatError(
          code: .damaged(
            "\(payload.byteCount.counted("byte")) for blocks of \(blocks.storedByteCount)"),
          offset: 0, field: "tokens.blocks")
      }
      return blocks
    }
    self.payload = payload
    decoder = TokenBlockDecoder(
      header, try Self.ranks(container, header), checksContent: checksContent)
    self.cache = cache
    self.file = file
    checked = CheckedBlocks(count: header.blockCount)
    packed = decoder.packed
    mapped = decoder.packed == nil ? nil : try container.mapped(payload)
  }

  /// How many tokens each block has and how many bytes it takes in the file.
  var sizes: [(tokenCount: Int, storedByteCount: Int)] {
    (0..<header.blockCount).map { (header.tokens(inBlock: $0).count, blocks[$0].stored.count) }
  }

  /// A range of the tokens.
  ///
  /// - Precondition: `range` lies in the tokens.
  /// - Throws: as ``copy(_:to:)``.
  func tokens(in range: Range<Int>) throws -> [TokenID] {
    var ids = [TokenID](repeating: 0, count: range.count)
    var span = ids.mutableSpan
    try copy(range, to: &span)
    return ids
  }

  /// Puts a range of the tokens into `target`, which has room for exactly those.
  ///
  /// - Precondition: `range` lies in the tokens.
  /// - Throws: `FormatError` if a block is damaged; `FileError`.
  func copy(_ range: Range<Int>, to target: inout MutableSpan<TokenID>) throws {
    guard !range.isEmpty else { return }
    let size = header.blockTokenCount
    let touched = (range.lowerBound / size)...((range.upperBound - 1) / size)
    if let packed, let mapped {
      try checked.check(touched) { _ = try checkedIDs(ofBlock: $0) }
      // Blocks are whole bytes, so that the whole payload is one array.
      return packed.decode(mapped.bytes, from: range.lowerBound, into: &target)
    }
    for block in touched {
      let tokens = header.tokens(inBlock: block)
      let wanted = range.clamped(to: tokens)
      let first = wanted.lowerBound - range.lowerBound
      try target.withPart(first..<(first + wanted.count)) { part in
        let key = TokenBlockCache.Key(file: file, block: block)
        if wanted == tokens, !cache.holds(key) {
          return try decode(block, into: &part)
        }
        let ids = try cache.ids(ofBlock: key) { try checkedIDs(ofBlock: block) }
        let start = tokens.lowerBound
        part.copy(ids.span.extracting((wanted.lowerBound - start)..<(wanted.upperBound - start)))
      }
    }
  }

  /// Has the processor fetch where a range of the tokens lies while it goes on; does nothing for
  /// those that are not mapped.
  ///
  /// - Precondition: `range` lies in the tokens.
  func prefetch(_ range: Range<Int>) {
    if let mapped, let packed { packed.prefetch(range, in: mapped.bytes) }
  }

  /// Calls `body` with all tokens where they lie and how they are stored, if they can be taken from there
  /// and every block was found right.
  func withMapped<Result>(
    _ body: (Span<UInt8>, PackedCode) throws -> Result
  ) rethrows -> Result? {
    guard let packed, let mapped, checked.areAll else { return nil }
    return try body(mapped.bytes, packed)
  }

  /// The checked ids of a block.
  private func checkedIDs(ofBlock number: Int) throws -> [TokenID] {
    let total = header.tokens(inBlock: number).count
    // SAFETY: `decode` fills the whole buffer or throws, and of what throws nothing is kept.
    return try unsafe [TokenID](unsafeUninitializedCapacity: total) { buffer, count in
      var ids = unsafe MutableSpan(
        _unsafeElements: UnsafeMutableBufferPointer(rebasing: buffer[..<total]))
      try decode(number, into: &ids)
      count = total
    }
  }

  /// Puts the checked ids of a block into `ids`, which has room for exactly those.
  private func decode(_ number: Int, into ids: inout MutableSpan<TokenID>) throws {
    let block = blocks[number]
    let stored = try container.uncheckedBytes(of: payload, in: block.stored)
    do throws(FormatError) {
      try block.check(stored.span, "tokens.block")
      try decoder.decode(stored.span, byteCount: block.byteCount, into: &ids)
    } catch {
      throw error.located(at: payload.payloadOffset, in: container.path)
    }
  }

  private static func ranks(
    _ container: ContainerReader, _ header: TokenDatasetHeader
  ) throws -> RankTable? {
    guard header.codec.usesRanks else { return nil }
    let section = try container.requiredSection(.tokenRanks)
    guard section.byteCount == header.idBound else {
      throw FormatError(
        code: .damaged(
          "\(section.byteCount.counted("class", plural: "classes")) for "
            + header.idBound.counted("id")), offset: section.offset, field: "tokens.ranks",
        file: container.path)
    }
    // The id at each rank, and that of each unit.
    try container.requireIndexMemory(
      section.byteCount * 5 + 4 << 16, for: section, "tokens.ranks")
    return RankTable(classes: try container.bytes(of: section))
  }
}
