import GobbetFile
import TestSupport

/// Lies in sections, their blocks and the frames in them.
extension BrokenFiles {
  static var sections: [BrokenFile] {
    // A copy, since a span of a static property has no owner in a debug build.
    let text = Self.text
    let payload = whole.payloadOffsets[0]
    let blockTable = payload + text.count
    let stored = crc32c(text.span.extracting(0..<16))
    var flipped = Array(text[0..<16])
    flipped[0] ^= 1
    return [
      broken(
        "section-unlike-table",
        "byte \(whole.sectionOffsets[0] + 4), section.header: not what the table says of the section"
      ) { $0.bytes[$0.sectionOffsets[0] + 4] ^= 1 },
      broken(
        "section-padding",
        "byte \(payload - 1), section.header: not what the table says of the section"
      ) { $0.bytes[payload - 1] = 1 },
      broken("section-end-padding", "byte 319, section.padding: padding byte is 1") {
        $0.bytes[319] = 1
      },
      broken(
        "block-checksum",
        "byte \(payload), section.payload: checksum \(String(stored, radix: 16)), but the bytes give "
          + String(crc32c(flipped.span), radix: 16)
      ) { $0.bytes[payload] ^= 1 },
      blockLengths("block-length-0", 0, at: 0, "byte \(blockTable)", "block 0 of 0 bytes"),
      blockLengths(
        "block-length-unlike-raw", 15, at: 0, "byte \(blockTable)", "block 0 of 15 bytes"),
      blockLengths(
        "block-length-2-32", .max, at: 1, "byte \(blockTable + 8)", "block 1 of 4294967295 bytes"),
      broken(
        "block-table-checksum", blockTableMismatch(at: blockTable, flippedAt: 3)
      ) { $0.bytes[blockTable + 3] ^= 1 },
    ]
  }

  /// The error for a block table with one flipped bit.
  private static func blockTableMismatch(at offset: Int, flippedAt place: Int) -> String {
    let table = Array(whole.bytes[offset..<(offset + 32)])
    var other = table
    other[place] ^= 1
    return "byte \(offset), blockTable.checksum: checksum \(String(crc32c(table.span), radix: 16))"
      + ", but the bytes give \(String(crc32c(other.span), radix: 16))"
  }

  /// A block table with another length in it, and checksums that agree.
  private static func blockLengths(
    _ name: String, _ length: UInt32, at block: Int, _ place: String, _ cause: String
  ) -> BrokenFile {
    let offset = whole.payloadOffsets[0] + text.count
    return broken(name, "\(place), blockTable.storedByteCount: \(cause)") {
      $0.put(length, at: offset + 8 * block)
      let checksum = crc32c($0.bytes.span.extracting(offset..<(offset + 32)))
      $0.put(checksum, at: $0.entryOffsets[0] + 28)
      $0.put(checksum, at: $0.sectionOffsets[0] + 4 + 28)
    }
  }

  static var frames: [BrokenFile] {
    let frame = HandMadeFile.frame(of: text)
    /// A file whose zstd section holds `frame`.
    func zstd(_ name: String, _ cause: String, _ frame: [UInt8]) -> BrokenFile {
      BrokenFile(
        "zstd-\(name)", "byte 128, section.payload: zstd: \(cause)",
        HandMadeFile([.zstd("TEXT", frame, of: text)]).bytes)
    }
    let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    let body = frame[6...]
    return [
      zstd("no-frame", "not a frame", text),
      zstd("skippable-frame", "not a frame", [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]),
      zstd("cut", "not one whole frame", frame.dropLast()),
      zstd("two-frames", "not one whole frame", frame + frame),
      zstd(
        "trailing-skippable-frame", "not one whole frame",
        frame + [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]),
      zstd(
        "size-too-large", "a frame of another size than the table says",
        magic + [0x20, UInt8(text.count + 1)] + body),
      zstd(
        "size-too-small", "a frame of another size than the table says",
        magic + [0x20, UInt8(text.count - 1)] + body),
      zstd(
        "size-2-62", "a frame of another size than the table says",
        magic + [0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40] + body),
      zstd(
        "size-unknown", "a frame of another size than the table says", magic + [0x00, 0x58] + body),
      // Two bytes of content size count from 256 on, so the window is told beside four.
      zstd(
        "window-2-24", "a frame with too large a window",
        magic + [0x80, 0x70, UInt8(text.count), 0, 0, 0] + body),
      zstd(
        "dictionary", "a frame with a dictionary", magic + [0x21, 0x07, UInt8(text.count)] + body),
      zstd(
        "wrong-checksum", "restored data doesn't match checksum",
        magic + [0x24, UInt8(text.count)] + body + [1, 2, 3, 4]),
      zstd(
        "content-too-long", "destination buffer is too small",
        magic + [0x20, UInt8(text.count)] + HandMadeFile.frame(of: text + [0x21])[6...]),
      zstd(
        "content-too-short", "data corruption detected",
        magic + [0x20, UInt8(text.count)] + HandMadeFile.frame(of: text.dropLast())[6...]),
      zstd(
        "reserved-bit", "a frame of another size than the table says",
        magic + [0x28, UInt8(text.count)] + body),
    ]
  }
}
