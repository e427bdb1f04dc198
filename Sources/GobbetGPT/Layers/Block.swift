/// Attention and feed-forward, each added to the residual stream, with norms before or after them.
struct Block: Sendable {
  /// Nil where attention takes the residual stream as it is.
  let attentionNorm: Norm?
  let attention: Attention
  /// Nil where what attention gives is added as it is.
  let attentionPostNorm: Norm?
  let feedForwardNorm: Norm?
  let feedForward: Kind
  let feedForwardPostNorm: Norm?
  /// Whether the feed-forward takes what the attention took, not what that added.
  let isParallel: Bool
  /// Whether the norms after attention and feed-forward are of the stream that these were added to.
  let normalizesSums: Bool
  let residualMultiplier: Float

  /// One feed-forward for all rows, or several of which each row takes some.
  enum Kind: Sendable {
    case one(FeedForward)
    case experts(Experts)
  }

  /// Shapes: `workspace.residual` [T, C], changed in place.
  ///
  /// With `kept`, only the segments' rows named there go on after their keys and values are in the
  /// cache: `residual` then holds those rows alone. The last block needs no more.
  func apply(
    _ workspace: inout Workspace, _ piece: Piece, layer: Int, kept: KeptRows?,
    _ turns: TurnTable?, weights: inout AttentionWeights?, _ kernels: Kernels
  ) {
    if let attentionNorm {
      attentionNorm.apply(workspace.residual, into: &workspace.normalized, kernels)
      attention.project(workspace.normalized, into: &workspace.projected, kernels)
    } else {
      attention.project(workspace.residual, into: &workspace.projected, kernels)
    }
    attention.prepare(&workspace.projected, at: piece.positions, turns, kernels)
    if let kept { workspace.residual.keep(kept.rows) }
    if isParallel { expand(&workspace, kernels) }
    kernels.rememberAndAttend(
      workspace.projected, piece.segments, kept?.segments ?? piece.segments, layer: layer,
      keyColumn: attention.keyColumn, attention.scores, into: &workspace.attended,
      weights: &weights)
    add(attention.combine, of: workspace.attended, attentionPostNorm, to: &workspace, kernels)
    if !isParallel { expand(&workspace, kernels) }
    switch feedForward {
    case .one(let one):
      add(one.down, of: workspace.expanded, feedForwardPostNorm, to: &workspace, kernels)
    case .experts:
      swap(&workspace.branch, &workspace.experts.mixed)
      addBranch(feedForwardPostNorm, to: &workspace, kernels)
    }
  }

  /// Puts the inside of the feed-forward, or what the experts give, into the workspace.
  private func expand(_ workspace: inout Workspace, _ kernels: Kernels) {
    if let feedForwardNorm {
      feedForwardNorm.apply(workspace.residual, into: &workspace.normalized, kernels)
      expand(
        workspace.normalized, &workspace.expanded, &workspace.gated, &workspace.experts, kernels)
    } else {
      expand(workspace.residual, &workspace.expanded, &workspace.gated, &workspace.experts, kernels)
    }
  }

  private func expand(
    _ input: FloatMatrix, _ expanded: inout FloatMatrix, _ gated: inout FloatMatrix,
    _ scratch: inout Experts.Scratch, _ kernels: Kernels
  ) {
    switch feedForward {
    case .one(let one): one.expand(input, into: &expanded, &gated, kernels)
    case .experts(let experts): experts.apply(input, &scratch, kernels)
    }
  }

  /// Adds what a layer makes of `input` to the residual stream, by way of a norm if there is one.
  private func add(
    _ linear: Linear, of input: FloatMatrix, _ norm: Norm?, to workspace: inout Workspace,
    _ kernels: Kernels
  ) {
    if norm == nil || normalizesSums, residualMultiplier == 1 {
      linear.apply(input, .add, into: &workspace.residual, kernels)
      if let norm {
        norm.apply(workspace.residual, into: &workspace.normalized, kernels)
        workspace.takeNormalized()
      }
      return
    }
    linear.apply(input, .store, into: &workspace.branch, kernels)
    addBranch(norm, to: &workspace, kernels)
  }

  /// Adds the branch to the residual stream, by way of a norm if there is one.
  private func addBranch(_ norm: Norm?, to workspace: inout Workspace, _ kernels: Kernels) {
    if normalizesSums {
      workspace.residual.add(workspace.branch, times: residualMultiplier)
      norm?.apply(workspace.residual, into: &workspace.normalized, kernels)
      if norm != nil { workspace.takeNormalized() }
    } else if let norm {
      norm.apply(workspace.branch, into: &workspace.normalized, kernels)
      workspace.residual.add(workspace.normalized, times: residualMultiplier)
    } else {
      workspace.residual.add(workspace.branch, times: residualMultiplier)
    }
  }
}
