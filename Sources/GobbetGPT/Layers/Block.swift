/// Attention and feed-forward, each behind a norm and added to the residual stream.
struct Block: Sendable {
  let attentionNorm: LayerNorm
  let attention: Attention
  let feedForwardNorm: LayerNorm
  let feedForward: FeedForward

  /// Shapes: `workspace.residual` [T, C], changed in place.
  ///
  /// With `kept`, only the segments' rows named there go on after their keys and values are in the
  /// cache: `residual` then holds those rows alone. The last block needs no more.
  func apply(
    _ workspace: inout Workspace, _ segments: [Segment], layer: Int, kept: KeptRows?,
    weights: inout AttentionWeights?, _ kernels: Kernels
  ) {
    attentionNorm.apply(workspace.residual, into: &workspace.normalized, kernels)
    attention.remember(
      workspace.normalized, segments, layer: layer, into: &workspace.projected, kernels)
    if let kept {
      workspace.residual.keep(kept.rows)
      workspace.projected.keep(kept.rows)
    }
    attention.attend(
      workspace.projected, kept?.segments ?? segments, layer: layer, &workspace.attended,
      weights: &weights, addingTo: &workspace.residual, kernels)
    feedForwardNorm.apply(workspace.residual, into: &workspace.normalized, kernels)
    feedForward.apply(
      workspace.normalized, &workspace.expanded, addingTo: &workspace.residual, kernels)
  }
}

/// The rows that go on after the last block, and the segments that they are then.
struct KeptRows {
  /// Ascending numbers of rows before.
  let rows: [Int]
  /// Runs of consecutive positions among them.
  let segments: [Segment]

  /// Finds the runs of the chosen rows.
  init(_ rows: [Int], of segments: [Segment]) {
    self.rows = rows
    var runs: [Segment] = []
    var next = 0
    for segment in segments {
      while next < rows.count, rows[next] < segment.rows.upperBound {
        let first = next
        repeat {
          next += 1
        } while next < rows.count && rows[next] == rows[next - 1] + 1
          && rows[next] < segment.rows.upperBound
        let position = segment.position + rows[first] - segment.rows.lowerBound
        runs.append(Segment(cache: segment.cache, rows: first..<next, position: position))
      }
    }
    self.segments = runs
  }
}

/// What the blocks compute in, reused from pass to pass.
struct Workspace {
  /// The stream that every block adds to, [T, C].
  var residual: FloatMatrix
  /// What a layer takes in, [T, C].
  var normalized: FloatMatrix
  /// Queries, keys and values, [T, 3C].
  var projected: FloatMatrix
  /// What the heads saw, [T, C].
  var attended: FloatMatrix
  /// The inside of the feed-forward, [T, 4C].
  var expanded: FloatMatrix

  /// No rows yet.
  init(width: Int) {
    residual = FloatMatrix(rowCount: 0, width: width)
    normalized = residual
    projected = FloatMatrix(rowCount: 0, width: 3 * width)
    attended = residual
    expanded = FloatMatrix(rowCount: 0, width: 4 * width)
  }
}
