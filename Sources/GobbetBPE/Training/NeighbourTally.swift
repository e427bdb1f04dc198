/// What stands beside the merges of one step, on one side: per neighbouring symbol the weight and
/// the number of the places, then where the list of the new pair's places is being written.
struct NeighbourTally {
  private struct Row {
    var weight: UInt64 = 0
    var placeCount: UInt32 = 0
    /// The next element of the list; nil while the pair isn't a candidate.
    var cursor: UInt32?
  }

  private var rows: [Row]
  /// The symbols with a row in use.
  private(set) var symbols: [Symbol] = []

  /// A tally for symbols below `bound`.
  init(symbolBound bound: Int) { rows = [Row](repeating: Row(), count: bound) }

  /// Counts one place beside `symbol`.
  mutating func add(_ symbol: Symbol, weight: UInt64) {
    let index = Int(symbol)
    if rows[index].placeCount == 0 { symbols.append(symbol) }
    rows[index].weight &+= weight
    rows[index].placeCount &+= 1
  }

  /// The weight of the places beside `symbol`.
  func weight(_ symbol: Symbol) -> UInt64 { rows[Int(symbol)].weight }

  /// The number of places beside `symbol`.
  func placeCount(_ symbol: Symbol) -> UInt32 { rows[Int(symbol)].placeCount }

  /// Has the places beside `symbol` written from element `cursor` on.
  mutating func setCursor(_ cursor: UInt32, of symbol: Symbol) {
    rows[Int(symbol)].cursor = cursor
  }

  /// The element for the next place beside `symbol`, or nil if none are written.
  mutating func nextElement(_ symbol: Symbol) -> Int? {
    guard let cursor = rows[Int(symbol)].cursor else { return nil }
    rows[Int(symbol)].cursor = cursor &+ 1
    return Int(cursor)
  }

  /// Clears the rows in use.
  mutating func removeAll() {
    for symbol in symbols { rows[Int(symbol)] = Row() }
    symbols.removeAll(keepingCapacity: true)
  }
}
