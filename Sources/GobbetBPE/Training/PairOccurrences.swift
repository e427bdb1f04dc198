/// Where the symbols of a range stand in front of another, sorted by symbol, then by place.
///
/// Ranges rather than all symbols at once, because there may be more places than memory for them.
struct PairOccurrences {
  /// One place, and the right one of the symbols there.
  struct Occurrence {
    let place: UInt32
    let right: Symbol
  }

  /// How many occurrences are collected at once, unless one symbol has more.
  private static let capacity = 1 << 22

  /// The left symbols.
  let lefts: Range<Int>
  private var occurrences: [Occurrence]
  /// Where the occurrences of each left symbol end, and those of the next one begin.
  private var ends: [Int] = []

  /// Goes through `arena`, which must be compact, for as many symbols from `first` on as there is
  /// room for; `counts` says how often each symbol is a left one.
  init<Slot>(from first: Int, counts: [Int], in arena: SymbolArena<Slot>) {
    var count = 0
    var bound = first
    while bound < counts.count, bound == first || count + counts[bound] <= Self.capacity {
      ends.append(count)
      count += counts[bound]
      bound += 1
    }
    lefts = first..<bound
    occurrences = [Occurrence](repeating: Occurrence(place: 0, right: 0), count: count)
    for place in 0..<arena.count - 1 {
      let left = Int(arena[place])
      let right = arena[place + 1]
      guard lefts.contains(left), right != SymbolArena<Slot>.boundary else { continue }
      occurrences[ends[left - first]] = Occurrence(
        place: UInt32(truncatingIfNeeded: place), right: right)
      ends[left - first] += 1
    }
  }

  /// The occurrences of one of the left symbols.
  subscript(left: Int) -> ArraySlice<Occurrence> {
    let offset = left - lefts.lowerBound
    return occurrences[(offset == 0 ? 0 : ends[offset - 1])..<ends[offset]]
  }
}
