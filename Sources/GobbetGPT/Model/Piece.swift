internal import GobbetBPE

/// Tokens, of one sequence or several, that go through the model together.
struct Piece {
  /// The tokens.
  private(set) var ids: [TokenID] = []
  /// The position of every token in its sequence.
  private(set) var positions: [Int] = []
  /// Whether the sequences are turned as long ones; see ``KeyValueCache/isLong``.
  private(set) var isLong = false
  /// The type of every token; 0 where the model has none.
  private(set) var types: [Int] = []
  /// The sequences among the rows.
  private(set) var segments: [Segment] = []
  /// The wanted rows.
  private(set) var wantedRows: [Int] = []
  /// For every wanted row, the number of its sequence in the batch.
  private(set) var wantedSequences: [Int] = []

  /// The wanted rows as the last block needs them.
  var wanted: KeptRows { KeptRows(wantedRows, of: segments) }

  /// Rows that a piece has at most.
  ///
  /// Enough for every weight to be used often, and few enough for the activations to stay small; a
  /// multiple of the rows that the kernels take at once.
  static let maximumRowCount = 516

  /// The tokens of a batch in pieces, each sequence's in order; with `areWhole` none is cut, as where
  /// every position sees all others.
  static func pieces(
    of batch: [ForwardPass.Continuation], _ positions: ForwardPass.Positions,
    areWhole: Bool = false
  ) -> [Piece] {
    var pieces: [Piece] = []
    var piece = Piece()
    for (sequence, continuation) in batch.enumerated() {
      var wanted = positions.resolved(continuation.ids.count)[...]
      var next = 0
      while next < continuation.ids.count {
        let rest = continuation.ids.count - next
        let fits = piece.ids.count + (areWhole ? rest : 1) <= maximumRowCount
        if !fits || piece.isLong != continuation.cache.isLong, !piece.ids.isEmpty {
          pieces.append(piece)
          piece = Piece()
        }
        let room = areWhole ? rest : maximumRowCount - piece.ids.count
        let end = min(next + room, continuation.ids.count)
        let chosen = wanted.prefix { $0 < end }
        wanted = wanted.dropFirst(chosen.count)
        piece.append(continuation, next..<end, wanted: chosen, sequence: sequence)
        next = end
      }
    }
    return piece.ids.isEmpty ? pieces : pieces + [piece]
  }

  /// All tokens in one piece, however many.
  static func whole(_ continuation: ForwardPass.Continuation) -> Piece {
    var piece = Piece()
    piece.append(continuation, 0..<continuation.ids.count, wanted: [], sequence: 0)
    return piece
  }

  private mutating func append(
    _ continuation: ForwardPass.Continuation, _ range: Range<Int>, wanted: ArraySlice<Int>,
    sequence: Int
  ) {
    let firstRow = ids.count
    let position = continuation.cache.count + range.lowerBound
    ids += continuation.ids[range]
    positions += position..<(position + range.count)
    isLong = continuation.cache.isLong
    types += continuation.tokenTypes?[range] ?? [Int](repeating: 0, count: range.count)[...]
    segments.append(
      Segment(
        cache: continuation.cache, rows: firstRow..<ids.count, position: position,
        sequenceEnd: position + range.count, queryRow: firstRow))
    wantedRows += wanted.map { firstRow + $0 - range.lowerBound }
    wantedSequences += repeatElement(sequence, count: wanted.count)
  }

  /// Makes the tokens part of their sequences.
  func commit() {
    for segment in segments { segment.cache.count = segment.endPosition }
  }
}
