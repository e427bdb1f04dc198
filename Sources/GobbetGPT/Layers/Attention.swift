internal import GobbetData

/// Attention with several heads: every position looks at itself and those before it, or, in an
/// encoder, at all.
///
/// Heads with queries may be more than those with keys and values, which then serve several each
/// (Ainslie et al. 2023).
struct Attention: Sendable {
  /// To queries, keys and values side by side: one layer, or one for each.
  let projections: [Linear]
  /// From the heads, side by side, to the residual stream, [H D, C].
  let combine: Linear
  /// What the queries and the keys are normalised by, and where that happens.
  let queryKeyNorm: (query: Norm, key: Norm)?
  let queryKeyNormPlace: Architecture.QueryKeyNorm
  /// How scores become weights.
  let scores: Scores

  /// How the scores of a layer become weights.
  struct Scores: Sendable {
    let headCount: Int
    let keyValueHeadCount: Int
    let headDimension: Int
    let scale: Float
    let softcap: Float?
    let window: Int?
    /// Whether a row sees the positions up to its own only.
    let isCausal: Bool
    /// The score of every head that takes its share and gives nothing; nil where there is none.
    let sinks: [Float]?
  }

  /// The column of a projected row where its keys begin.
  var keyColumn: Int { scores.headCount * scores.headDimension }

  /// Projects rows to queries, keys and values.
  ///
  /// Shapes: `input` [T, C], `projected` [T, (H + 2 K) D].
  func project(_ input: FloatMatrix, into projected: inout FloatMatrix, _ kernels: Kernels) {
    var column = 0
    for projection in projections {
      projection.apply(input, .store, into: &projected, column: column, kernels)
      column += projection.outputCount
    }
  }

  /// Normalises queries and keys and turns them by their positions, as the layer does.
  func prepare(
    _ projected: inout FloatMatrix, at positions: [Int], _ turns: TurnTable?, _ kernels: Kernels
  ) {
    if queryKeyNormPlace != .perHeadAfterRotation { normalizeHeads(&projected, kernels) }
    if let turns {
      kernels.rotate(
        &projected, headCount: scores.headCount + scores.keyValueHeadCount,
        headDimension: scores.headDimension, at: positions, turns)
    }
    if queryKeyNormPlace == .perHeadAfterRotation { normalizeHeads(&projected, kernels) }
  }

  private func normalizeHeads(_ projected: inout FloatMatrix, _ kernels: Kernels) {
    guard let queryKeyNorm else { return }
    let isPerWidth = queryKeyNormPlace == .perWidth
    queryKeyNorm.query.applyToHeads(
      of: &projected, first: 0, count: isPerWidth ? 1 : scores.headCount, kernels)
    queryKeyNorm.key.applyToHeads(
      of: &projected, first: keyColumn, count: isPerWidth ? 1 : scores.keyValueHeadCount, kernels)
  }
}

/// Consecutive positions of one sequence among the rows of a pass.
struct Segment {
  /// The sequence's keys and values.
  let cache: KeyValueCache
  /// Where the segment stands in the rows.
  let rows: Range<Int>
  /// The position of the first row in its sequence.
  let position: Int
  /// The position after the last that the sequence has with this piece.
  let sequenceEnd: Int
  /// Where its queries stand among the projected rows, which may be more.
  let queryRow: Int

  /// The position after the last row.
  var endPosition: Int { position + rows.count }

  /// The part with these positions.
  func part(_ positions: Range<Int>) -> Segment {
    let offset = positions.lowerBound - position
    let firstRow = rows.lowerBound + offset
    return Segment(
      cache: cache, rows: firstRow..<(firstRow + positions.count), position: positions.lowerBound,
      sequenceEnd: sequenceEnd, queryRow: queryRow + offset)
  }
}

/// The weights that the heads of a layer gave the positions.
public struct AttentionWeights: Hashable, Sendable {
  /// H, the heads.
  public let headCount: Int
  /// T, the positions.
  public let positionCount: Int
  /// [H, T, T]: head, position that looks, position that is looked at.
  public private(set) var elements: [Float]

  init(headCount: Int, positionCount: Int) {
    self.headCount = headCount
    self.positionCount = positionCount
    elements = [Float](repeating: 0, count: headCount * positionCount * positionCount)
  }

  /// What one head saw: T rows of T weights, each adding up to 1.
  public subscript(head: Int) -> FloatMatrix {
    var matrix = FloatMatrix(rowCount: positionCount, width: positionCount)
    let count = positionCount * positionCount
    matrix.elements = Array(elements[(head * count)..<((head + 1) * count)])
    return matrix
  }

  /// Calls `body` with the memory of the weights and of the sinks, nil for those that there are not.
  static func withPointer(
    _ weights: inout AttentionWeights?, sinks: [Float]?,
    _ body: (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?) -> Void
  ) {
    unsafe (sinks ?? []).withUnsafeBufferPointer { buffer in
      let sinks = sinks == nil ? nil : buffer.baseAddress
      guard weights != nil else { return unsafe body(nil, sinks) }
      unsafe weights?.elements.withUnsafeMutableBufferPointer { buffer in
        unsafe body(buffer.baseAddress, sinks)
      }
    }
  }
}
