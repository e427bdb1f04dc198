/// How the blocks of a section are stored; the raw value is the code in files.
public enum SectionCodec: UInt8, Hashable, Sendable {
  /// As they are.
  case raw = 0
  /// Each as one zstd frame.
  case zstd = 1
}

/// One section of a file, as its table of contents tells of it.
public struct ContainerSection: Hashable, Sendable {
  /// What it holds.
  public let kind: SectionKind
  /// Its name; empty for kinds of which there is one.
  public let name: String
  /// How its blocks are stored.
  public let codec: SectionCodec
  /// The payload begins at a multiple of this.
  public let alignment: Int
  /// Decoded bytes of each block but the last, which may have fewer.
  public let blockByteCount: Int
  /// Bytes from the start of the file to the section's header.
  public let offset: Int
  /// Bytes of the payload in the file.
  public let storedByteCount: Int
  /// Bytes of the payload, decoded.
  public let byteCount: Int
  /// The SHA-256 of the payload, decoded.
  public let digest: ContentDigest
  /// The CRC-32C of its block table.
  let blockTableChecksum: UInt32

  /// Bytes of a section's header, without its name.
  static let headerByteCount = 64

  /// Bytes from the start of the file to the payload.
  ///
  /// Sound once the section was checked: nothing overflows then.
  public var payloadOffset: Int {
    let end = offset + Self.headerByteCount + name.utf8.count
    return (end + alignment - 1) & ~(alignment - 1)
  }

  /// Blocks that the payload is cut into.
  public var blockCount: Int {
    byteCount / blockByteCount + (byteCount % blockByteCount > 0 ? 1 : 0)
  }

  /// Bytes from the start of the file to the block table, which follows the payload.
  var blockTableOffset: Int { payloadOffset + storedByteCount }

  /// Bytes of the block table.
  var blockTableByteCount: Int { blockCount * BlockTable.entryByteCount }

  /// Bytes from the start of the file to whatever follows.
  var endOffset: Int {
    (blockTableOffset + blockTableByteCount + FormatLimits.alignment - 1)
      & ~(FormatLimits.alignment - 1)
  }

  /// Decoded bytes of one block, from the start of the payload.
  func bytes(ofBlock block: Int) -> Range<Int> {
    let start = block * blockByteCount
    return start..<(start + min(blockByteCount, byteCount - start))
  }

  /// Kind and name, compared by their bytes: no two sections of a file have the same.
  var identity: Identity { Identity(kind: kind, name: Array(name.utf8)) }

  struct Identity: Hashable, Sendable {
    let kind: SectionKind
    let name: [UInt8]
  }
}
