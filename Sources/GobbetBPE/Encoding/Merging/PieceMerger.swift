/// Merges the bytes of a piece of at most 64 bytes, always the pair of lowest rank and the leftmost
/// of equals.
///
/// A part lives at the place of its first byte; one bit a place says whether a part begins there. A
/// key is the rank of a part with the next one, shifted up by six bits, and the place: the smallest
/// key names the next merge. Keys have 64 bits though fewer would do: the search for the smallest
/// then stays with plain instructions, which see what was just written sooner than vectors do.
@safe struct PieceMerger: ~Copyable {
  /// The most bytes it takes.
  static let maximumByteCount = 64
  /// No key of a pair that merges is as large.
  private static let none = UInt64(PairTable.none) << 6

  private let keys: UnsafeMutablePointer<UInt64>
  private let parts: UnsafeMutablePointer<TokenID>

  init() {
    unsafe keys = .allocate(capacity: Self.maximumByteCount)
    unsafe parts = .allocate(capacity: Self.maximumByteCount)
    unsafe keys.initialize(repeating: Self.none, count: Self.maximumByteCount)
    unsafe parts.initialize(repeating: 0, count: Self.maximumByteCount)
  }

  deinit {
    unsafe keys.deallocate()
    unsafe parts.deallocate()
  }

  /// Writes the tokens of `bytes[0..<count]` to `ids` and says how many they are.
  ///
  /// - Precondition: `count` is between 1 and 64, and `ids` has room for as many.
  mutating func merge(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ tables: MergePointers,
    into ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    let blockEnd = (count &+ 15) & ~15
    // SAFETY: the second byte is read only if there are six.
    let mayHaveScalars =
      unsafe tables.scalars != nil && count >= 6 && (bytes[0] >= 0xE0 || bytes[1] >= 0xE0)
    let alive =
      mayHaveScalars
      ? unsafe prepareScalars(bytes, count, blockEnd, tables)
      : unsafe prepare(bytes, count, blockEnd, tables)
    return unsafe write(mergeParts(alive, blockEnd, tables), into: ids)
  }

  /// Puts the tokens that `symbols[0..<count]` merge into in their place and says how many they are.
  ///
  /// - Precondition: `count` is between 1 and 64.
  func merge(
    symbols: UnsafeMutablePointer<TokenID>, _ count: Int, _ tables: MergePointers
  ) -> Int {
    unsafe write(mergedSymbols(symbols, count, tables), into: symbols)
  }

  /// Merges `symbols[0..<count]` and leaves the tokens to ``write(_:into:)``; a bit of the result says
  /// which symbol each token begins with.
  ///
  /// - Precondition: `count` is between 1 and 64.
  func mergedSymbols(
    _ symbols: UnsafePointer<TokenID>, _ count: Int, _ tables: MergePointers
  ) -> UInt64 {
    precondition(count > 0 && count <= Self.maximumByteCount, "merge: more symbols than places")
    let blockEnd = (count &+ 15) & ~15
    // SAFETY: `place` stays below `count` or `blockEnd`, at most 64.
    unsafe parts[0] = symbols[0]
    for place in 1..<count {
      unsafe parts[place] = symbols[place]
      unsafe keys[place &- 1] = Self.key(
        tables.rank(parts[place &- 1], parts[place]), place &- 1)
    }
    for place in (count &- 1)..<blockEnd { unsafe keys[place] = Self.none }
    let alive = ~0 &>> UInt64(truncatingIfNeeded: 64 &- count)
    return unsafe mergeParts(alive, blockEnd, tables)
  }

  /// Merges the parts whose places have a bit in `all`; those that are left have one in the result.
  @inline(__always) private func mergeParts(
    _ all: UInt64, _ blockEnd: Int, _ tables: MergePointers
  ) -> UInt64 {
    var alive = all
    while true {
      let best = smallestKey(blockEnd)
      if best >= Self.none { break }
      // SAFETY: all places come from `alive`, whose bits are below `count`.
      let place = Int(truncatingIfNeeded: best & 63)
      let above = alive & (~1 &<< UInt64(truncatingIfNeeded: place))
      let right = above.trailingZeroBitCount
      let after = above & (above &- 1)
      alive &= ~(1 &<< UInt64(truncatingIfNeeded: right))
      let part = unsafe tables.result(UInt32(truncatingIfNeeded: best &>> 6))
      unsafe parts[place] = part
      unsafe keys[right] = Self.none
      unsafe keys[place] =
        after == 0
        ? Self.none : Self.key(tables.rank(part, parts[after.trailingZeroBitCount]), place)
      let below = alive & ~(~0 &<< UInt64(truncatingIfNeeded: place))
      if below != 0 {
        let left = 63 &- below.leadingZeroBitCount
        unsafe keys[left] = Self.key(tables.rank(parts[left], part), left)
      }
    }
    return alive
  }

  /// Writes the parts whose places have a bit in `alive` to `ids`, and says how many they are.
  @inline(__always) func write(
    _ alive: UInt64, into ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    var alive = alive
    var written = 0
    // SAFETY: the bits are below 64, and `ids` has room for as many parts as there are.
    while alive != 0 {
      unsafe ids[written] = parts[alive.trailingZeroBitCount]
      written &+= 1
      alive &= alive &- 1
    }
    return written
  }

  /// Makes each byte a part, but a scalar of `WholeScalars` a part as a whole.
  private func prepareScalars(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ blockEnd: Int, _ tables: MergePointers
  ) -> UInt64 {
    // SAFETY: `place` stays below `count` or `blockEnd`, at most 64, and so do the bits of `alive`.
    for place in 0..<blockEnd { unsafe keys[place] = Self.none }
    var alive: UInt64 = 0
    var last = -1
    var place = 0
    while place < count {
      alive |= 1 &<< UInt64(truncatingIfNeeded: place)
      let scalar = unsafe tables.wholeScalar(bytes, place, count)
      let part = unsafe scalar ?? tables.byteTokens[Int(bytes[place])]
      unsafe parts[place] = part
      if last >= 0 { unsafe keys[last] = Self.key(tables.rank(parts[last], part), last) }
      last = place
      place &+= scalar == nil ? 1 : 3
    }
    return alive
  }

  /// Makes each byte a part; a bit of the result says where one begins.
  @inline(__always) private func prepare(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ blockEnd: Int, _ tables: MergePointers
  ) -> UInt64 {
    // SAFETY: `place` stays below `count` or `blockEnd`, at most 64; two bytes make 16 bits.
    var place = 0
    while place < count &- 1 {
      let pair = unsafe Int(bytes[place]) &<< 8 | Int(bytes[place &+ 1])
      unsafe keys[place] = Self.key(tables.bytePairs[pair], place)
      unsafe parts[place] = tables.byteTokens[pair &>> 8]
      place &+= 1
    }
    unsafe parts[place] = tables.byteTokens[Int(bytes[place])]
    while place < blockEnd {
      unsafe keys[place] = Self.none
      place &+= 1
    }
    return ~0 &>> UInt64(truncatingIfNeeded: 64 &- count)
  }

  @inline(__always) private static func key(_ rank: UInt32, _ place: Int) -> UInt64 {
    UInt64(rank) &<< 6 | UInt64(truncatingIfNeeded: place)
  }

  /// The smallest of the keys below `end`, in four chains that do not wait for each other.
  @inline(__always) private func smallestKey(_ end: Int) -> UInt64 {
    var first = Self.none
    var second = first
    var third = first
    var fourth = first
    var place = 0
    // SAFETY: `end` is a multiple of 16 and at most 64, the room that `keys` has.
    while place < end {
      for quarter in 0..<4 {
        let four = unsafe keys + (place &+ 4 &* quarter)
        first = unsafe min(first, four[0])
        second = unsafe min(second, four[1])
        third = unsafe min(third, four[2])
        fourth = unsafe min(fourth, four[3])
      }
      place &+= 16
    }
    return min(min(first, second), min(third, fourth))
  }
}
