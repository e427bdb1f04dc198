internal import GobbetFile
internal import GobbetSystem

extension ByteReader {
  /// Reads a number of 64 bits in groups of seven, the lowest first, and steps past it.
  ///
  /// - Throws: `FormatError` if it is cut, does not fit 64 bits, or has a group too many.
  @_lifetime(self: copy self)
  mutating func readGroups(_ field: String) throws(FormatError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let byte = try read(UInt8.self, field)
      let group = UInt64(byte & 0x7F)
      guard (group << shift) >> shift == group else { break }
      value |= group << shift
      if byte < 0x80 {
        guard byte > 0 || shift == 0 else { break }
        return value
      }
    }
    throw FormatError(code: .damaged("not a number of groups"), offset: start, field: field)
  }

  /// Reads a number in groups, as ``readGroups(_:)`` does, that must fit an `Int`.
  ///
  /// - Throws: `FormatError`.
  @_lifetime(self: copy self)
  mutating func readVariable(_ field: String) throws(FormatError) -> Int {
    let start = offset
    let value = try readGroups(field)
    guard let count = Int(exactly: value) else {
      throw FormatError(code: .damaged("\(value) is out of range"), offset: start, field: field)
    }
    return count
  }

  /// Reads a SHA-256 and steps past it.
  ///
  /// - Throws: `FormatError` (`truncated`).
  @_lifetime(self: copy self)
  mutating func readDigest(_ field: String) throws(FormatError) -> ContentDigest {
    let start = offset
    guard let digest = ContentDigest(bytes: try readBytes(ContentDigest.byteCount, field)) else {
      throw FormatError(code: .damaged("no digest"), offset: start, field: field)
    }
    return digest
  }

  /// Checks that nothing is left.
  ///
  /// - Throws: `FormatError` (`damaged`).
  func finish(_ field: String) throws(FormatError) {
    guard remainingCount == 0 else {
      throw FormatError(
        code: .damaged("\(remainingCount.counted("byte")) too many"), offset: offset, field: field)
    }
  }
}

extension ByteWriter {
  /// Appends a number in groups of seven bits, the lowest first; all but the last have the top bit.
  mutating func writeGroups(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      write(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    write(UInt8(rest))
  }

  /// Appends a number in groups, as ``writeGroups(_:)`` does.
  ///
  /// - Precondition: `value` is not negative.
  mutating func writeVariable(_ value: Int) { writeGroups(UInt64(value)) }
}
