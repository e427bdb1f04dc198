internal import GobbetSystem

/// A file in a ZIP file.
struct ZipMember: Sendable {
  let name: String
  /// Where its bytes are, compressed or not.
  let range: Range<Int>
  /// Whether they are compressed.
  let isDeflated: Bool
  /// Bytes that it has when it is not compressed.
  let byteCount: Int
  /// The CRC-32 of these.
  let checksum: UInt32
}

/// The members of a ZIP file, as `numpy.savez` and `numpy.savez_compressed` write them.
///
/// The directory at the end counts; each member's own header must agree with it. ZIP64 and deflate are
/// understood; several disks, encryption and other compression are not.
/// - Source: PKWARE's APPNOTE.
enum StoredZip {
  /// The most that deflate makes of a byte: 258 of two bits.
  private static let largestRatio = 1032

  /// The longest comment after the directory, and what it stands after.
  private static let maximumTailByteCount = 65_535 + 22
  private static let maximumDirectoryByteCount = 1 << 26

  /// All members, in the order of the directory.
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  static func members(of file: OpenedFile) throws -> [ZipMember] {
    let end = try directoryEnd(file)
    guard end.offset >= 0, end.byteCount >= 0, end.byteCount <= maximumDirectoryByteCount,
      end.offset <= file.byteCount - end.byteCount
    else {
      throw error(.damaged("a directory outside the file"), file)
    }
    let directory = Fields(
      try file.bytes(in: end.offset..<(end.offset + end.byteCount), "directory"))
    var members: [ZipMember] = []
    var names: Set<[UInt8]> = []
    var position = 0
    while position < directory.bytes.count {
      guard let entry = Entry(directory, at: position) else {
        throw error(.damaged("an invalid entry of the directory"), file)
      }
      position += entry.byteCount
      let name = String(decoding: entry.name, as: UTF8.self)
      guard entry.method == 0 || entry.method == 8, entry.flags & 1 == 0 else {
        throw error(.unsupported("an encrypted member, or compression \(entry.method)"), file, name)
      }
      let isDeflated = entry.method == 8
      guard entry.storedByteCount >= 0, entry.rawByteCount >= 0,
        isDeflated
          ? entry.rawByteCount / largestRatio <= entry.storedByteCount
          : entry.rawByteCount == entry.storedByteCount
      else {
        throw error(
          .damaged("\(entry.rawByteCount.counted("byte")) in \(entry.storedByteCount)"), file, name)
      }
      guard names.insert(entry.name).inserted else {
        throw error(.damaged("the name is there twice"), file, name)
      }
      members.append(
        ZipMember(
          name: name, range: try range(of: entry, file, limit: end.offset), isDeflated: isDeflated,
          byteCount: entry.rawByteCount, checksum: entry.checksum))
    }
    guard members.count == end.count else {
      throw error(.damaged("\(members.count.counted("member")), not \(end.count)"), file)
    }
    let ranges = members.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
    for (first, second) in zip(ranges, ranges.dropFirst())
    where first.upperBound > second.lowerBound {
      throw error(.damaged("members overlap"), file)
    }
    return members
  }

  /// Where a member's data is, by its own header.
  private static func range(
    of entry: Entry, _ file: OpenedFile, limit: Int
  ) throws -> Range<Int> {
    let name = String(decoding: entry.name, as: UTF8.self)
    guard entry.offset >= 0, entry.offset <= limit - 30 else {
      throw error(.damaged("a member outside the file"), file, name)
    }
    let header = Fields(try file.bytes(in: entry.offset..<(entry.offset + 30), name))
    let start = entry.offset + 30 + header.integer(2, at: 26) + header.integer(2, at: 28)
    guard header.integer(4, at: 0) == 0x0403_4B50, header.integer(2, at: 8) == entry.method,
      start <= limit, entry.storedByteCount <= limit - start
    else { throw error(.damaged("its header and the directory disagree"), file, name) }
    return start..<(start + entry.storedByteCount)
  }

  private static func directoryEnd(
    _ file: OpenedFile
  ) throws -> (offset: Int, byteCount: Int, count: Int) {
    let tailStart = max(0, file.byteCount - maximumTailByteCount)
    let tail = Fields(try file.bytes(in: tailStart..<file.byteCount, "end of directory"))
    let last = tail.bytes.count - 22
    guard last >= 0,
      let position = (0...last).last(where: {
        tail.integer(4, at: $0) == 0x0605_4B50
          && $0 + 22 + tail.integer(2, at: $0 + 20) == tail.bytes.count
      })
    else { throw error(.damaged("no directory at the end"), file) }
    let offset = tail.integer(4, at: position + 16)
    let count = tail.integer(2, at: position + 10)
    guard offset == 0xFFFF_FFFF || count == 0xFFFF else {
      return (offset, tail.integer(4, at: position + 12), count)
    }
    // A 20-byte locator in front of the end points to the 64-bit end.
    guard position >= 20, tail.integer(4, at: position - 20) == 0x0706_4B50 else {
      throw error(.damaged("no 64-bit directory"), file)
    }
    let start = tail.integer(8, at: position - 12)
    guard start >= 0, start <= file.byteCount - 56 else {
      throw error(.damaged("a 64-bit directory outside the file"), file)
    }
    let end = Fields(try file.bytes(in: start..<(start + 56), "end of directory"))
    guard end.integer(4, at: 0) == 0x0606_4B50 else {
      throw error(.damaged("no 64-bit directory"), file)
    }
    return (end.integer(8, at: 48), end.integer(8, at: 40), end.integer(8, at: 32))
  }

  private static func error(
    _ code: InterchangeError.Code, _ file: OpenedFile, _ field: String = ""
  ) -> InterchangeError {
    InterchangeError(code, path: file.path, field: field)
  }

  /// Little-endian integers at known places; -1 stands for those over 2^63.
  private struct Fields {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func integer(_ byteCount: Int, at offset: Int) -> Int {
      let value = (0..<byteCount).reduce(UInt64(0)) {
        $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1)
      }
      return Int(exactly: value) ?? -1
    }
  }

  /// An entry of the directory.
  private struct Entry {
    let flags: Int
    let method: Int
    let checksum: UInt32
    private(set) var storedByteCount: Int
    private(set) var rawByteCount: Int
    private(set) var offset: Int
    let name: [UInt8]
    let byteCount: Int

    /// Nil if no whole entry is there.
    init?(_ fields: Fields, at start: Int) {
      guard start + 46 <= fields.bytes.count, fields.integer(4, at: start) == 0x0201_4B50 else {
        return nil
      }
      let lengths = [28, 30, 32].map { fields.integer(2, at: start + $0) }
      byteCount = 46 + lengths.reduce(0, +)
      guard start + byteCount <= fields.bytes.count else { return nil }
      flags = fields.integer(2, at: start + 8)
      method = fields.integer(2, at: start + 10)
      checksum = UInt32(truncatingIfNeeded: fields.integer(4, at: start + 16))
      storedByteCount = fields.integer(4, at: start + 20)
      rawByteCount = fields.integer(4, at: start + 24)
      offset = fields.integer(4, at: start + 42)
      let nameStart = start + 46
      name = Array(fields.bytes[nameStart..<(nameStart + lengths[0])])
      let extra = (nameStart + lengths[0])..<(nameStart + lengths[0] + lengths[1])
      guard readExtra(fields, extra) else { return nil }
    }

    /// Takes what did not fit into 32 bits from the extra field 1; false if it is not there.
    private mutating func readExtra(_ fields: Fields, _ range: Range<Int>) -> Bool {
      let marks = [rawByteCount, storedByteCount, offset].map { $0 == 0xFFFF_FFFF }
      guard marks.contains(true) else { return true }
      var position = range.lowerBound
      while position + 4 <= range.upperBound {
        let (kind, size) = (fields.integer(2, at: position), fields.integer(2, at: position + 2))
        position += 4
        guard position + size <= range.upperBound else { return false }
        if kind == 1 {
          guard size >= 8 * marks.count(where: { $0 }) else { return false }
          var next = position
          func value() -> Int {
            defer { next += 8 }
            return fields.integer(8, at: next)
          }
          if marks[0] { rawByteCount = value() }
          if marks[1] { storedByteCount = value() }
          if marks[2] { offset = value() }
          return true
        }
        position += size
      }
      return false
    }
  }
}
