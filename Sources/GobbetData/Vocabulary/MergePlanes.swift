internal import GobbetBPE

/// One id a merge as three planes: all low bytes, then all middle, then all high ones.
///
/// The bytes of one plane resemble each other, so that zstd codes each with a table that fits it:
/// ids in a row would take a sixth more.
enum MergePlanes {
  /// Bytes an id takes; `TokenTable.maximumCount` fits.
  static let byteCount = 3

  /// The planes of `ids`.
  static func bytes(_ ids: some Collection<TokenID>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount * ids.count)
    for plane in 0..<byteCount {
      for id in ids { bytes.append(UInt8(truncatingIfNeeded: id >> (8 * TokenID(plane)))) }
    }
    return bytes
  }

  /// The ids of planes, or nil if they are not `count` ids.
  static func ids(_ bytes: Span<UInt8>, count: Int) -> [TokenID]? {
    guard bytes.count == byteCount * count else { return nil }
    var ids: [TokenID] = []
    ids.reserveCapacity(count)
    for index in 0..<count {
      let low = TokenID(bytes[index]) | TokenID(bytes[count + index]) << 8
      ids.append(low | TokenID(bytes[2 * count + index]) << 16)
    }
    return ids
  }
}
