/// Learns merges: merges the most frequent pair wherever it is, corrects the counts beside these
/// places, and so on.
struct MergeLoop<Slot: FixedWidthInteger & UnsignedInteger & Sendable> {
  /// All tokens so far; their ids are the symbols.
  private(set) var tokens: TokenTable
  /// The merges that made them.
  private(set) var merges: [TokenMerge] = []
  /// How many tokens there are to be.
  private let size: Int
  /// How many of them were there at first.
  private let firstCount: Int
  private var arena: SymbolArena<Slot>
  private var candidates: Candidates
  private var filter: MergeFilter
  /// What stands to the left, and to the right, of the merges of one step.
  private var lefts: NeighbourTally
  private var rights: NeighbourTally

  /// Brings the pretokens in `arena` to where `start` is, to learn at most as many merges more as it
  /// says.
  init(_ arena: consuming SymbolArena<Slot>, totalWeight: UInt64, _ start: LearningRun.Start) {
    tokens = start.tokens
    self.arena = arena
    firstCount = tokens.count
    size = tokens.count + start.mergeLimit
    lefts = NeighbourTally(symbolBound: size)
    rights = NeighbourTally(symbolBound: size)
    // Every place of the merges that there are counts, however rare.
    candidates = Candidates(lowestFloor: 1, totalWeight: 0)
    filter = MergeFilter(only: start.merges)
    if !start.merges.isEmpty { collectCandidates() }
    for merge in start.merges { replay(merge) }
    candidates = Candidates(
      lowestFloor: max(start.minimumFrequency, 1), totalWeight: totalWeight,
      slotCount: self.arena.count, mergeLimit: start.mergeLimit)
    filter = start.filter
    collectCandidates()
  }

  /// Goes on where a loop with other slots has stopped.
  init<Other>(_ other: consuming MergeLoop<Other>) {
    tokens = other.tokens
    merges = other.merges
    size = other.size
    firstCount = other.firstCount
    other.arena.compact { _ in }
    arena = SymbolArena(other.arena)
    candidates = other.candidates
    filter = other.filter
    lefts = other.lefts
    rights = other.rights
    collectCandidates()
  }

  /// Learns one more merge and returns how often its pair occurred; nil if there is none.
  ///
  /// - Precondition: fewer merges than the limit have been learned.
  /// - Throws: ``VocabularyError`` (`tokensTooLong`).
  mutating func step() throws(VocabularyError) -> UInt64? {
    if candidates.needsCollection { collectCandidates() }
    while true {
      if let (pair, entry) = candidates.popBest(tokens, filter) {
        guard filter.learns(pair, of: tokens) else { continue }
        let symbol = Symbol(tokens.count)
        try tokens.append(concatenating: pair.left, pair.right)
        merges.append(TokenMerge(left: pair.left, right: pair.right, result: symbol))
        merge(pair, entry, into: symbol)
        return entry.count
      }
      let share = Double(tokens.count - firstCount) / Double(size - firstCount)
      guard candidates.lowerFloor(share: share) else { return nil }
      collectCandidates()
    }
  }

  /// Merges the pair of a merge that was learned before.
  private mutating func replay(_ merge: TokenMerge) {
    if candidates.needsCollection { collectCandidates() }
    merges.append(merge)
    let pair = Pair(merge.left, merge.right)
    if let entry = candidates.entry(of: pair) { self.merge(pair, entry, into: merge.result) }
  }

  private mutating func collectCandidates() {
    candidates.collect(from: &arena, tokens, filter: filter, tally: &rights)
  }

  private mutating func merge(_ pair: Pair, _ entry: PairCounts.Entry, into symbol: Symbol) {
    let first = Int(entry.firstPlace)
    let merged = rewrite(first..<first + Int(entry.placeCount), pair, into: symbol)
    tally(merged, symbol)
    correctCounts(pair, symbol)
    let hasLeft = candidates.admit(&lefts, tokens, filter) { Pair($0, symbol) }
    let hasRight = candidates.admit(&rights, tokens, filter) { Pair(symbol, $0) }
    if hasLeft || hasRight { recordPlaces(merged, symbol) }
    lefts.removeAll()
    rights.removeAll()
  }

  /// Merges at the listed places, in rising order so that a run of one symbol merges from its left
  /// end, and moves those that still held the pair to the front; returns where they are.
  private mutating func rewrite(
    _ list: Range<Int>, _ pair: Pair, into symbol: Symbol
  ) -> Range<Int> {
    var end = list.lowerBound
    for element in list {
      let place = candidates[element]
      if arena.merge(pair, into: symbol, at: place) {
        candidates[end] = place
        end += 1
      }
    }
    return list.lowerBound..<end
  }

  /// Counts the symbols beside the merged places.
  ///
  /// Where two of these touch, the first has the second as its right neighbour, and the second has
  /// no left one.
  private mutating func tally(_ merged: Range<Int>, _ symbol: Symbol) {
    var classIndex = 0
    for element in merged {
      let place = candidates[element]
      classIndex = arena.classes.classIndex(of: place, from: classIndex)
      let weight = arena.classes.counts[classIndex]
      let left = arena.symbol(before: place)
      if left != SymbolArena<Slot>.boundary, left != symbol { lefts.add(left, weight: weight) }
      let right = arena.symbol(after: place)
      if right != SymbolArena<Slot>.boundary { rights.add(right, weight: weight) }
    }
  }

  /// Takes the merged occurrences from the counts of the pairs that they broke.
  private mutating func correctCounts(_ pair: Pair, _ symbol: Symbol) {
    for left in lefts.symbols {
      candidates.subtract(lefts.weight(left), from: Pair(left, pair.left))
    }
    for right in rights.symbols {
      // Between two merges that touch there was the pair of their inner ends.
      let broken = right == symbol ? pair.left : right
      candidates.subtract(rights.weight(right), from: Pair(pair.right, broken))
    }
    candidates.retire(pair)
  }

  /// Writes the lists of places of the new candidates.
  private mutating func recordPlaces(_ merged: Range<Int>, _ symbol: Symbol) {
    for element in merged {
      let place = candidates[element]
      let previous = arena.previous(place)
      let left = arena[previous]
      if left != SymbolArena<Slot>.boundary, left != symbol, let element = lefts.nextElement(left) {
        candidates[element] = previous
      }
      let right = arena.symbol(after: place)
      if right != SymbolArena<Slot>.boundary, let element = rights.nextElement(right) {
        candidates[element] = place
      }
    }
  }
}
