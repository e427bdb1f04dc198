extension Vocabulary {
  /// A vocabulary of tokens by rank, as tiktoken's files hold it; the merges are derived.
  ///
  /// A token that its own bytes never merge into has no merge: only a pretoken that is the token,
  /// or two neighbours that happen to spell it, yield it.
  /// - Throws: ``VocabularyError``: two tokens with the same bytes, a missing byte, a special token
  ///   in the place of an ordinary one.
  public init(
    ranks tokens: TokenTable, pattern: SplitPattern, specialTokens: SpecialTokens,
    pipeline: TextPipeline = .plain
  ) throws(VocabularyError) {
    let index = try TokenIndex(tokens)
    var derivation = MergeDerivation(tokens, index)
    try self.init(
      checkedTokens: tokens, index, merges: derivation.merges(), .ranks, pattern, specialTokens,
      pipeline)
  }

  /// The merges that follow from this vocabulary's tokens by rank, whatever its own merges are.
  ///
  /// - Throws: ``VocabularyError`` if two tokens have the same bytes.
  /// - Source: `Spec/Vocabulary.md`, *Merges that follow*.
  package func mergesByRank() throws(VocabularyError) -> [TokenMerge] {
    var derivation = MergeDerivation(tokens, try TokenIndex(tokens))
    return derivation.merges()
  }
}

/// Finds the last merge of each token by merging its bytes as an encoder would that knows only the
/// tokens of lower rank.
private struct MergeDerivation {
  /// Up to this many bytes it is quickest to look at all pairs for the best.
  private static let longestShort = 48

  private let tokens: TokenTable
  private let index: TokenIndex
  private var longTokens: LongTokenSplits
  /// The ranks of the tokens of two bytes, the first of which is the upper one of the index; the
  /// largest number where there is none.
  private var pairRanks: [TokenID]
  /// Where the parts start, and where the last one ends.
  private var bounds: [Int] = []
  /// The rank of each part together with the next.
  private var ranks: [TokenID] = []

  init(_ tokens: TokenTable, _ index: TokenIndex) {
    self.tokens = tokens
    self.index = index
    longTokens = LongTokenSplits(tokens, index)
    pairRanks = [TokenID](repeating: .max, count: 1 << 16)
    for id in 0..<tokens.count {
      let id = TokenID(truncatingIfNeeded: id)
      let range = tokens.range(of: id)
      guard range.count == 2 else { continue }
      pairRanks[Self.pairIndex(tokens.arena, range.lowerBound)] = id
    }
  }

  mutating func merges() -> [TokenMerge] {
    var merges: [TokenMerge] = []
    merges.reserveCapacity(tokens.count)
    for id in 0..<tokens.count {
      let id = TokenID(truncatingIfNeeded: id)
      let range = tokens.range(of: id)
      guard range.count > 1, let parts = parts(range, below: id) else { continue }
      merges.append(TokenMerge(left: parts.left, right: parts.right, result: id))
    }
    return merges
  }

  /// The two tokens into which the bytes merge; nil if more than two are left.
  private mutating func parts(
    _ range: Range<Int>, below limit: TokenID
  ) -> (left: TokenID, right: TokenID)? {
    guard range.count <= Self.longestShort else { return longTokens.parts(of: range, below: limit) }
    guard let middle = split(range, below: limit), let left = rank(range.lowerBound, middle),
      let right = rank(middle, range.upperBound)
    else { return nil }
    return (left, right)
  }

  /// Where the two parts meet into which the bytes merge; nil if more than two are left.
  private mutating func split(_ range: Range<Int>, below limit: TokenID) -> Int? {
    bounds.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
    bounds.append(contentsOf: range.lowerBound...range.upperBound)
    for start in range.dropLast() { ranks.append(pairRanks[Self.pairIndex(tokens.arena, start)]) }
    while bounds.count > 3 {
      var best = 0
      for part in ranks.indices where ranks[part] < ranks[best] { best = part }
      guard ranks[best] < limit else { return nil }
      bounds.remove(at: best + 1)
      ranks.remove(at: best)
      if best < ranks.count { ranks[best] = rank(ofPair: best) }
      if best > 0 { ranks[best - 1] = rank(ofPair: best - 1) }
    }
    return bounds[1]
  }

  /// Where ``pairRanks`` has the rank of the two bytes from `start` on.
  private static func pairIndex(_ bytes: [UInt8], _ start: Int) -> Int {
    Int(bytes[start]) << 8 | Int(bytes[start + 1])
  }

  /// The rank of the part at `part` and the next; the largest number if they aren't a token.
  private func rank(ofPair part: Int) -> TokenID {
    rank(bounds[part], bounds[part + 2]) ?? .max
  }

  private func rank(_ start: Int, _ end: Int) -> TokenID? {
    index.id(of: tokens.arena.span, start..<end, in: tokens)
  }
}
