/// The counts of the pretokens in a `SymbolArena`, which lie in the order of falling counts: one
/// entry for all that occur equally often.
struct CountClasses {
  /// Slots of the arena to an entry of `firstClasses`.
  private static let blockShift = 6

  /// The counts, falling.
  private(set) var counts: [UInt64] = []
  /// Where in the arena each class ends.
  private(set) var ends: [Int] = []
  /// The class of the first slot of every block of the arena.
  private var firstClasses: [UInt32] = []

  /// Adds the class after the last.
  mutating func append(count: UInt64, end: Int) {
    counts.append(count)
    ends.append(end)
  }

  /// Moves the end of a class; ``index()`` must follow when all are moved.
  mutating func setEnd(_ end: Int, of index: Int) { ends[index] = end }

  /// Prepares ``classIndex(of:from:)`` after the ends have been set.
  mutating func index() {
    let blockCount = ((ends.last ?? 0) >> Self.blockShift) + 1
    firstClasses.removeAll(keepingCapacity: true)
    firstClasses.reserveCapacity(blockCount)
    var index = 0
    for block in 0..<blockCount {
      while index < ends.count - 1, ends[index] <= block << Self.blockShift { index += 1 }
      firstClasses.append(UInt32(index))
    }
  }

  /// The class of the pretoken at `place`, searched from `hint` on, which must not lie after it.
  func classIndex(of place: Int, from hint: Int) -> Int {
    var index = max(hint, Int(firstClasses[place >> Self.blockShift]))
    while ends[index] <= place { index += 1 }
    return index
  }
}
