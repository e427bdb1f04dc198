import GobbetFile
import TestSupport

/// Lies in the table of contents, each with a checksum that is right.
extension BrokenFiles {
  /// Changes a field of an entry; `distance` is the field's place in it.
  private static func entry(
    _ name: String, of index: Int = 0, _ distance: Int, _ value: some FixedWidthInteger & Sendable,
    _ field: String, _ cause: String, at place: Int? = nil
  ) -> BrokenFile {
    let start = whole.entryOffsets[index]
    return broken(name, "byte \(start + (place ?? distance)), table.\(field): \(cause)") {
      $0.put(value, at: start + distance)
    }
  }

  static var tableFields: [BrokenFile] {
    let table = whole.tableOffset
    return [
      broken("table-magic", "byte \(table), table.magic: no table here") { $0.bytes[table] = 0 },
      broken(
        "table-count-2-32",
        "byte \(table + 4), table.sectionCount: needs 343597383600 bytes, 245 left"
      ) { $0.put(UInt32.max, at: table + 4) },
      broken("table-count-too-low", "byte \(table + 181), table.sectionCount: 80 bytes too many") {
        $0.put(UInt32(2), at: table + 4)
      },
      broken("table-length", "byte \(table + 8), table.byteCount: the trailer says 261 bytes") {
        $0.put(UInt64(262), at: table + 8)
      },
      broken("table-padding", "byte \(table + 261), table.padding: padding byte is 7") {
        $0.bytes[table + 261] = 7
      },
      entry(
        "kind-not-letters", 0, UInt32(0x4154_4130), "kind", "kind 1096040752 is not four letters"),
      entry("codec-unknown", 4, UInt8(2), "codec", "unknown code 2"),
      entry("alignment-1", 5, UInt8(0), "alignment", "alignment 2^0"),
      entry("alignment-too-large", 5, UInt8(15), "alignment", "alignment 2^15"),
      entry("alignment-255", 5, UInt8(255), "alignment", "alignment 2^255"),
      entry("name-too-long", 6, UInt16(513), "nameByteCount", "a name of 513 bytes"),
      entry("block-0", 8, UInt32(0), "blockByteCount", "blocks of 0 bytes"),
      entry(
        "block-too-large", 8, UInt32(8 << 20 + 1), "blockByteCount", "blocks of 8388609 bytes"),
      entry(
        "stored-unlike-raw", 12, UInt64(48), "storedByteCount", "48 raw bytes, 49 decoded"),
      entry(
        "raw-length-0", 20, UInt64(0), "storedByteCount", "49 raw bytes, 0 decoded", at: 12),
      entry(
        "stored-2-63", 12, UInt64(1) << 63, "storedByteCount",
        "9223372036854775808 is out of range"),
      entry(
        "decoded-2-63", 20, UInt64(1) << 63, "byteCount", "9223372036854775808 is out of range"),
      entry("entry-reserved", 40, UInt64(1), "reserved", "reserved byte is 1"),
    ]
  }

  static var tableLayouts: [BrokenFile] {
    // A copy, since a span of a static property has no owner in a debug build.
    let text = Self.text
    let second = whole.sectionOffsets[1]
    let table = whole.tableOffset
    return [
      entry(
        "offset-0", 32, UInt64(0), "offset", "section at 0, the one before ends at 64"),
      entry(
        "offset-overlaps", of: 1, 32, UInt64(second - 64), "offset",
        "section at \(second - 64), the one before ends at \(second)"),
      entry(
        "offset-leaves-a-hole", of: 1, 32, UInt64(second + 64), "offset",
        "section at \(second + 64), the one before ends at \(second)"),
      entry(
        "offset-2-63", of: 1, 32, UInt64(1) << 63, "offset", "9223372036854775808 is out of range"),
      entry(
        "stored-past-the-end", of: 1, 12, UInt64(1 << 30), "storedByteCount",
        "1073741824 bytes of 49 at \(second) do not fit before \(table)", at: 32),
      entry(
        "stored-wraps", of: 1, 12, UInt64(Int.max), "storedByteCount",
        "9223372036854775807 bytes of 49 at \(second) do not fit before \(table)", at: 32),
      entry(
        "decoded-2-62", of: 1, 20, UInt64(1) << 62, "storedByteCount",
        "58 bytes of 4611686018427387904 at \(second) do not fit before \(table)", at: 32),
      broken(
        "last-section-missing",
        "byte \(table), table.offset: the sections end at \(whole.sectionOffsets[2])"
      ) {
        let end = $0.trailerOffset
        $0.put(UInt32(2), at: table + 4)
        $0.put(UInt64(181), at: table + 8)
        $0.put([UInt8](repeating: 0, count: 80), at: table + 181)
        $0.put(UInt64(181), at: end + 16)
        // With its padding the table is shorter now by 128 bytes.
        $0.bytes.removeSubrange((end - 128)..<end)
      },
      broken(
        "digest-of-other-bytes",
        "byte \(whole.payloadOffsets[0]), table.digest: SHA-256 "
          + "00\(ContentDigest(of: text.span).description.dropFirst(2)), but the content gives "
          + "\(ContentDigest(of: text.span))"
      ) { $0.bytes[$0.entryOffsets[0] + 48] = 0 },
    ]
  }

  static var names: [BrokenFile] {
    let place = whole.entryOffsets[0] + 80
    let names: [(String, [UInt8])] = [
      ("nul", Array("la\0er".utf8)), ("line-feed", Array("la\ner".utf8)),
      ("delete", Array("la\u{7F}er".utf8)), ("control-c1", Array("la\u{85}r".utf8)),
      ("slash", Array("/etc/".utf8)), ("backslash", Array("a\\b\\c".utf8)),
      ("dots", Array("a..bc".utf8)), ("not-utf-8", [0x6C, 0xFF, 0x79, 0x65, 0x72]),
      ("overlong", [0x6C, 0x61, 0xC0, 0xAF, 0x72]), ("not-nfc", Array("lae\u{301}".utf8)),
      ("hangul-vowel", Array("la\u{1161}".utf8)),
      ("surrogate", [0x61, 0xED, 0xA0, 0x80, 0x61]),
    ]
    return names.map { suffix, bytes in
      broken("name-\(suffix)", "byte \(place), table.name: not a legal name") {
        $0.put(bytes, at: place)
      }
    } + [
      BrokenFile(
        "name-twice", "byte 549, table.name: a second section DATA layer",
        HandMadeFile([
          .raw("DATA", named: "layer", [1]), .raw("DATA", named: "layer", [2]),
        ]).bytes)
    ]
  }
}
