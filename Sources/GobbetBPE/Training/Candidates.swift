/// The pairs that may merge next: their counts, the queue of them, and where each one is.
///
/// Only pairs that occur at least `floor` times are candidates. A pair arises whole, in the one
/// step that makes the later of its symbols, and its count only falls from then on; so a pair that
/// is left out stays below the floor, and the best candidate is the best of all pairs while there
/// is one. When there is none left, the floor is lowered and the candidates are collected anew
/// from the arena. That keeps the rare pairs, which are nearly all, out of table, queue and lists.
struct Candidates {
  /// By how much the floor falls at most when the candidates run out.
  private static let floorDivisor: UInt64 = 16
  /// What part of all the places the first candidates have at least.
  private static let firstShare: UInt64 = 512
  /// Slots of an arena that is so small that all candidates may be collected at once.
  private static let smallSlotCount = 1 << 22

  private let lowestFloor: UInt64
  private var floor: UInt64
  private var counts = PairCounts()
  private var queue = MergeQueue()
  /// The lists of places of all candidates, each list in rising order.
  private var places: [UInt32] = []
  /// How long `places` may grow before the candidates should be collected anew.
  private var placeLimit = 0

  /// No candidates yet; those collected first make up a good part of `totalWeight`, and none ever
  /// occurs less often than `lowestFloor`.
  ///
  /// In a small arena, which has `slotCount` slots, most of `mergeLimit` merges should be among the
  /// first candidates: the n-th merge is about as frequent as a twentieth of an n-th of all pairs.
  init(lowestFloor: UInt64, totalWeight: UInt64, slotCount: Int = .max, mergeLimit: Int = 0) {
    self.lowestFloor = lowestFloor
    let share = slotCount > Self.smallSlotCount ? 0 : 16 * UInt64(mergeLimit)
    floor = max(totalWeight / max(share, Self.firstShare), lowestFloor)
  }

  /// Whether the candidates should be collected anew, because the lists of merged and vanished pairs
  /// take up too much room.
  var needsCollection: Bool { places.count > placeLimit }

  /// Takes the next pair to merge out; nil if no candidate is left.
  mutating func popBest(
    _ tokens: TokenTable, _ filter: MergeFilter
  ) -> (pair: Pair, entry: PairCounts.Entry)? {
    while let top = queue.pop(tokens, filter) {
      guard let entry = counts[top.pair], entry.count >= floor else { continue }
      if entry.count == top.count { return (top.pair, entry) }
      queue.push(top.pair, count: entry.count, tokens, filter)
    }
    return nil
  }

  /// What is known of a pair; nil if it isn't a candidate.
  func entry(of pair: Pair) -> PairCounts.Entry? { counts[pair] }

  /// Lowers the floor, and returns whether that was possible; the candidates must then be
  /// collected.
  ///
  /// `share` is the part of all merges that there is already. The n-th merge being about n times
  /// rarer than the first, the floor need not fall by more than that, squared to be on the safe
  /// side; if it was too little after all, it falls again.
  mutating func lowerFloor(share: Double) -> Bool {
    guard floor > lowestFloor else { return false }
    let enough = UInt64(Double(floor - 1) * share * share)
    floor = max(floor / Self.floorDivisor, enough, lowestFloor)
    return true
  }

  /// Takes `weight` from the count of a pair, if it is a candidate.
  mutating func subtract(_ weight: UInt64, from pair: Pair) { counts.subtract(weight, from: pair) }

  /// Forgets the count of a pair that has been merged.
  mutating func retire(_ pair: Pair) { counts.clear(pair) }

  /// Makes candidates of the new pairs, one for each symbol of `tally`, that occur often enough and
  /// may become a token, and has the tally tell where their places must be written.
  ///
  /// Returns whether there are any.
  mutating func admit(
    _ tally: inout NeighbourTally, _ tokens: TokenTable, _ filter: MergeFilter,
    pair: (Symbol) -> Pair
  ) -> Bool {
    var isAnyAdmitted = false
    for symbol in tally.symbols where tally.weight(symbol) >= floor {
      let pair = pair(symbol)
      guard filter.allows(pair, of: tokens) else { continue }
      let weight = tally.weight(symbol)
      let placeCount = tally.placeCount(symbol)
      let first = UInt32(truncatingIfNeeded: places.count)
      places.append(contentsOf: repeatElement(0, count: Int(placeCount)))
      counts.insert(pair, count: weight, firstPlace: first, placeCount: placeCount)
      queue.push(pair, count: weight, tokens, filter)
      tally.setCursor(first, of: symbol)
      isAnyAdmitted = true
    }
    return isAnyAdmitted
  }

  /// An element of the lists of places.
  subscript(element: Int) -> Int {
    get { Int(places[element]) }
    set { places[element] = UInt32(truncatingIfNeeded: newValue) }
  }

  /// Finds all pairs in `arena` that reach the floor, and their places.
  ///
  /// The right neighbours of one left symbol at a time are counted in `tally`.
  mutating func collect<Slot>(
    from arena: inout SymbolArena<Slot>, _ tokens: TokenTable, filter: MergeFilter,
    tally: inout NeighbourTally
  ) {
    counts.removeAll()
    queue.removeAll()
    places.removeAll(keepingCapacity: true)
    var leftCounts = [Int](repeating: 0, count: tokens.count)
    arena.compact { leftCounts[Int($0)] += 1 }
    // All that there may be at once; growing step by step, the array would be there twice.
    let mostPlaces = leftCounts.reduce(0, +)
    places.reserveCapacity(2 * mostPlaces)
    var next = 0
    while next < leftCounts.count {
      let occurrences = PairOccurrences(from: next, counts: leftCounts, in: arena)
      for left in occurrences.lefts where leftCounts[left] > 0 {
        add(occurrences[left], of: Symbol(left), tokens, arena.classes, filter, &tally)
      }
      next = occurrences.lefts.upperBound
    }
    placeLimit = places.count + max(mostPlaces / 2, tokens.count)
  }

  /// Makes candidates of the frequent pairs of one left symbol.
  private mutating func add(
    _ occurrences: ArraySlice<PairOccurrences.Occurrence>, of left: Symbol, _ tokens: TokenTable,
    _ classes: CountClasses, _ filter: MergeFilter, _ tally: inout NeighbourTally
  ) {
    var classIndex = 0
    for occurrence in occurrences {
      classIndex = classes.classIndex(of: Int(occurrence.place), from: classIndex)
      tally.add(occurrence.right, weight: classes.counts[classIndex])
    }
    if admit(&tally, tokens, filter, pair: { Pair(left, $0) }) {
      for occurrence in occurrences {
        if let element = tally.nextElement(occurrence.right) { places[element] = occurrence.place }
      }
    }
    tally.removeAll()
  }
}
