import GobbetFile
import TestSupport

/// Records that their checksums do not fit, and sections of the kinds that belong to every file.
extension BrokenFiles {
  /// One flipped bit in the whole file, whose checksums stay as they are.
  private static func flipped(_ name: String, _ error: String, at offset: Int) -> BrokenFile {
    var bytes = whole.bytes
    bytes[offset] ^= 1
    return BrokenFile(name, error, bytes)
  }

  /// What the error says of a checksum at `place`, of the bytes in `range`, after a flip at `offset`.
  private static func mismatch(
    of range: Range<Int>, at place: Int, flipping offset: Int
  ) -> String {
    var bytes = whole.bytes
    bytes[offset] ^= 1
    let stored = String(UInt32(Sealing.number(bytes, place, 4)), radix: 16)
    let computed = String(crc32c(bytes.span.extracting(range)), radix: 16)
    return "checksum \(stored), but the bytes give \(computed)"
  }

  static var checksums: [BrokenFile] {
    let (end, table) = (whole.trailerOffset, whole.tableOffset)
    let section = whole.sectionOffsets[0]
    let unlike = "section.header: not what the table says of the section"
    return [
      flipped(
        "header-checksum",
        "byte 60, header.checksum: \(mismatch(of: 0..<60, at: 60, flipping: 60))", at: 60),
      flipped(
        "table-checksum",
        "byte \(table), trailer.tableChecksum: "
          + mismatch(of: table..<(table + 261), at: end + 24, flipping: table + 70), at: table + 70),
      flipped(
        "trailer-checksum",
        "byte \(end + 60), trailer.checksum: "
          + mismatch(of: end..<(end + 60), at: end + 60, flipping: end + 60), at: end + 60),
      flipped("section-checksum", "byte \(section + 60), \(unlike)", at: section + 60),
      broken("name-checksum", "byte \(section + 36), \(unlike)") { $0.bytes[section + 36] ^= 1 },
      broken("section-reserved", "byte \(section + 40), \(unlike)") { $0.bytes[section + 40] = 1 },
    ]
  }

  /// A file with one section that belongs to every file.
  private static func own(
    _ name: String, _ kind: String, _ content: [UInt8], at offset: Int, _ error: String
  ) -> BrokenFile {
    let file = HandMadeFile([.raw(kind, content, blockByteCount: 1 << 20)])
    return BrokenFile(name, "byte \(file.payloadOffsets[0] + offset), \(error)", file.bytes)
  }

  static var ownSections: [BrokenFile] {
    let signature = [1, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 96)
    return [
      own(
        "signature-algorithm", "sign", [2] + signature.dropFirst(), at: 0,
        "signature.algorithm: unknown code 2"),
      own(
        "signature-reserved", "sign", signature.prefix(7) + [1] + signature.dropFirst(8), at: 7,
        "signature.reserved: reserved byte is 1"),
      own(
        "signature-too-short", "sign", signature.dropLast(), at: 40,
        "signature.signature: needs 64 bytes, 63 left"),
      own(
        "signature-too-long", "sign", signature + [0], at: 104, "signature: 1 byte too many"),
      own(
        "metadata-not-utf-8", "meta", [0x7B, 0xFF, 0x7D], at: 0, "metadata: metadata isn't UTF-8"),
      tooLargeMetadata,
    ]
  }

  /// Three blocks of a byte that is repeated 8 MiB times, the last of them once.
  private static var tooLargeMetadata: BrokenFile {
    // Blocks of 128 KiB, the largest there are, each of one byte that is repeated.
    let size = 1 << 23
    var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xA0] + HandMadeFile.little(UInt32(size))
    for block in 0..<64 {
      let header = UInt32(1 << 17) << 3 | 2 | (block == 63 ? 1 : 0)
      frame += HandMadeFile.little(header).prefix(3) + [0x20]
    }
    let content = [UInt8](repeating: 0x20, count: 2 * size + 1)
    var part = HandMadeFile.Part.zstd("meta", frame, of: content)
    part.blockByteCount = UInt32(size)
    part.blocks = [frame, frame, HandMadeFile.frame(of: [0x20])]
    return BrokenFile(
      "metadata-too-large", "byte 64, section.byteCount: metadata of 16777217 bytes",
      HandMadeFile([part]).bytes)
  }
}
