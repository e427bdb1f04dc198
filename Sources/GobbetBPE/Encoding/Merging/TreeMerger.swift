/// Merges the bytes of a piece of any length, always the pair of lowest rank and the leftmost of
/// equals: a tournament of all pairs finds the next one.
///
/// - Complexity: O(n log n) for n bytes.
@safe struct TreeMerger: ~Copyable {
  private static let none = UInt64.max

  /// How many leaves there is room for: a power of two.
  private var capacity = 0
  /// The smallest key below each node, from the root at 1 to the leaves, one a byte.
  ///
  /// The key of a leaf is the rank of the pair that begins at its byte, above the byte's place.
  private var tree: UnsafeMutablePointer<UInt64>
  private var parts: UnsafeMutablePointer<TokenID>
  /// The first bytes of the part after it, and of the one before.
  private var next: UnsafeMutablePointer<UInt32>
  private var previous: UnsafeMutablePointer<UInt32>

  init() {
    unsafe tree = .allocate(capacity: 0)
    unsafe parts = .allocate(capacity: 0)
    unsafe next = .allocate(capacity: 0)
    unsafe previous = .allocate(capacity: 0)
  }

  deinit { deallocate() }

  /// Writes the tokens of `bytes[0..<count]` to `ids` and says how many they are.
  ///
  /// - Precondition: `count` is at least 1 and below 2^32, and `ids` has room for as many.
  mutating func merge(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ tables: MergePointers,
    into ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    var leafCount = 64
    while leafCount < count { leafCount *= 2 }
    reserve(leafCount)
    unsafe prepare(bytes, count, leafCount, tables)
    unsafe mergeParts(count, leafCount, tables)
    var written = 0
    var place = 0
    // SAFETY: the places are below `count`.
    while place < count {
      unsafe ids[written] = parts[place]
      written += 1
      place = unsafe Int(next[place])
    }
    return written
  }

  /// Appends the tokens that `symbols` merge into to `tokens`, and to `counts` how many symbols each
  /// of them is.
  ///
  /// - Precondition: `symbols` are at least 1 and fewer than 2^32.
  mutating func merge(
    _ symbols: ArraySlice<TokenID>, _ tables: MergePointers, into tokens: inout [TokenID],
    counts: inout [Int]
  ) {
    let count = symbols.count
    var leafCount = 64
    while leafCount < count { leafCount *= 2 }
    reserve(leafCount)
    // SAFETY: as for bytes.
    for (place, symbol) in symbols.enumerated() { unsafe parts[place] = symbol }
    for place in 0..<(count - 1) {
      unsafe tree[leafCount + place] = Self.key(
        tables.rank(parts[place], parts[place + 1]), place)
    }
    prepareTree(count, leafCount)
    unsafe mergeParts(count, leafCount, tables)
    var place = 0
    while place < count {
      let after = unsafe Int(next[place])
      unsafe tokens.append(parts[place])
      counts.append(after - place)
      place = after
    }
  }

  /// Merges the parts until no pair merges.
  private func mergeParts(_ count: Int, _ leafCount: Int, _ tables: MergePointers) {
    // SAFETY: all places are below `count`, which is at most `leafCount`, the room of all arrays
    // but `tree`, which has twice as much.
    while unsafe tree[1] != Self.none {
      let best = unsafe tree[1]
      let place = Int(truncatingIfNeeded: best & 0xFFFF_FFFF)
      let part = unsafe tables.result(UInt32(truncatingIfNeeded: best >> 32))
      let right = unsafe Int(next[place])
      let after = unsafe Int(next[right])
      unsafe parts[place] = part
      unsafe next[place] = UInt32(truncatingIfNeeded: after)
      play(leafCount + right, Self.none)
      if after < count {
        unsafe previous[after] = UInt32(truncatingIfNeeded: place)
        play(leafCount + place, unsafe Self.key(tables.rank(part, parts[after]), place))
      } else {
        play(leafCount + place, Self.none)
      }
      if place > 0 {
        let left = unsafe Int(previous[place])
        play(leafCount + left, unsafe Self.key(tables.rank(parts[left], part), left))
      }
    }
  }

  /// Makes each byte a part.
  private func prepare(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ leafCount: Int, _ tables: MergePointers
  ) {
    // SAFETY: as for `merge`; two bytes make an index of 16 bits.
    for place in 0..<count {
      unsafe parts[place] = tables.byteTokens[Int(bytes[place])]
    }
    for place in 0..<(count - 1) {
      let pair = unsafe Int(bytes[place]) << 8 | Int(bytes[place + 1])
      unsafe tree[leafCount + place] = Self.key(tables.bytePairs[pair], place)
    }
    prepareTree(count, leafCount)
  }

  /// Links the parts, and plays the tournament of the leaves in front of the last part.
  private func prepareTree(_ count: Int, _ leafCount: Int) {
    // SAFETY: as for `merge`.
    for place in 0..<count {
      unsafe next[place] = UInt32(truncatingIfNeeded: place + 1)
      unsafe previous[place] = UInt32(truncatingIfNeeded: place &- 1)
    }
    for place in (count - 1)..<leafCount { unsafe tree[leafCount + place] = Self.none }
    for node in stride(from: leafCount - 1, to: 0, by: -1) {
      unsafe tree[node] = min(tree[2 * node], tree[2 * node + 1])
    }
  }

  @inline(__always) private static func key(_ rank: UInt32, _ place: Int) -> UInt64 {
    rank == PairTable.none ? none : UInt64(rank) << 32 | UInt64(truncatingIfNeeded: place)
  }

  /// Puts `key` at a leaf and plays its way up until nothing changes.
  @inline(__always) private func play(_ leaf: Int, _ key: UInt64) {
    // SAFETY: `leaf` is a leaf, and each node on the way has two children.
    unsafe tree[leaf] = key
    var node = leaf / 2
    while node > 0 {
      let winner = unsafe min(tree[2 * node], tree[2 * node + 1])
      if unsafe tree[node] == winner { return }
      unsafe tree[node] = winner
      node /= 2
    }
  }

  private mutating func reserve(_ leafCount: Int) {
    guard leafCount > capacity else { return }
    deallocate()
    capacity = leafCount
    unsafe tree = .allocate(capacity: 2 * leafCount)
    unsafe parts = .allocate(capacity: leafCount)
    unsafe next = .allocate(capacity: leafCount)
    unsafe previous = .allocate(capacity: leafCount)
  }

  private func deallocate() {
    unsafe tree.deallocate()
    unsafe parts.deallocate()
    unsafe next.deallocate()
    unsafe previous.deallocate()
  }
}
