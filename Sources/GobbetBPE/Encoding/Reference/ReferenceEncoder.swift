/// Encodes as the rules say and no faster: what every other encoder of this package must agree with.
///
/// It has its own scanner and its own merge loop, and keeps no tables but the vocabulary's own.
/// - Complexity: quadratic in the length of a pretoken.
public struct ReferenceEncoder: Sendable {
  let vocabulary: Vocabulary
  private let scanner: ReferenceScanner
  /// The index of each listed merge by its two tokens.
  private let mergeIndices: [[TokenID]: Int]
  /// The rank of each piece, where that is the rank of the merges that yield it.
  private let pieceRanks: [TokenID: Int]?

  /// Encodes with this vocabulary.
  public init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    scanner = ReferenceScanner(vocabulary.pattern)
    mergeIndices =
      vocabulary.mergeRule == .ranks
      ? [:]
      : Dictionary(
        uniqueKeysWithValues: vocabulary.merges.enumerated().map { ([$1.left, $1.right], $0) })
    pieceRanks = vocabulary.pipeline.symbols.pieceOrder.map { _ in vocabulary.pieceRanks }
  }

  /// The pretokens of a text, in order.
  public func pretokens(in bytes: [UInt8]) -> [Range<Int>] { scanner.pretokens(in: bytes) }

  /// The ids of a text; special tokens are ordinary text.
  public func encoded(_ bytes: [UInt8]) -> [TokenID] {
    var ids: [TokenID] = []
    let tables = PipelineTables(vocabulary) ?? .none
    _ = tables.forEachPart(of: bytes.span, .untracked, .none) { token, part, _ in
      if let token { return ids.append(token.id) }
      let part = part.indices.map { part[$0] }
      ids += pretokens(in: part).flatMap { encodedPretoken(Array(part[$0])) }
    }
    return ids
  }

  /// The ids of one pretoken.
  public func encodedPretoken(_ bytes: [UInt8]) -> [TokenID] {
    if vocabulary.mergeRule != .learnedPairs, let id = ordinaryID(of: bytes) { return [id] }
    if let order = vocabulary.pipeline.symbols.pieceOrder, order.mergesTexts {
      var coin = DropoutCoin(probability: 0, seed: 0)
      return piecesByText(scalars(of: bytes), order, &coin)
    }
    var parts = symbols(of: bytes)
    while let best = bestMerge(of: parts) {
      parts[best.index] = best.result
      parts.remove(at: best.index + 1)
    }
    return parts
  }

  /// The ids of one pretoken with BPE-dropout: the draws of `coin` decide which pairs are passed
  /// over, in the order of rank and from the left.
  func encodedPretoken(_ bytes: [UInt8], _ coin: inout DropoutCoin) -> [TokenID] {
    if let order = vocabulary.pipeline.symbols.pieceOrder, order.mergesTexts {
      return piecesByText(scalars(of: bytes), order, &coin)
    }
    var parts = symbols(of: bytes)
    while true {
      var candidates: [(rank: Int, index: Int, result: TokenID)] = []
      for index in parts.indices.dropLast() {
        guard let (rank, result) = merge(parts[index], parts[index + 1]) else { continue }
        candidates.append((rank, index, result))
      }
      candidates.sort { ($0.rank, $0.index) < ($1.rank, $1.index) }
      guard let chosen = candidates.first(where: { _ in !coin.isPassedOver() }) else {
        return parts
      }
      parts[chosen.index] = chosen.result
      parts.remove(at: chosen.index + 1)
    }
  }

  /// The ids of a text with BPE-dropout, as ``DropoutEncoder`` defines it.
  public func encoded(_ bytes: [UInt8], dropout probability: Double, seed: UInt64) -> [TokenID] {
    var coin = DropoutCoin(probability: probability, seed: seed)
    return pretokens(in: bytes).flatMap { encodedPretoken(Array(bytes[$0]), &coin) }
  }

  /// What a pretoken is made of.
  private func symbols(of bytes: [UInt8]) -> [TokenID] {
    let settings = vocabulary.pipeline.symbols
    if settings.unit == .piece { return pieces(of: bytes) }
    return tokens(of: settings.unit == .byte ? bytes.map { [$0] } : scalars(of: bytes))
  }

  /// The tokens of symbols, and what stands for those that have none.
  func tokens(of units: [[UInt8]]) -> [TokenID] {
    let settings = vocabulary.pipeline.symbols
    var ids: [TokenID] = []
    var waiting = false
    for (position, letters) in units.enumerated() {
      let unit = position == units.count - 1 ? letters + settings.endOfWordSuffix : letters
      let found = ordinaryID(of: unit)
      let fallback = unit.compactMap { ordinaryID(of: ByteTokens.text(of: $0)) }
      if let id = found, vocabulary.pipeline.symbols.pieceOrder?.unused.contains(id) != true {
        if waiting, let unknown = settings.unknown { ids.append(unknown) }
        waiting = false
        ids.append(id)
      } else if settings.fallsBackToBytes, fallback.count == unit.count {
        ids += fallback
      } else if let unknown = settings.unknown {
        if waiting, !settings.fusesUnknown { ids.append(unknown) }
        waiting = true
      }
    }
    if waiting, let unknown = settings.unknown { ids.append(unknown) }
    return ids
  }

  /// Scalars, and in place of those of a whole symbol that symbol.
  private func scalars(of bytes: [UInt8]) -> [[UInt8]] {
    let wholes = vocabulary.pipeline.symbols.wholeSymbols.map { Array(vocabulary.tokens[$0]) }
    var units: [[UInt8]] = []
    var end = 0
    for range in ReferenceText(bytes).offsets.adjacentRanges where range.lowerBound >= end {
      var unit = Array(bytes[range])
      for whole in wholes where bytes[range.lowerBound...].starts(with: whole) {
        if whole.count > unit.count { unit = whole }
      }
      units.append(unit)
      end = range.lowerBound + unit.count
    }
    return units
  }

  /// The longest tokens, one after the other; the unknown one alone where they do not lead to the end.
  private func pieces(of bytes: [UInt8]) -> [TokenID] {
    let settings = vocabulary.pipeline.symbols
    let unknown = [settings.unknown].compactMap { $0 }
    let borders = ReferenceText(bytes).offsets
    guard borders.count - 1 <= settings.maximumScalarCount else { return unknown }
    var ids: [TokenID] = []
    var start = 0
    while start < bytes.count {
      let prefix = start > 0 ? settings.continuingPrefix : []
      var found: (id: TokenID, end: Int)?
      for end in borders where end > start {
        if let id = ordinaryID(of: prefix + bytes[start..<end]) { found = (id, end) }
      }
      guard let found else { return unknown }
      ids.append(found.id)
      start = found.end
    }
    return ids
  }

  /// The first of the pairs with the lowest rank, and what it becomes.
  private func bestMerge(of parts: [TokenID]) -> (index: Int, result: TokenID)? {
    var best: (rank: Int, index: Int, result: TokenID)?
    for index in parts.indices.dropLast() {
      guard let (rank, result) = merge(parts[index], parts[index + 1]) else { continue }
      if best.map({ rank < $0.rank }) ?? true { best = (rank, index, result) }
    }
    return best.map { ($0.index, $0.result) }
  }

  private func merge(_ left: TokenID, _ right: TokenID) -> (rank: Int, result: TokenID)? {
    switch vocabulary.mergeRule {
    case .ranks:
      ordinaryID(of: vocabulary.tokens[left] + vocabulary.tokens[right]).map { (Int($0), $0) }
    case .learnedPairs, .learnedPairsWholeFirst:
      mergeIndices[[left, right]].map { index in
        let result = vocabulary.merges[index].result
        return (pieceRanks?[result] ?? index, result)
      }
    }
  }

  private func ordinaryID(of bytes: some Collection<UInt8>) -> TokenID? {
    vocabulary.id(of: bytes).flatMap { vocabulary.tokens.contains($0) ? $0 : nil }
  }
}

extension [Int] {
  /// The ranges between each two neighbours.
  fileprivate var adjacentRanges: [Range<Int>] { zip(self, dropFirst()).map { $0..<$1 } }
}
