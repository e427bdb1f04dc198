/// The pieces that SentencePiece goes on with when no pair is left in the words: all pairs that stood
/// side by side at some time, though nothing is merged into them.
struct AbsentPieces {
  private var pairs: Set<Pair> = []
  private let tokens: TokenTable
  private let filter: MergeFilter

  /// Goes through the merges of each word again.
  init(
    _ words: SymbolWords, _ merges: [TokenMerge], _ tokens: TokenTable, _ filter: MergeFilter
  ) {
    self.tokens = tokens
    var filter = filter
    var results: [Pair: Symbol] = [:]
    for merge in merges {
      let pair = Pair(merge.left, merge.right)
      results[pair] = merge.result
      _ = filter.learns(pair, of: tokens)
    }
    self.filter = filter
    for index in 0..<words.count {
      var word = Array(words.symbols[words.range(of: index)])
      while true {
        var best: (result: Symbol, pair: Pair)?
        for (left, right) in zip(word, word.dropFirst()) {
          let pair = Pair(left, right)
          pairs.insert(pair)
          if let result = results[pair], best.map({ result < $0.result }) ?? true {
            best = (result, pair)
          }
        }
        guard let best else { break }
        word = merged(word, best.pair, into: best.result)
      }
    }
  }

  /// A word with all occurrences of a pair merged, from the left: for a moment, what one of them has
  /// become stands in front of the next.
  private mutating func merged(_ word: [Symbol], _ pair: Pair, into result: Symbol) -> [Symbol] {
    var merged: [Symbol] = []
    var place = 0
    while place < word.count {
      if place + 1 < word.count, Pair(word[place], word[place + 1]) == pair {
        merged.append(result)
        place += 2
        if place < word.count { pairs.insert(Pair(result, word[place])) }
      } else {
        merged.append(word[place])
        place += 1
      }
    }
    return merged
  }

  /// The first texts in their order, each once, without those that are tokens.
  func texts(limit: Int) -> [[UInt8]] {
    var texts: [[UInt8]] = []
    var known = Set((0..<TokenID(truncatingIfNeeded: tokens.count)).map { Array(tokens[$0]) })
    let order = pairs.filter { filter.allows($0, of: tokens) }
      .sorted { filter.precedes($0, $1, tokens) }
    for pair in order where texts.count < limit {
      let text = Array(tokens[pair.left] + tokens[pair.right])
      if known.insert(text).inserted { texts.append(text) }
    }
    return texts
  }
}
