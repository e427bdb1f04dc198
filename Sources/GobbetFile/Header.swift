/// The magic bytes: a transfer that strips high bits or changes line ends does not leave them.
public let gobbetMagic: [UInt8] = [0x97, 0x47, 0x42, 0x54, 0x0D, 0x0A, 0x1A, 0x0A]

/// What a file is mainly for.
public enum ContainerProfile: UInt32, Hashable, Sendable, CaseIterable {
  /// A vocabulary.
  case vocabulary = 1
  /// A token dataset.
  case tokens = 2
  /// Weights.
  case weights = 3
  /// Several of these.
  case bundle = 4
  /// Counted pretokens.
  case counts = 5
}

/// The first 64 bytes of a file.
struct Header: Hashable, Sendable {
  static let byteCount = 64

  let profile: ContainerProfile

  /// The header as it stands in files.
  var content: [UInt8] {
    var writer = ByteWriter()
    writer.write(gobbetMagic)
    writer.write(FormatVersion.first.content)
    writer.write(profile.rawValue)
    writer.write(UInt32(0))
    writer.write(UInt64(0))
    writer.write([UInt8](repeating: 0, count: 28))
    writer.write(crc32c(writer.bytes.span))
    return writer.bytes
  }

  init(profile: ContainerProfile) { self.profile = profile }

  /// Reads the header at the start of `bytes`.
  init(_ bytes: Span<UInt8>) throws(FormatError) {
    try Self.checkMagic(bytes)
    var reader = ByteReader(bytes)
    _ = try reader.readBytes(gobbetMagic.count, "header.magic")
    // Before the checksum: a later version may lay out the rest otherwise.
    _ = try reader.readVersion("header")
    let profileOffset = reader.offset
    let profileCode = try reader.read(UInt32.self, "header.profile")
    try reader.readZeros(4, "header.flags")
    try reader.readZeros(8, "header.tableOffset")
    try reader.readZeros(28, "header.reserved")
    try reader.checkRecord(bytes, "header.checksum")
    guard let profile = ContainerProfile(rawValue: profileCode) else {
      throw FormatError(
        code: .unsupportedCode(Int(profileCode)), offset: profileOffset, field: "header.profile")
    }
    self.profile = profile
  }

  private static func checkMagic(_ bytes: Span<UInt8>) throws(FormatError) {
    func fail(_ reason: String, _ offset: Int = 0) -> FormatError {
      FormatError(code: .notAContainer(reason), offset: offset, field: "header.magic")
    }
    guard bytes.count > 0 else { throw fail("it is empty") }
    for (index, byte) in gobbetMagic.enumerated() {
      guard index < bytes.count else {
        let code = FormatError.Code.truncated(needed: byteCount, available: bytes.count)
        throw FormatError(code: code, offset: 0, field: "header.magic")
      }
      guard bytes[index] == byte else {
        if index == 0, bytes[0] == byte & 0x7F { throw fail("its bytes have lost their high bit") }
        if index >= 4 { throw fail("its line ends were changed on the way", index) }
        throw fail("it begins otherwise")
      }
    }
  }
}
