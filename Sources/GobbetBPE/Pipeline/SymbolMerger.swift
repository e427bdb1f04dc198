/// Merges the symbols of a piece, always the pair of lowest rank and the leftmost of equals.
///
/// - Complexity: O(n log n) for n symbols.
struct SymbolMerger {
  /// The tokens of the piece merged last.
  private(set) var tokens: [TokenID] = []
  private var next: [UInt32] = []
  private var previous: [UInt32] = []
  private var queue = MinHeap()

  /// No symbol has this place.
  private static let none = UInt32.max

  /// Leaves the symbols of `piece` in ``tokens``, before anything merges.
  mutating func readSymbols(of piece: Span<UInt8>, _ symbols: SymbolTable) {
    tokens.removeAll(keepingCapacity: true)
    symbols.forEachSymbol(of: piece) { tokens.append($0) }
  }

  /// Merges the symbols that were read last.
  mutating func merge(_ tables: MergeTables) {
    let count = UInt32(truncatingIfNeeded: tokens.count)
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    for place in 0..<count {
      next.append(place + 1 < count ? place + 1 : Self.none)
      previous.append(place > 0 ? place - 1 : Self.none)
    }
    for place in 0..<count { offer(place, tables) }
    while let best = queue.popMin() {
      let place = UInt32(truncatingIfNeeded: best & 0xFFFF_FFFF)
      guard key(place, tables) == best else { continue }
      let right = next[Int(place)]
      let after = next[Int(right)]
      tokens[Int(place)] = tables.result(UInt32(truncatingIfNeeded: best >> 32))
      tokens[Int(right)] = Self.none
      next[Int(place)] = after
      if after != Self.none { previous[Int(after)] = place }
      offer(place, tables)
      if previous[Int(place)] != Self.none { offer(previous[Int(place)], tables) }
    }
    tokens.removeAll { $0 == Self.none }
  }

  /// The rank of the pair at `place`, and the place; nil if there is none that merges.
  private func key(_ place: UInt32, _ tables: MergeTables) -> UInt64? {
    let left = tokens[Int(place)]
    let right = next[Int(place)]
    guard left != Self.none, right != Self.none else { return nil }
    let rank = tables.pairs.rank(left, tokens[Int(right)])
    return rank == PairTable.none ? nil : UInt64(rank) << 32 | UInt64(place)
  }

  private mutating func offer(_ place: UInt32, _ tables: MergeTables) {
    if let key = key(place, tables) { queue.insert(key) }
  }
}
