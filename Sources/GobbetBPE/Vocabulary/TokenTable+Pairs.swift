extension TokenTable {
  /// Bytes that are copied at once, and may be read and written after the last one that counts.
  private static let copiedByteCount = 16

  /// The tokens that follow from pairs, in one go: from `firstID` on the single bytes in the order
  /// of `byteOrder`, then the bytes of each pair, one after the other.
  ///
  /// Nil where a pair names a token that is not made yet, or something is over the limits.
  ///
  /// - Precondition: `byteOrder` has 256 bytes.
  init?(_ byteOrder: [UInt8], _ firstID: TokenID, _ pairs: [(TokenID, TokenID)]) {
    precondition(byteOrder.count == 256, "TokenTable: a byte order has 256 bytes")
    let count = Int(firstID) + byteOrder.count + pairs.count
    guard count <= Self.maximumCount,
      let offsets = Self.offsets(byteOrder.count, Int(firstID), pairs)
    else { return nil }
    let byteCount = Int(offsets[count])
    let firstPairID = Int(firstID) + byteOrder.count
    let capacity = byteCount + 2 * Self.copiedByteCount
    let arena = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { arena, initializedCount in
      let base = UnsafeMutableRawPointer(unsafe arena.baseAddress.unsafelyUnwrapped)
      // SAFETY: offsets rise up to `byteCount`, and a pair's tokens lie in front of its own; a copy
      // of 16 bytes begins at one that counts, and what it writes too much is written again later
      // or lies after all tokens.
      unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
      for (index, byte) in byteOrder.enumerated() { unsafe arena[index] = byte }
      for (index, pair) in pairs.enumerated() {
        var target = unsafe base + Int(offsets[firstPairID + index])
        for part in [pair.0, pair.1] {
          let start = Int(offsets[Int(part)])
          let length = Int(offsets[Int(part) + 1]) - start
          var copied = 0
          repeat {
            let bytes = unsafe (base + start + copied).loadUnaligned(as: UInt128.self)
            unsafe (target + copied).storeBytes(of: bytes, as: UInt128.self)
            copied += Self.copiedByteCount
          } while copied < length
          unsafe target += length
        }
      }
      initializedCount = byteCount
    }
    self.init(arena: arena, offsets: offsets)
  }

  /// Where the tokens of pairs begin; nil where something is wrong with a pair.
  private static func offsets(
    _ byteTokenCount: Int, _ firstID: Int, _ pairs: [(TokenID, TokenID)]
  ) -> [UInt32]? {
    var offsets: [UInt32] = []
    offsets.reserveCapacity(firstID + byteTokenCount + pairs.count + 1)
    offsets.append(contentsOf: repeatElement(0, count: firstID + 1))
    for length in 1...UInt32(byteTokenCount) { offsets.append(length) }
    var end = UInt32(byteTokenCount)
    for (left, right) in pairs {
      let id = offsets.count - 1
      let (left, right) = (Int(left), Int(right))
      guard left >= firstID, left < id, right >= firstID, right < id else { return nil }
      let length = offsets[left + 1] - offsets[left] + offsets[right + 1] - offsets[right]
      guard length <= maximumTokenByteCount, Int(end) + Int(length) <= maximumByteCount else {
        return nil
      }
      end += length
      offsets.append(end)
    }
    return offsets
  }
}
