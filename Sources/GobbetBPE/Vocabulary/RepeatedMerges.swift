/// Tells whether a list of merges joins the same two tokens twice.
///
/// Two such merges have the same result, so nothing is remembered until a result repeats.
struct RepeatedMerges {
  private var isMade: [Bool]
  private var pairs: Set<UInt64> = []

  /// For results most of which are below `idBound`.
  init(idBound: Int) { isMade = Array(repeating: false, count: idBound) }

  /// Notes a merge that follows `earlier`; false if it joins the same two as one of them.
  ///
  /// - Precondition: all of `earlier` were noted, in order, and nothing else.
  mutating func insert(_ merge: TokenMerge, after earlier: ArraySlice<TokenMerge>) -> Bool {
    while merge.result >= isMade.count {
      isMade.append(contentsOf: repeatElement(false, count: isMade.count + 256))
    }
    let isNew = !isMade[Int(merge.result)]
    isMade[Int(merge.result)] = true
    if pairs.isEmpty {
      if isNew { return true }
      pairs = Set(earlier.lazy.map(Self.key))
    }
    return pairs.insert(Self.key(merge)).inserted
  }

  private static func key(_ merge: TokenMerge) -> UInt64 {
    UInt64(merge.left) << 32 | UInt64(merge.right)
  }
}
