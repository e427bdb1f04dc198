import GobbetFile
import TestSupport

/// Files of two generations whose later one was finished and then damaged, or whose earlier one was.
extension BrokenFiles {
  /// The whole file with a second generation that adds one section, and where its parts begin.
  static let appended: (bytes: [UInt8], tableOffset: Int, trailerOffset: Int) = {
    // A section says nothing of where it lies, so one of another file serves, but for its entry.
    let other = HandMadeFile([.raw("DATA", named: "later", Array("a later text".utf8))])
    let section = other.bytes[other.sectionOffsets[0]..<other.tableOffset]
    let sectionOffset = whole.bytes.count
    var entry = Array(other.bytes[other.entryOffsets[0]..<other.trailerOffset].prefix(80 + 5))
    entry.replaceSubrange(32..<40, with: HandMadeFile.little(UInt64(sectionOffset)))
    let entries = Array(whole.bytes[whole.entryOffsets[0]..<(whole.tableOffset + 261)]) + entry
    let tableOffset = sectionOffset + section.count
    var table = Array("TABL".utf8) + HandMadeFile.little(UInt32(4))
    table += HandMadeFile.little(UInt64(16 + entries.count)) + entries
    var trailer = Array("GBTEND\r\n".utf8) + HandMadeFile.little(UInt64(tableOffset))
    trailer += HandMadeFile.little(UInt64(table.count)) + HandMadeFile.little(crc32c(table.span))
    trailer += [0, 0, 0, 0] + HandMadeFile.little(UInt64(whole.trailerOffset))
    trailer += [1, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 12)
    trailer += HandMadeFile.little(crc32c(trailer.span))
    var bytes = whole.bytes + section + table
    bytes += [UInt8](repeating: 0, count: -bytes.count & 63)
    return (bytes + trailer, tableOffset, bytes.count)
  }()

  /// The file of two generations with changes after which the checksum of the last trailer is right
  /// if `seal` says so.
  private static func later(
    _ name: String, _ error: String, seal: Bool = false, _ change: (inout [UInt8]) -> Void
  ) -> BrokenFile {
    var bytes = appended.bytes
    change(&bytes)
    if seal {
      let end = appended.trailerOffset
      Sealing.put(crc32c(bytes.span.extracting(end..<(end + 60))), at: end + 60, in: &bytes)
    }
    return BrokenFile(name, error, bytes)
  }

  static var generations: [BrokenFile] {
    let end = appended.trailerOffset
    let wayOut = "recover copies every whole section to a new file"
    let unfinished = Array("SECT".utf8) + [UInt8](repeating: 0, count: 60)
    var flipped = Array(appended.bytes[end...])
    flipped[16] ^= 1
    let computed = String(crc32c(flipped.span.extracting(0..<60)), radix: 16)
    let stored = String(UInt32(Sealing.number(flipped, 60, 4)), radix: 16)
    let mismatch = "checksum \(stored), but the bytes give \(computed); \(wayOut)"
    return [
      later(
        "later-trailer-magic",
        "byte \(end), trailer.magic: not a trailer, and its table is here; \(wayOut)"
      ) { $0[end + 3] ^= 1 },
      later("later-trailer-checksum", "byte \(end + 60), trailer.checksum: \(mismatch)") {
        $0[end + 16] ^= 1
      },
      later(
        "later-trailer-reserved",
        "byte \(end + 28), trailer.reserved: reserved byte is 1; \(wayOut)", seal: true
      ) { $0[end + 28] = 1 },
      later(
        "later-trailer-of-another-table",
        "byte \(end + 8), trailer.tableOffset: a table of 346 bytes at 64; \(wayOut)", seal: true
      ) { $0.replaceSubrange((end + 8)..<(end + 16), with: HandMadeFile.little(UInt64(64))) },
      later(
        "later-trailer-version", "byte \(end + 40), trailer.major: needs a reader of version 1.9",
        seal: true
      ) { $0.replaceSubrange((end + 40)..<(end + 46), with: [1, 0, 9, 0, 9, 0]) },
      later(
        "later-trailer-version-behind-an-unknown-section",
        "byte \(end + 40), trailer.major: needs a reader of version 1.9", seal: true
      ) {
        // A section header that uses what is reserved today ends the walk from record to record.
        let section = whole.bytes.count
        $0[section + 40] = 1
        Sealing.put(
          crc32c($0.span.extracting(section..<(section + 60))), at: section + 60, in: &$0)
        $0.replaceSubrange((end + 40)..<(end + 46), with: [1, 0, 9, 0, 9, 0])
      },
      later(
        "later-table",
        "byte \(appended.tableOffset), trailer.tableChecksum: checksum "
          + tableChecksums(flipping: appended.tableOffset + 100)
      ) { $0[appended.tableOffset + 100] ^= 1 },
      later(
        "later-trailer-before-an-unfinished-append",
        "byte \(end + 60), trailer.checksum: \(mismatch)"
      ) {
        $0[end + 16] ^= 1
        $0 += unfinished
      },
      later(
        "first-trailer-before-an-unfinished-append",
        "byte \(whole.trailerOffset), trailer.magic: no trailer at the end: the file was cut, or"
          + " something follows it"
      ) {
        $0[whole.trailerOffset] = 0
        $0 += unfinished
      },
    ]
  }

  /// What the second table's checksum is, and would be with one bit of it changed.
  private static func tableChecksums(flipping index: Int) -> String {
    var table = Array(appended.bytes[appended.tableOffset..<(appended.tableOffset + 346)])
    let stored = crc32c(table.span)
    table[index - appended.tableOffset] ^= 1
    let computed = crc32c(table.span)
    return "\(String(stored, radix: 16)), but the bytes give \(String(computed, radix: 16))"
  }
}
