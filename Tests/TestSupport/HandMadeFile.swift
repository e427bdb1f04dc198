internal import GobbetFile

/// A container put together byte by byte from `Spec/Container.md`, without the library's writer, so
/// that every field of it can lie.
public struct HandMadeFile: Sendable {
  /// One section; the blocks are what is stored.
  public struct Part: Sendable {
    /// Four letters.
    public var kind: String
    var name: [UInt8] = []
    var codec: UInt8 = 0
    /// The payload begins at a multiple of two to this power.
    public var alignment: UInt8 = 6
    /// Bytes of each block but the last.
    public var blockByteCount: UInt32
    /// The blocks as they are stored.
    public var blocks: [[UInt8]]
    var content: [UInt8]

    /// Raw bytes in blocks of 16, if nothing else is asked for.
    public static func raw(
      _ kind: String, named name: String = "", _ content: [UInt8], blockByteCount: Int = 16
    ) -> Part {
      let blocks = stride(from: 0, to: content.count, by: blockByteCount).map {
        Array(content[$0..<min($0 + blockByteCount, content.count)])
      }
      return Part(
        kind: kind, name: Array(name.utf8), blockByteCount: UInt32(blockByteCount),
        blocks: blocks, content: content)
    }

    /// One block, as the zstd frame `frame`.
    public static func zstd(_ kind: String, _ frame: [UInt8], of content: [UInt8]) -> Part {
      Part(kind: kind, codec: 1, blockByteCount: 64, blocks: [frame], content: content)
    }
  }

  /// A zstd frame with one block that is not compressed.
  public static func frame(of content: [UInt8]) -> [UInt8] {
    let size = UInt8(content.count)
    let header: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x20, size]
    let block = little(UInt32(content.count) << 3 | 1).prefix(3)
    return header + block + content
  }

  /// The file; patches go here, and ``seal()`` makes its checksums right again.
  public var bytes: [UInt8]
  /// Where the table begins.
  public let tableOffset: Int
  /// Where the entry of each section begins.
  public let entryOffsets: [Int]
  /// Where each section begins.
  public let sectionOffsets: [Int]
  /// Where each payload begins.
  public let payloadOffsets: [Int]

  /// Where the trailer begins.
  public var trailerOffset: Int { bytes.count - 64 }

  /// A file of these sections, with right checksums.
  public init(_ parts: [Part], profile: UInt32 = 4) {
    bytes = [0x97, 0x47, 0x42, 0x54, 0x0D, 0x0A, 0x1A, 0x0A, 1, 0, 0, 0, 0, 0, 0, 0]
    bytes += Self.little(profile)
    bytes += [UInt8](repeating: 0, count: 44)
    var entries: [[UInt8]] = []
    var sectionOffsets: [Int] = []
    var payloadOffsets: [Int] = []
    for part in parts {
      let offset = bytes.count
      sectionOffsets.append(offset)
      let blockTable = part.blocks.flatMap {
        Self.little(UInt32($0.count)) + Self.little(crc32c($0.span))
      }
      let stored = part.blocks.joined()
      let fields: [UInt8] =
        Array(part.kind.utf8) + [part.codec, part.alignment] + Self.little(UInt16(part.name.count))
        + Self.little(part.blockByteCount) + Self.little(UInt64(stored.count))
        + Self.little(UInt64(part.content.count)) + Self.little(crc32c(blockTable.span))
      let head: [UInt8] =
        Array("SECT".utf8) + fields + Self.little(crc32c(part.name.span))
        + [UInt8](repeating: 0, count: 20)
      bytes += head + Self.little(crc32c(head.span)) + part.name
      Self.pad(&bytes, 1 << Int(part.alignment))
      payloadOffsets.append(bytes.count)
      bytes += Array(stored) + blockTable
      Self.pad(&bytes, 64)
      entries.append(
        fields + Self.little(UInt64(offset)) + [UInt8](repeating: 0, count: 8)
          + ContentDigest(of: part.content.span).bytes + part.name)
    }
    tableOffset = bytes.count
    let tableByteCount = 16 + entries.joined().count
    bytes +=
      Array("TABL".utf8) + Self.little(UInt32(parts.count)) + Self.little(UInt64(tableByteCount))
    var entryOffsets: [Int] = []
    for entry in entries {
      entryOffsets.append(bytes.count)
      bytes += entry
    }
    Self.pad(&bytes, 64)
    bytes += Array("GBTEND\r\n".utf8) + Self.little(UInt64(tableOffset))
    bytes += Self.little(UInt64(tableByteCount)) + [UInt8](repeating: 0, count: 16)
    bytes += [1, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
    self.sectionOffsets = sectionOffsets
    self.payloadOffsets = payloadOffsets
    self.entryOffsets = entryOffsets
    seal()
  }

  /// Puts a little-endian number at an offset.
  public mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
    put(Self.little(value), at: offset)
  }

  /// Puts bytes at an offset.
  public mutating func put(_ content: [UInt8], at offset: Int) {
    bytes.replaceSubrange(offset..<(offset + content.count), with: content)
  }

  /// Recomputes the checksums of the header, the table, the section headers and the trailer.
  public mutating func seal() {
    put(crc32c(bytes.span.extracting(0..<60)), at: 60)
    let tableByteCount = bytes[(trailerOffset + 16)..<(trailerOffset + 20)].enumerated()
      .reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let end = min(tableOffset + tableByteCount, trailerOffset)
    put(crc32c(bytes.span.extracting(tableOffset..<end)), at: trailerOffset + 24)
    put(crc32c(bytes.span.extracting(trailerOffset..<(trailerOffset + 60))), at: trailerOffset + 60)
    for offset in sectionOffsets {
      put(crc32c(bytes.span.extracting(offset..<(offset + 60))), at: offset + 60)
    }
  }

  /// The file with changes, its checksums made right again.
  public func changed(_ change: (inout HandMadeFile) -> Void) -> [UInt8] {
    var copy = self
    change(&copy)
    copy.seal()
    return copy.bytes
  }

  /// The bytes of a number, the lowest first.
  public static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    stride(from: 0, to: value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func pad(_ bytes: inout [UInt8], _ alignment: Int) {
    bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
  }
}
