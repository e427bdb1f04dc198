/// Merges the bytes of a piece of any length, always the pair of lowest rank and the leftmost of
/// equals: a tournament of all pairs finds the next one.
///
/// - Complexity: O(n log n) for n bytes.
@safe struct TreeMerger {
  /// Memory that grows with the longest piece so far.
  struct Scratch {
    fileprivate var tree: [UInt64] = []
    fileprivate var parts: [TokenID] = []
    fileprivate var next: [UInt32] = []
    fileprivate var previous: [UInt32] = []
  }

  private static let none = UInt64.max
  private let tables: MergePointers

  init(_ tables: MergePointers) { unsafe self.tables = tables }

  /// Replaces `ids` by the tokens of `bytes[0..<count]`.
  ///
  /// - Precondition: `count` is at least 1 and below 2^32.
  func merge(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ scratch: inout Scratch, into ids: inout [TokenID]
  ) {
    // Leaf i of the tournament is the pair that begins at byte i: its rank, then i.
    var leafCount = 64
    while leafCount < count { leafCount *= 2 }
    unsafe prepare(bytes, count, leafCount, &scratch)
    while scratch.tree[1] != Self.none {
      let place = Int(truncatingIfNeeded: scratch.tree[1] & 0xFFFF_FFFF)
      let part = unsafe tables.result(UInt32(truncatingIfNeeded: scratch.tree[1] >> 32))
      let right = Int(scratch.next[place])
      let after = Int(scratch.next[right])
      scratch.parts[place] = part
      scratch.next[place] = UInt32(after)
      play(leafCount + right, Self.none, &scratch.tree)
      if after < count {
        scratch.previous[after] = UInt32(place)
        play(leafCount + place, key(part, scratch.parts[after], place), &scratch.tree)
      } else {
        play(leafCount + place, Self.none, &scratch.tree)
      }
      if place > 0 {
        let left = Int(scratch.previous[place])
        play(leafCount + left, key(scratch.parts[left], part, left), &scratch.tree)
      }
    }
    ids.removeAll(keepingCapacity: true)
    var place = 0
    while place < count {
      ids.append(scratch.parts[place])
      place = Int(scratch.next[place])
    }
  }

  private func prepare(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ leafCount: Int, _ scratch: inout Scratch
  ) {
    if scratch.tree.count < 2 * leafCount {
      scratch.tree = Array(repeating: Self.none, count: 2 * leafCount)
      scratch.parts = Array(repeating: 0, count: leafCount)
      scratch.next = Array(repeating: 0, count: leafCount)
      scratch.previous = Array(repeating: 0, count: leafCount)
    }
    for place in 0..<count {
      // SAFETY: `place` is below `count`, and a byte is a valid index of `byteTokens`.
      scratch.parts[place] = unsafe tables.byteTokens[Int(bytes[place])]
      scratch.next[place] = UInt32(place + 1)
      scratch.previous[place] = UInt32(max(place - 1, 0))
    }
    for place in 0..<(count - 1) {
      scratch.tree[leafCount + place] = key(scratch.parts[place], scratch.parts[place + 1], place)
    }
    for place in (count - 1)..<leafCount { scratch.tree[leafCount + place] = Self.none }
    for node in stride(from: leafCount - 1, to: 0, by: -1) {
      scratch.tree[node] = min(scratch.tree[2 * node], scratch.tree[2 * node + 1])
    }
  }

  private func key(_ left: TokenID, _ right: TokenID, _ place: Int) -> UInt64 {
    let rank = unsafe tables.rank(left, right)
    return rank == PairTable.none
      ? Self.none : UInt64(rank) << 32 | UInt64(truncatingIfNeeded: place)
  }

  /// Puts `key` at a leaf and plays its way up until nothing changes.
  @inline(__always) private func play(_ leaf: Int, _ key: UInt64, _ tree: inout [UInt64]) {
    tree[leaf] = key
    var node = leaf / 2
    while node > 0 {
      let winner = min(tree[2 * node], tree[2 * node + 1])
      if tree[node] == winner { return }
      tree[node] = winner
      node /= 2
    }
  }
}
