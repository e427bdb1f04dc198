/// Merges the bytes of one pretoken of at most 64 bytes, always the pair of lowest rank and the
/// leftmost of equals.
///
/// A part lives at the place of its first byte; one bit a place says whether a part begins there. A
/// key is the rank of a part with the next one, shifted up by six bits, and the place: the smallest
/// key names the next merge.
@safe struct PieceMerger {
  /// The most bytes it takes.
  static let maximumByteCount = 64
  /// The memory it works in, in words.
  static let scratchCount = 2 * maximumByteCount
  /// The key of a part that does not merge with the next; no smaller than any other.
  private static let none: UInt32 = .max

  private let tables: MergePointers
  private let keys: UnsafeMutablePointer<UInt32>
  private let parts: UnsafeMutablePointer<TokenID>

  /// Works in `scratch`, which has room for `scratchCount` words.
  init(_ tables: MergePointers, _ scratch: UnsafeMutablePointer<UInt32>) {
    unsafe self.tables = tables
    unsafe keys = scratch
    unsafe parts = scratch + 64
  }

  /// Writes the tokens of `bytes[0..<count]` to `ids` and says how many they are.
  ///
  /// - Precondition: `count` is between 1 and 64, and `ids` has room for as many.
  func merge(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, into ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    let blockEnd = (count + 15) & ~15
    unsafe prepare(bytes, count, blockEnd)
    var alive: UInt64 = ~0 >> UInt64(64 - count)
    while true {
      let best = smallestKey(blockEnd)
      if best == Self.none { break }
      // SAFETY: all places come from `alive`, whose bits are below `count`.
      let place = Int(best & 63)
      let above = alive & (~1 << UInt64(place))
      let right = above.trailingZeroBitCount
      let after = above & (above &- 1)
      alive &= ~(1 << UInt64(right))
      let part = unsafe tables.result(best >> 6)
      unsafe parts[place] = part
      unsafe keys[right] = Self.none
      unsafe keys[place] =
        after == 0 ? Self.none : key(tables.rank(part, parts[after.trailingZeroBitCount]), place)
      let below = alive & ~(~0 << UInt64(place))
      if below != 0 {
        let left = 63 - below.leadingZeroBitCount
        unsafe keys[left] = key(tables.rank(parts[left], part), left)
      }
    }
    var written = 0
    while alive != 0 {
      unsafe ids[written] = parts[alive.trailingZeroBitCount]
      written += 1
      alive &= alive &- 1
    }
    return written
  }

  /// Makes each byte a part.
  @inline(__always) private func prepare(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ blockEnd: Int
  ) {
    // SAFETY: `place` stays below `count` or `blockEnd`, at most 64; two bytes make 16 bits.
    for place in 0..<(count - 1) {
      let pair = unsafe Int(bytes[place]) << 8 | Int(bytes[place + 1])
      unsafe keys[place] = key(tables.bytePairs[pair], place)
      unsafe parts[place] = tables.byteTokens[pair >> 8]
    }
    unsafe parts[count - 1] = tables.byteTokens[Int(bytes[count - 1])]
    for place in (count - 1)..<blockEnd { unsafe keys[place] = Self.none }
  }

  @inline(__always) private func key(_ rank: UInt32, _ place: Int) -> UInt32 {
    rank == PairTable.none ? Self.none : rank << 6 | UInt32(truncatingIfNeeded: place)
  }

  @inline(__always) private func smallestKey(_ end: Int) -> UInt32 {
    var best = Self.none
    // SAFETY: `end` is at most 64, the room that `keys` has.
    for place in 0..<end { best = unsafe min(best, keys[place]) }
    return best
  }
}
