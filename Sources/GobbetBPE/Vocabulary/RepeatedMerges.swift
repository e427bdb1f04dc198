/// Tells whether a list of merges joins the same two tokens twice.
///
/// Two such merges have the same result, so nothing is remembered until a result repeats.
struct RepeatedMerges {
  private var isMade: [Bool]
  private let mergeCount: Int
  private var pairs: PairTable?

  /// For at most `mergeCount` merges, whose results are mostly below `idBound`.
  init(idBound: Int, mergeCount: Int) {
    isMade = Array(repeating: false, count: idBound)
    self.mergeCount = mergeCount
  }

  /// Notes a merge that follows `earlier`; false if it joins the same two as one of them.
  ///
  /// - Precondition: all of `earlier` were noted, in order, and nothing else.
  mutating func insert(_ merge: TokenMerge, after earlier: ArraySlice<TokenMerge>) -> Bool {
    precondition(earlier.count < mergeCount, "RepeatedMerges: more merges than were announced")
    while merge.result >= isMade.count {
      isMade.append(contentsOf: repeatElement(false, count: isMade.count + 256))
    }
    let isNew = !isMade[Int(merge.result)]
    isMade[Int(merge.result)] = true
    if pairs == nil {
      if isNew { return true }
      var table = PairTable(capacity: mergeCount)
      for other in earlier { table.insert(other.left, other.right, rank: 0) }
      pairs = table
    }
    guard pairs?.rank(merge.left, merge.right) == PairTable.none else { return false }
    pairs?.insert(merge.left, merge.right, rank: 0)
    return true
  }
}
