package import GobbetBPE

/// Cuts the tokens of a dataset into blocks, and ranks the ids by the first of them.
///
/// Codecs that rank ids hold back the first tokens until there are enough to count
/// (``TokenDatasetOptions/sampleTokenCount``); the ranks then stay. Tokens are copied once, to where
/// they stay until their block is encoded.
package struct TokenBlockCutter: Sendable {
  /// What comes out, in this order: the ranks once, nil where the codec has none, then blocks.
  package enum Piece: Sendable {
    case ranks(RankTable?)
    case block([TokenID])
  }

  private let options: TokenDatasetOptions
  private let idBound: Int
  /// Full blocks, of which those before `givenCount` were given out and are empty.
  private var full: [[TokenID]] = []
  private var givenCount = 0
  /// The tokens after those of the full blocks.
  private var open: [TokenID] = []
  private var isRanked = false

  /// A cutter for a dataset of ids below `idBound`.
  package init(_ options: TokenDatasetOptions, idBound: Int) {
    self.options = options
    self.idBound = idBound
  }

  /// Tokens that are in no block that was given out.
  private var heldCount: Int { (full.count - givenCount) * options.blockTokenCount + open.count }

  /// Adds tokens after those of the others.
  package mutating func append(_ ids: Span<TokenID>) {
    var start = 0
    while start < ids.count {
      if open.isEmpty { open.reserveCapacity(options.blockTokenCount) }
      let end = min(ids.count, start + options.blockTokenCount - open.count)
      unsafe ids.extracting(start..<end).withUnsafeBufferPointer {
        unsafe open.append(contentsOf: $0)
      }
      start = end
      if open.count == options.blockTokenCount {
        full.append(open)
        open = []
      }
    }
  }

  /// The next piece; nil if more tokens are needed for one.
  ///
  /// With `all` the tokens end here, and the last block may be short.
  package mutating func next(all: Bool = false) -> Piece? {
    guard isRanked else {
      guard all || !options.codec.usesRanks || heldCount >= options.sampleTokenCount else {
        return nil
      }
      isRanked = true
      return .ranks(options.codec.usesRanks ? ranks() : nil)
    }
    if givenCount < full.count {
      defer { givenCount += 1 }
      return .block(taken(&full[givenCount]))
    }
    full.removeAll(keepingCapacity: true)
    givenCount = 0
    return all && !open.isEmpty ? .block(taken(&open)) : nil
  }

  private func taken(_ block: inout [TokenID]) -> [TokenID] {
    var taken: [TokenID] = []
    swap(&block, &taken)
    return taken
  }

  private func ranks() -> RankTable {
    var counts = [UInt32](repeating: 0, count: idBound)
    var left = options.sampleTokenCount
    for block in full + [open] {
      for id in block.prefix(left) { counts[Int(id)] += 1 }
      left -= min(left, block.count)
    }
    return RankTable(counts: counts)
  }
}
