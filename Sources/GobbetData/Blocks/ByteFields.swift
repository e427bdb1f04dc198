internal import GobbetFile

extension ByteReader {
  /// Reads a number in groups of seven bits, the lowest first, and steps past it.
  ///
  /// - Throws: ``FormatError`` if it is cut, does not fit an `Int`, or has a group too many.
  @_lifetime(self: copy self)
  mutating func readVariable(_ field: String) throws(FormatError) -> Int {
    let start = offset
    var value = 0
    for shift in stride(from: 0, to: Int.bitWidth - 1, by: 7) {
      let byte = try read(UInt8.self, field)
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 {
        guard byte > 0 || shift == 0 else { break }
        return value
      }
    }
    throw FormatError(code: .damaged("not a number of groups"), offset: start, field: field)
  }

  /// Reads a SHA-256 and steps past it.
  ///
  /// - Throws: ``FormatError`` (`truncated`).
  @_lifetime(self: copy self)
  mutating func readDigest(_ field: String) throws(FormatError) -> Digest {
    let start = offset
    guard let digest = Digest(bytes: try readBytes(Digest.byteCount, field)) else {
      throw FormatError(code: .damaged("no digest"), offset: start, field: field)
    }
    return digest
  }

  /// Checks that nothing is left.
  ///
  /// - Throws: ``FormatError`` (`damaged`).
  func finish(_ field: String) throws(FormatError) {
    guard remainingCount == 0 else {
      throw FormatError(
        code: .damaged("\(remainingCount) bytes too many"), offset: offset, field: field)
    }
  }
}

extension ByteWriter {
  /// Appends a number in groups of seven bits, the lowest first; all but the last have the top bit.
  ///
  /// - Precondition: `value` is not negative.
  mutating func writeVariable(_ value: Int) {
    precondition(value >= 0, "writeVariable: a negative number")
    var rest = value
    while rest >= 0x80 {
      write(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    write(UInt8(rest))
  }
}
