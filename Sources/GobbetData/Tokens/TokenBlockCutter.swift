package import GobbetBPE

/// Cuts the tokens of a dataset into blocks, and ranks the ids by the first of them.
///
/// Codecs that rank ids hold back the first tokens until there are enough to count
/// (``TokenDatasetOptions/sampleTokenCount``); the ranks then stay.
package struct TokenBlockCutter: Sendable {
  /// What comes out, in this order: the ranks once, nil where the codec has none, then blocks.
  package enum Piece: Sendable {
    case ranks(RankTable?)
    case block([TokenID])
  }

  private let options: TokenDatasetOptions
  private let idBound: Int
  private var pending: [TokenID] = []
  /// Tokens of `pending` that are in blocks by now.
  private var cutCount = 0
  private var isRanked = false

  /// A cutter for a dataset of ids below `idBound`.
  package init(_ options: TokenDatasetOptions, idBound: Int) {
    self.options = options
    self.idBound = idBound
  }

  /// Adds tokens behind those of the others.
  package mutating func append(_ ids: Span<TokenID>) {
    if cutCount > 0 {
      pending.removeFirst(cutCount)
      cutCount = 0
    }
    unsafe ids.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
  }

  /// The next piece; nil if more tokens are needed for one.
  ///
  /// With `all` the tokens end here, and the last block may be short.
  package mutating func next(all: Bool = false) -> Piece? {
    let count = pending.count - cutCount
    guard isRanked else {
      guard all || !options.codec.usesRanks || count >= options.sampleTokenCount else { return nil }
      isRanked = true
      return .ranks(options.codec.usesRanks ? ranks() : nil)
    }
    guard count >= options.blockTokenCount || (all && count > 0) else { return nil }
    let end = cutCount + min(options.blockTokenCount, count)
    defer { cutCount = end }
    return .block(Array(pending[cutCount..<end]))
  }

  private func ranks() -> RankTable {
    var counts = [UInt32](repeating: 0, count: idBound)
    for id in pending.prefix(options.sampleTokenCount) { counts[Int(id)] += 1 }
    return RankTable(counts: counts)
  }
}
