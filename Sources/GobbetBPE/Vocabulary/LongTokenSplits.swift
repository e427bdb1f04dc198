/// Finds the last merge of long tokens, whose bytes are many: in time that is no more than n log n
/// for n bytes, but for the first sight of a pair.
///
/// What two tokens make together is looked up by their bytes once and then remembered by their ids.
struct LongTokenSplits {
  /// No pair is remembered beyond that many.
  private static let maximumKnownCount = 1 << 20
  private static let none = TokenID.max

  private let tokens: TokenTable
  private let index: TokenIndex
  private var known: [UInt64: TokenID] = [:]
  /// The tokens that begin at each byte, as far as one does, and their ranks with the next.
  private var parts: [TokenID] = []
  private var ranks: [TokenID] = []
  private var next: [Int] = []
  private var previous: [Int] = []

  init(_ tokens: TokenTable, _ index: TokenIndex) {
    self.tokens = tokens
    self.index = index
  }

  /// The two tokens of rank below `limit` into which bytes merge; nil if more than two are left.
  ///
  /// - Precondition: `range` has two bytes or more.
  mutating func parts(
    of range: Range<Int>, below limit: TokenID
  ) -> (left: TokenID, right: TokenID)? {
    guard prepare(range) else { return nil }
    let count = range.count
    var queue = MinHeap()
    for place in 0..<(count - 1) {
      ranks[place] = rank(place, range)
      enqueue(place, &queue)
    }
    var partCount = count
    while partCount > 2 {
      guard let best = queue.popMin() else { return nil }
      let place = Int(truncatingIfNeeded: best & 0xFFFF_FFFF)
      let rank = TokenID(truncatingIfNeeded: best >> 32)
      guard rank < limit else { return nil }
      // A pair that has changed since is in the queue again with what it is now.
      guard ranks[place] == rank else { continue }
      let right = next[place]
      parts[place] = rank
      ranks[right] = Self.none
      next[place] = next[right]
      if next[place] < count { previous[next[place]] = place }
      partCount -= 1
      for changed in [place, previous[place]] where changed >= 0 {
        ranks[changed] = self.rank(changed, range)
        enqueue(changed, &queue)
      }
    }
    return (parts[0], parts[next[0]])
  }

  /// Makes each byte a part; false if one isn't a token.
  private mutating func prepare(_ range: Range<Int>) -> Bool {
    parts.removeAll(keepingCapacity: true)
    for place in range {
      guard let id = index.id(of: tokens.arena.span, place..<(place + 1), in: tokens) else {
        return false
      }
      parts.append(id)
    }
    ranks = Array(repeating: Self.none, count: range.count)
    next = Array(1...range.count)
    previous = Array(-1..<(range.count - 1))
    return true
  }

  private func enqueue(_ place: Int, _ queue: inout MinHeap) {
    if ranks[place] != Self.none { queue.insert(UInt64(ranks[place]) << 32 | UInt64(place)) }
  }

  /// The rank of the part at `place` and the next.
  private mutating func rank(_ place: Int, _ range: Range<Int>) -> TokenID {
    let right = next[place]
    guard right < range.count else { return Self.none }
    let pair = UInt64(parts[place]) << 32 | UInt64(parts[right])
    if let known = known[pair] { return known }
    let bytes = (range.lowerBound + place)..<(range.lowerBound + next[right])
    let id = index.id(of: tokens.arena.span, bytes, in: tokens) ?? Self.none
    if known.count >= Self.maximumKnownCount { known.removeAll(keepingCapacity: true) }
    known[pair] = id
    return id
  }
}
