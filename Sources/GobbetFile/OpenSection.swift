/// A section that is being written.
struct OpenSection {
  private let kind: SectionKind
  private let name: String
  private let alignment: Int
  private let blockByteCount: Int
  private let offset: Int
  private let compressor: Compressor?
  private var block: [UInt8] = []
  private var byteCount = 0
  private var hasher = DigestHasher()
  /// The blocks written so far.
  private(set) var blocks = BlockTable()

  init(
    kind: SectionKind, name: String, level: Int?, alignment: Int, blockByteCount: Int, offset: Int
  ) {
    self.kind = kind
    self.name = name
    self.alignment = alignment
    self.blockByteCount = blockByteCount
    self.offset = offset
    compressor = level.map { Compressor(level: $0) }
  }

  /// What takes the place of the header until its numbers are known, up to the payload: by its first
  /// bytes an append that did not end is recognised.
  var placeholder: [UInt8] {
    let count = finished.payloadOffset - offset - ContainerSection.magic.count
    return ContainerSection.magic + [UInt8](repeating: 0, count: count)
  }

  /// Bytes that the block at hand still takes.
  var room: Int { blockByteCount - block.count }

  var isBlockEmpty: Bool { block.isEmpty }

  /// Adds to the block at hand.
  ///
  /// - Precondition: there is room.
  mutating func add(_ content: Span<UInt8>) {
    precondition(content.count <= room, "OpenSection: the block is full")
    hasher.update(content)
    byteCount += content.count
    unsafe content.withUnsafeBufferPointer { unsafe block.append(contentsOf: $0) }
  }

  /// Ends the block at hand and returns its bytes as they are stored.
  mutating func storedBlock() -> [UInt8] {
    defer { block.removeAll(keepingCapacity: true) }
    var stored: [UInt8] = []
    if let compressor {
      compressor.compress(block.span, into: &stored)
    } else {
      stored = block
    }
    blocks.append(byteCount: stored.count, checksum: crc32c(stored.span))
    return stored
  }

  /// Adds a block that stands compressed in `frame`.
  ///
  /// - Precondition: no block is begun, and the section is compressed at the frame's level.
  mutating func addBlock(_ content: Span<UInt8>, frame: Span<UInt8>) {
    precondition(
      block.isEmpty && compressor != nil && content.count <= blockByteCount,
      "OpenSection: not a whole block")
    hasher.update(content)
    byteCount += content.count
    blocks.append(byteCount: frame.count, checksum: crc32c(frame))
  }

  /// The section with all that was added so far.
  var finished: ContainerSection {
    ContainerSection(
      kind: kind, name: name, codec: compressor == nil ? .raw : .zstd, alignment: alignment,
      blockByteCount: blockByteCount, offset: offset,
      storedByteCount: blocks.offsets[blocks.offsets.count - 1], byteCount: byteCount,
      digest: hasher.digest, blockTableChecksum: crc32c(blocks.content.span))
  }
}
