internal import GobbetSystem

/// Writes the members of a ZIP file as they are, with 64-bit sizes, as `numpy.savez` does.
///
/// - Source: PKWARE's APPNOTE.
struct StoredZipWriter: ~Copyable {
  /// A member that is written.
  private struct Member {
    let name: [UInt8]
    let byteCount: Int
    let offset: Int
    var checksum = CRC32()
  }

  private var file: AtomicFile
  private var members: [Member] = []
  private var open: Member?

  /// Writes to `file`, which is empty.
  init(_ file: consuming AtomicFile) { self.file = file }

  /// Begins a member of that many bytes.
  mutating func begin(_ name: String, byteCount: Int) throws {
    precondition(open == nil, "StoredZipWriter: a member is open")
    let member = Member(name: Array(name.utf8), byteCount: byteCount, offset: file.byteCount)
    // The checksum takes its place when it is known.
    try file.write(Self.header(member).span)
    open = member
  }

  /// Adds bytes to the open member.
  mutating func write(_ bytes: Span<UInt8>) throws {
    open?.checksum.update(bytes)
    try file.write(bytes)
  }

  /// Ends the open member.
  mutating func end() throws {
    guard let member = open.take() else { preconditionFailure("StoredZipWriter: no open member") }
    try file.overwrite(Self.header(member).span, at: member.offset)
    members.append(member)
  }

  /// Writes the directory, and gives the file its name.
  mutating func finish() throws {
    let start = file.byteCount
    var directory: [UInt8] = []
    for member in members {
      directory.append(littleEndian: UInt32(0x0201_4B50))
      directory.append(littleEndian: UInt16(45))
      directory += Self.fields(member)
      directory.append(littleEndian: UInt16(28))
      directory += [UInt8](repeating: 0, count: 10)
      directory.append(littleEndian: UInt32.max)
      directory += member.name
      directory += Self.sizes(member, with: member.offset)
    }
    let count = directory.count
    directory.append(littleEndian: UInt32(0x0606_4B50))
    directory.append(littleEndian: UInt64(44))
    for _ in 0..<2 { directory.append(littleEndian: UInt16(45)) }
    for _ in 0..<2 { directory.append(littleEndian: UInt32(0)) }
    for value in [members.count, members.count, count, start] {
      directory.append(littleEndian: UInt64(value))
    }
    directory.append(littleEndian: UInt32(0x0706_4B50))
    directory.append(littleEndian: UInt32(0))
    directory.append(littleEndian: UInt64(start + count))
    directory.append(littleEndian: UInt32(1))
    directory.append(littleEndian: UInt32(0x0605_4B50))
    directory.append(littleEndian: UInt32(0))
    for _ in 0..<2 { directory.append(littleEndian: UInt16.max) }
    for _ in 0..<2 { directory.append(littleEndian: UInt32.max) }
    directory.append(littleEndian: UInt16(0))
    try file.write(directory.span)
    try file.commit()
  }

  /// What stands in front of a member.
  private static func header(_ member: Member) -> [UInt8] {
    var header: [UInt8] = []
    header.append(littleEndian: UInt32(0x0403_4B50))
    header += fields(member)
    header.append(littleEndian: UInt16(20))
    return header + member.name + sizes(member, with: nil)
  }

  /// From the version that is needed up to the length of the name; the date is the first there is.
  private static func fields(_ member: Member) -> [UInt8] {
    var fields: [UInt8] = []
    fields.append(littleEndian: UInt16(45))
    // Bit 11: names are UTF-8.
    fields.append(littleEndian: UInt16(1 << 11))
    fields.append(littleEndian: UInt16(0))
    fields.append(littleEndian: UInt16(0))
    fields.append(littleEndian: UInt16(0x0021))
    fields.append(littleEndian: member.checksum.value)
    for _ in 0..<2 { fields.append(littleEndian: UInt32.max) }
    fields.append(littleEndian: UInt16(member.name.count))
    return fields
  }

  /// The extra field with the 64-bit sizes, and the offset in the directory.
  private static func sizes(_ member: Member, with offset: Int?) -> [UInt8] {
    var extra: [UInt8] = []
    extra.append(littleEndian: UInt16(1))
    extra.append(littleEndian: UInt16(offset == nil ? 16 : 24))
    for _ in 0..<2 { extra.append(littleEndian: UInt64(member.byteCount)) }
    if let offset { extra.append(littleEndian: UInt64(offset)) }
    return extra
  }
}

/// The CRC-32 of ZIP files.
private struct CRC32 {
  private var state = UInt32.max
  /// Of all bytes so far.
  var value: UInt32 { ~state }

  private static let tables: [[UInt32]] = {
    var tables = [
      (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1) * 0xEDB8_8320 }
      }
    ]
    for _ in 1..<8 {
      tables.append(tables[tables.count - 1].map { $0 >> 8 ^ tables[0][Int($0 & 0xFF)] })
    }
    return tables
  }()

  mutating func update(_ bytes: Span<UInt8>) {
    let tables = Self.tables
    var crc = state
    var index = 0
    // Eight bytes a step, each by its own table.
    while index + 8 <= bytes.count {
      var word: UInt64 = 0
      for place in 0..<8 { word |= UInt64(bytes[index + place]) << UInt64(8 * place) }
      word ^= UInt64(crc)
      crc = 0
      for place in 0..<8 { crc ^= tables[7 - place][Int(word >> UInt64(8 * place) & 0xFF)] }
      index += 8
    }
    while index < bytes.count {
      crc = crc >> 8 ^ tables[0][Int((crc ^ UInt32(bytes[index])) & 0xFF)]
      index += 1
    }
    state = crc
  }
}
