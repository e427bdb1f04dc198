internal import GobbetFile
internal import GobbetSystem

/// How long the blocks of a payload are, stored and decoded, and their checksums.
///
/// Blocks follow one another without gaps. In files: the stored lengths of all blocks, then the
/// decoded ones, then the CRC-32C of what is stored, 32 bits each.
struct BlockTable: Sendable {
  /// One block of the payload.
  struct Block: Hashable, Sendable {
    /// The stored bytes, from the start of the payload.
    let stored: Range<Int>
    /// Bytes that they decode to.
    let byteCount: Int
    /// The CRC-32C of the stored bytes.
    let checksum: UInt32

    /// Checks that `bytes` are those that were stored.
    ///
    /// - Throws: `FormatError` (`checksumMismatch`), at the block's place in the payload.
    func check(_ bytes: Span<UInt8>, _ field: String) throws(FormatError) {
      try check(crc32c(bytes), field)
    }

    /// Checks that a checksum is that of what was stored.
    ///
    /// - Throws: as ``check(_:_:)``.
    func check(_ computed: UInt32, _ field: String) throws(FormatError) {
      guard computed == checksum else {
        throw FormatError(
          code: .checksumMismatch(stored: checksum, computed: computed), offset: stored.lowerBound,
          field: field)
      }
    }
  }

  /// Bytes that the entry of a block takes.
  static let entryByteCount = 12

  private var blocks: [Block] = []

  /// A table without blocks.
  init() {}

  /// How many blocks there are.
  var count: Int { blocks.count }
  /// Stored bytes of all blocks.
  var storedByteCount: Int { blocks.last?.stored.upperBound ?? 0 }
  /// A block by its number.
  subscript(number: Int) -> Block { blocks[number] }

  /// Adds a block whose stored bytes are after those of the others.
  mutating func append(_ stored: Span<UInt8>, byteCount: Int) {
    let start = storedByteCount
    blocks.append(
      Block(
        stored: start..<(start + stored.count), byteCount: byteCount, checksum: crc32c(stored)))
  }
}

extension BlockTable {
  /// The table as it stands in files.
  var content: [UInt8] {
    var content = ByteWriter()
    for block in blocks { content.write(UInt32(block.stored.count)) }
    for block in blocks { content.write(UInt32(block.byteCount)) }
    for block in blocks { content.write(block.checksum) }
    return content.bytes
  }

  /// The table of `count` blocks in a section's content.
  ///
  /// - Throws: `FormatError` if it is not of that many blocks.
  init(_ content: Span<UInt8>, count: Int, _ field: String) throws(FormatError) {
    guard content.count.isMultiple(of: Self.entryByteCount),
      content.count / Self.entryByteCount == count
    else {
      throw FormatError(
        code: .damaged("\(content.count.counted("byte")) for \(count.counted("block"))"), offset: 0,
        field: field)
    }
    var stored = ByteReader(content.extracting(0..<(4 * count)))
    var decoded = ByteReader(content.extracting((4 * count)..<(8 * count)))
    var checksums = ByteReader(content.extracting((8 * count)...))
    blocks.reserveCapacity(count)
    var end = 0
    for _ in 0..<count {
      // At most 2^32 blocks of 2^32 bytes: the sum cannot overflow.
      let start = end
      end += Int(try stored.read(UInt32.self, field))
      blocks.append(
        Block(
          stored: start..<end, byteCount: Int(try decoded.read(UInt32.self, field)),
          checksum: try checksums.read(UInt32.self, field)))
    }
  }
}
