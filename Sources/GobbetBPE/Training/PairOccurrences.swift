/// Every place where two symbols stand side by side in an arena, sorted by the left one, then by
/// place.
struct PairOccurrences {
  /// One place, and the right one of the symbols there.
  struct Occurrence {
    let place: UInt32
    let right: Symbol
  }

  private(set) var occurrences: [Occurrence]
  /// Where the occurrences of each left symbol end, and those of the next one begin.
  let ends: [Int]

  /// Goes through `arena`, which is compacted first.
  init(compacting arena: inout SymbolArena, symbolCount: Int) {
    var ends = [Int](repeating: 0, count: symbolCount)
    arena.compact { ends[Int($0)] += 1 }
    var count = 0
    for symbol in ends.indices { (ends[symbol], count) = (count, count + ends[symbol]) }
    occurrences = [Occurrence](repeating: Occurrence(place: 0, right: 0), count: count)
    for place in arena.slots.indices.dropLast() {
      let left = arena.slots[place]
      let right = arena.slots[place + 1]
      if left == SymbolArena.boundary || right == SymbolArena.boundary { continue }
      occurrences[ends[Int(left)]] = Occurrence(
        place: UInt32(truncatingIfNeeded: place), right: right)
      ends[Int(left)] += 1
    }
    self.ends = ends
  }
}
