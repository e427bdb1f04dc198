/// Which pieces of SentencePiece come first, whichever two parts of a text make them.
///
/// A pair of neighbours has the rank of the piece that it becomes. Without a `PieceOrder` the list of
/// merges ranks pairs, as in `tokenizers`.
/// - Source: `bpe::Model` of SentencePiece 0.2.3.
public struct PieceOrder: Hashable, Sendable {
  /// A piece of two or more scalars, in its place.
  public struct Piece: Hashable, Sendable {
    /// The token.
    public var id: TokenID
    /// Whether its rank is that of the piece before it.
    public var isTied: Bool

    /// A piece.
    public init(id: TokenID, isTied: Bool) {
      self.id = id
      self.isTied = isTied
    }
  }

  /// The pieces, the best first; empty where merges yield the pieces in their order and say everything.
  ///
  /// With it, texts merge: two neighbours do if together they are one of these pieces, also where they
  /// are characters that have no token themselves.
  public var pieces: [Piece]
  /// Pieces that are used on the way to others and are taken apart again where one is left; ids rise.
  public var unused: [TokenID]

  /// Pieces in the order in which merges yield them.
  public static let byResult = PieceOrder(pieces: [], unused: [])

  /// An order.
  public init(pieces: [Piece], unused: [TokenID]) {
    self.pieces = pieces
    self.unused = unused
  }

  /// Whether texts merge, rather than tokens by a list of merges.
  package var mergesTexts: Bool { !pieces.isEmpty || !unused.isEmpty }

  /// The rank of each of ``pieces``.
  package var ranks: [Int] {
    var rank = -1
    return pieces.map { piece in
      if !piece.isTied || rank < 0 { rank += 1 }
      return rank
    }
  }
}

extension Vocabulary {
  /// The rank of each piece that something merges into.
  package var pieceRanks: [TokenID: Int] {
    var ranks: [TokenID: Int] = [:]
    if let order = pipeline.symbols.pieceOrder, order.mergesTexts {
      for (piece, rank) in zip(order.pieces, order.ranks) { ranks[piece.id] = rank }
      return ranks
    }
    for merge in merges where ranks[merge.result] == nil { ranks[merge.result] = ranks.count }
    return ranks
  }
}
