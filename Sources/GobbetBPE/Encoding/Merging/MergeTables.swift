/// What merging needs of a vocabulary, laid out for it; built once and shared by all encoders.
final class MergeTables: Sendable {
  /// The token of each byte.
  let byteTokens: [TokenID]
  /// The rank of each pair of bytes, the first byte in the upper half of the index.
  let bytePairs: [UInt32]
  /// The rank of each pair.
  let pairs: PairTable
  /// What the merge of each rank yields; empty if that is the rank itself.
  let results: [TokenID]
  /// The scalars that can be made tokens before anything else merges.
  let scalars: WholeScalars
  /// The tokens by their bytes, if a pretoken that is one is taken whole.
  private let wholeTokens: (table: TokenTable, index: TokenIndex)?
  /// Whether a pretoken that is a token might merge into something else.
  let wholeTokensMatter: Bool
  /// What pieces are made of, if that is not simply a token for every byte.
  let symbols: SymbolTable?

  init(_ vocabulary: Vocabulary) {
    let merges = vocabulary.merges
    var byteTokens = [TokenID](repeating: 0, count: 256)
    for byte in UInt8.min...UInt8.max {
      byteTokens[Int(byte)] = vocabulary.ordinaryID(of: [byte].span) ?? 0
    }
    var pairs: PairTable
    let followsMerges = vocabulary.mergeRule == .ranks && vocabulary.everyTokenHasMerge
    if vocabulary.mergeRule == .ranks && !followsMerges {
      pairs = Self.allSplits(of: vocabulary)
      results = []
    } else {
      // Where results only rise, they are in the order of the ranks and can stand for them.
      let ranksResults = vocabulary.pipeline.symbols.pieceOrder != nil
      let resultsAreRanks =
        vocabulary.mergeRule == .ranks
        || zip(merges, merges.dropFirst()).allSatisfy {
          $0.result < $1.result || ranksResults && $0.result == $1.result
        }
      var results: [TokenID] = []
      pairs = PairTable(capacity: merges.count)
      // The rank of each token that a merge yields, where that ranks the merge.
      var rankOfResult = [UInt32](
        repeating: .max, count: ranksResults && !resultsAreRanks ? vocabulary.tokens.count : 0)
      for (index, merge) in merges.enumerated() {
        // Where later pairs will go is asked for in time, so that the waits pass together.
        let later = index + 16
        if later < merges.count { pairs.prefetch(merges[later].left, merges[later].right) }
        var rank = UInt32(truncatingIfNeeded: results.count)
        if resultsAreRanks {
          rank = merge.result
        } else if ranksResults, rankOfResult[Int(merge.result)] != .max {
          rank = rankOfResult[Int(merge.result)]
        } else {
          if ranksResults { rankOfResult[Int(merge.result)] = rank }
          results.append(merge.result)
        }
        pairs.insert(merge.left, merge.right, rank: rank)
      }
      self.results = results
    }
    scalars = followsMerges ? WholeScalars(vocabulary.tokens) : WholeScalars()
    self.byteTokens = byteTokens
    self.pairs = pairs
    bytePairs = Self.bytePairs(byteTokens, pairs, vocabulary)
    wholeTokens =
      vocabulary.mergeRule == .learnedPairs ? nil : (vocabulary.tokens, vocabulary.index)
    symbols = vocabulary.pipeline.symbols.isComplete ? nil : SymbolTable(vocabulary)
    wholeTokensMatter = vocabulary.mergeRule != .learnedPairs && !followsMerges
  }

  /// What the merge of a rank yields.
  func result(_ rank: UInt32) -> TokenID { results.isEmpty ? rank : results[Int(rank)] }

  /// The token that a piece is, if such pieces are taken whole.
  func wholeToken(_ piece: UnsafePointer<UInt8>, _ count: Int) -> TokenID? {
    guard let wholeTokens else { return nil }
    // SAFETY: the span does not outlive the call, in which the caller keeps the piece.
    let bytes = unsafe Span(_unsafeStart: piece, count: count)
    return wholeTokens.index.id(of: bytes, 0..<count, in: wholeTokens.table)
  }

  /// The same for a piece of at most 15 bytes with this key and its hash.
  func wholeToken(_ key: ShortPretokenKey, _ hash: UInt64) -> TokenID? {
    guard let wholeTokens else { return nil }
    return wholeTokens.index.id(of: key, hash, in: wholeTokens.table)
  }

  private static func bytePairs(
    _ byteTokens: [TokenID], _ pairs: PairTable, _ vocabulary: Vocabulary
  ) -> [UInt32] {
    var bytePairs = [UInt32](repeating: PairTable.none, count: 1 << 16)
    let tokens = vocabulary.tokens
    // What two bytes merge into is a token of two bytes.
    for id in 0..<TokenID(truncatingIfNeeded: tokens.count) {
      let range = tokens.range(of: id)
      guard range.count == 2 else { continue }
      let (first, second) = (tokens.arena[range.lowerBound], tokens.arena[range.lowerBound + 1])
      bytePairs[Int(first) << 8 | Int(second)] =
        pairs.rank(byteTokens[Int(first)], byteTokens[Int(second)])
    }
    return bytePairs
  }

  /// Every way to cut a token into two others: what merges by concatenated bytes, if some tokens
  /// are not the result of a merge of their own.
  private static func allSplits(of vocabulary: Vocabulary) -> PairTable {
    let tokens = vocabulary.tokens
    let arena = tokens.arena.span
    let ids = 0..<TokenID(truncatingIfNeeded: tokens.count)
    // Only where both parts have the length of some token are they looked for.
    var isLength = [Bool](repeating: false, count: TokenTable.maximumTokenByteCount + 1)
    for id in ids { isLength[tokens.range(of: id).count] = true }
    var splits: [(TokenID, TokenID, TokenID)] = []
    for id in ids where tokens.contains(id) {
      let range = tokens.range(of: id)
      for middle in range.dropFirst()
      where isLength[middle - range.lowerBound] && isLength[range.upperBound - middle] {
        if let left = vocabulary.index.id(of: arena, range.lowerBound..<middle, in: tokens),
          let right = vocabulary.index.id(of: arena, middle..<range.upperBound, in: tokens)
        {
          splits.append((left, right, id))
        }
      }
    }
    var pairs = PairTable(capacity: splits.count)
    for (left, right, id) in splits { pairs.insert(left, right, rank: id) }
    return pairs
  }
}

extension Vocabulary {
  /// Whether each ordinary token of two or more bytes is the result of a merge.
  ///
  /// Then the merges say everything: where two neighbours spell a token, they are the parts of its
  /// merge, for the bytes of a token always merge in the same order.
  fileprivate var everyTokenHasMerge: Bool {
    var isMade = [Bool](repeating: false, count: tokens.count)
    for merge in merges { isMade[Int(merge.result)] = true }
    return (0..<TokenID(truncatingIfNeeded: tokens.count)).allSatisfy {
      isMade[Int($0)] || tokens.range(of: $0).count < 2
    }
  }
}
