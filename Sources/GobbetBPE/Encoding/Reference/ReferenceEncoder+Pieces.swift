extension ReferenceEncoder {
  /// The ids of a text whose pieces merge as texts: SentencePiece's way, step by step.
  func piecesByText(_ units: [[UInt8]], _ order: PieceOrder, _ coin: inout DropoutCoin) -> [TokenID]
  {
    let settings = vocabulary.pipeline.symbols
    let wholes = settings.wholeSymbols.map { Array(vocabulary.tokens[$0]) }
    var ranks: [[UInt8]: Int] = [:]
    for (piece, rank) in zip(order.pieces, order.ranks) {
      ranks[Array(vocabulary.tokens[piece.id])] = rank
    }
    let unused = Set(order.unused.map { Array(vocabulary.tokens[$0]) })
    var parts = units
    var sources: [[UInt8]: ([UInt8], [UInt8])] = [:]

    func rank(_ index: Int) -> Int? {
      guard index >= 0, index + 1 < parts.count, !wholes.contains(parts[index]),
        !wholes.contains(parts[index + 1])
      else { return nil }
      return ranks[parts[index] + parts[index + 1]]
    }
    func note(_ index: Int) {
      guard rank(index) != nil, unused.contains(parts[index] + parts[index + 1]) else { return }
      sources[parts[index] + parts[index + 1]] = (parts[index], parts[index + 1])
    }

    for index in parts.indices { note(index) }
    while true {
      let candidates = parts.indices.compactMap { index in rank(index).map { ($0, index) } }
      guard let best = candidates.sorted(by: <).first(where: { _ in !coin.isPassedOver() }) else {
        break
      }
      parts[best.1] += parts.remove(at: best.1 + 1)
      note(best.1 - 1)
      note(best.1)
    }
    var letters: [[UInt8]] = []
    func takeApart(_ part: [UInt8]) {
      guard let (left, right) = sources[part] else { return letters.append(part) }
      takeApart(left)
      takeApart(right)
    }
    for part in parts { takeApart(part) }
    return tokens(of: letters)
  }
}
