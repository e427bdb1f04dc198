/// Which version of the format something was written in, and which readers it needs.
///
/// 8 bytes in files, at the front of the header and in every trailer: what is appended later may
/// need a later reader than what was there.
struct FormatVersion: Hashable, Sendable {
  /// What files begin with that need no later reader than the first.
  static let first = FormatVersion(major: 1, minor: 0, leastReader: 0)
  /// The highest minor version that this library reads.
  static let highestMinor: UInt16 = 1

  let major: UInt16
  let minor: UInt16
  /// The lowest minor version of a reader that understands it.
  let leastReader: UInt16

  /// The version of what needs a reader of that minor version.
  static func needing(minor: UInt16) -> Self {
    FormatVersion(major: first.major, minor: minor, leastReader: minor)
  }

  /// The version as it stands in files.
  var content: [UInt8] {
    var writer = ByteWriter()
    for field in [major, minor, leastReader, 0] { writer.write(field) }
    return writer.bytes
  }
}

extension ByteReader {
  /// Reads a version and refuses one that this library does not understand.
  @_lifetime(self: copy self)
  mutating func readVersion(_ record: String) throws(FormatError) -> FormatVersion {
    let start = offset
    let major = try read(UInt16.self, "\(record).major")
    let minor = try read(UInt16.self, "\(record).minor")
    let leastReader = try read(UInt16.self, "\(record).leastReader")
    guard major == FormatVersion.first.major, leastReader <= FormatVersion.highestMinor,
      leastReader <= minor
    else {
      throw FormatError(
        code: .unsupportedVersion(major: major, minor: max(minor, leastReader)), offset: start,
        field: "\(record).major")
    }
    try readZeros(2, "\(record).reserved")
    return FormatVersion(major: major, minor: minor, leastReader: leastReader)
  }

  /// Reads the CRC-32C that ends a record and compares it with that of all bytes before it.
  @_lifetime(self: copy self)
  mutating func checkRecord(_ record: Span<UInt8>, _ field: String) throws(FormatError) {
    let start = offset
    let stored = try read(UInt32.self, field)
    let computed = crc32c(record.extracting(0..<start))
    guard stored == computed else {
      throw FormatError(
        code: .checksumMismatch(stored: stored, computed: computed), offset: start, field: field)
    }
  }
}
