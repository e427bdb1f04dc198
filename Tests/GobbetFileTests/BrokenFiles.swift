import GobbetFile
import TestSupport
import Testing

/// A file that breaks one rule, and the error that it must give.
struct BrokenFile: Sendable, CustomTestStringConvertible {
  /// The rule, as a file name.
  let name: String
  let bytes: [UInt8]
  /// Offset, field and cause.
  let error: String

  var testDescription: String { name }

  init(_ name: String, _ error: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    self.error = error
  }
}

/// One file for each rule of `Spec/Container.md` that a file can break.
enum BrokenFiles {
  static let text = Array("a gobbet is a bite, and a short extract of a text".utf8)
  static let whole = HandMadeFile([
    .raw("DATA", named: "layer", text), .zstd("TEXT", HandMadeFile.frame(of: text), of: text),
    .raw("meta", Array("{}".utf8)),
  ])

  static var all: [BrokenFile] {
    beginnings + headers + trailers + generations + tableFields + tableLayouts + names + sections
      + frames + checksums + ownSections
  }

  static func broken(
    _ name: String, _ error: String, _ change: (inout HandMadeFile) -> Void
  ) -> BrokenFile {
    BrokenFile(name, error, whole.changed(change))
  }

  static var beginnings: [BrokenFile] {
    let rest = whole.bytes[8...]
    return [
      BrokenFile("empty", "byte 0, header.magic: not a Gobbet file: it is empty", []),
      BrokenFile(
        "short-magic", "byte 0, header.magic: needs 64 bytes, 5 left",
        Array(whole.bytes.prefix(5))),
      BrokenFile(
        "short-header", "byte 16, header.profile: needs 4 bytes, 2 left",
        Array(whole.bytes.prefix(18))),
      BrokenFile(
        "foreign", "byte 0, header.magic: not a Gobbet file: it begins otherwise",
        Array("\u{89}PNG\r\n\u{1A}\n".unicodeScalars.map { UInt8($0.value) }) + rest),
      BrokenFile(
        "seven-bit", "byte 0, header.magic: not a Gobbet file: its bytes have lost their high bit",
        [0x17] + whole.bytes[1...]),
      BrokenFile(
        "line-ends-to-unix",
        "byte 4, header.magic: not a Gobbet file: its line ends were changed on the way",
        [0x97, 0x47, 0x42, 0x54, 0x0A, 0x1A, 0x0A] + rest),
      BrokenFile(
        "line-ends-to-windows",
        "byte 7, header.magic: not a Gobbet file: its line ends were changed on the way",
        [0x97, 0x47, 0x42, 0x54, 0x0D, 0x0A, 0x1A, 0x0D, 0x0A] + rest),
    ]
  }

  static var headers: [BrokenFile] {
    [
      broken("version-major", "byte 8, header.major: needs a reader of version 2.0") {
        $0.put(UInt16(2), at: 8)
      },
      broken("version-draft", "byte 8, header.major: needs a reader of version 0.1") {
        $0.put([0, 0, 1, 0], at: 8)
      },
      broken("version-least-reader", "byte 8, header.major: needs a reader of version 1.3") {
        $0.put([1, 0, 3, 0, 2, 0], at: 8)
      },
      broken("header-reserved", "byte 14, header.reserved: reserved byte is 1") {
        $0.bytes[14] = 1
      },
      broken("header-profile", "byte 16, header.profile: unknown code 9") { $0.bytes[16] = 9 },
      broken("header-flags", "byte 20, header.flags: reserved byte is 128") { $0.bytes[20] = 128 },
      broken("header-reserved-end", "byte 59, header.reserved: reserved byte is 255") {
        $0.bytes[59] = 255
      },
    ]
  }

  static var trailers: [BrokenFile] {
    let end = whole.trailerOffset
    let last = "no trailer at the end: the file was cut, or something follows it"
    return [
      BrokenFile(
        "trailer-missing", "byte \(end - 64), trailer.magic: \(last)",
        Array(whole.bytes.dropLast(64))),
      BrokenFile(
        "trailing-byte", "byte \(end + 1), trailer.magic: \(last)", whole.bytes + [0]),
      BrokenFile(
        "trailing-zeros", "byte \(end + 64), trailer.magic: \(last)",
        whole.bytes + [UInt8](repeating: 0, count: 64)),
      broken("trailer-reserved", "byte \(end + 28), trailer.reserved: reserved byte is 1") {
        $0.bytes[end + 28] = 1
      },
      broken("trailer-version", "byte \(end + 40), trailer.major: needs a reader of version 1.9") {
        $0.put([1, 0, 9, 0, 9, 0], at: end + 40)
      },
      broken(
        "trailer-table-offset-0", "byte \(end + 8), trailer.tableOffset: a table of 261 bytes at 0"
      ) { $0.put(UInt64(0), at: end + 8) },
      broken(
        "trailer-table-past-the-end",
        "byte \(end + 8), trailer.tableOffset: a table of 261 bytes at 1048576"
      ) { $0.put(UInt64(1 << 20), at: end + 8) },
      broken(
        "trailer-table-offset-2-63",
        "byte \(end + 8), trailer.tableOffset: 9223372036854775808 is out of range"
      ) { $0.put(UInt64(1) << 63, at: end + 8) },
      broken(
        "trailer-table-wraps",
        "byte \(end + 8), trailer.tableOffset: a table of 261 bytes at 9223372036854775744"
      ) { $0.put(UInt64(1) << 63 - 64, at: end + 8) },
      broken(
        "trailer-table-too-large",
        "byte \(end + 8), trailer.tableOffset: a table of 67108865 bytes at \(whole.tableOffset)"
      ) { $0.put(UInt64(64 << 20 + 1), at: end + 16) },
      broken(
        "trailer-previous-is-itself",
        "byte \(end + 32), trailer.previousOffset: an earlier trailer at \(end)"
      ) { $0.put(UInt64(end), at: end + 32) },
      broken(
        "trailer-previous-is-none", "byte 128, trailer.magic: \(last)"
      ) { $0.put(UInt64(128), at: end + 32) },
    ]
  }
}
