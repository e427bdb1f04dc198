internal import GobbetData

/// What the blocks compute in, reused from pass to pass.
struct Workspace {
  /// The stream that every block adds to, [T, C].
  var residual: FloatMatrix
  /// What a layer takes in, or what comes out of a norm after it, [T, C].
  var normalized: FloatMatrix
  /// What a layer adds to the stream where that does not happen in its product, [T, C].
  var branch: FloatMatrix
  /// Queries, keys and values, [T, (H + 2 K) D] for K heads with keys and values.
  var projected: FloatMatrix
  /// What the heads saw, [T, H D].
  var attended: FloatMatrix
  /// The inside of the feed-forward, [T, F].
  var expanded: FloatMatrix
  /// What the inside is multiplied by, [T, F].
  var gated: FloatMatrix
  /// What experts compute in.
  var experts: Experts.Scratch

  /// No rows yet.
  init(_ architecture: Architecture) {
    func rows(_ width: Int) -> FloatMatrix { FloatMatrix(rowCount: 0, width: width) }
    let heads = architecture.headCount + 2 * architecture.keyValueHeadCount
    residual = rows(architecture.hiddenSize)
    normalized = residual
    branch = residual
    projected = rows(heads * architecture.headDimension)
    attended = rows(architecture.headCount * architecture.headDimension)
    expanded = rows(architecture.feedForwardSize)
    gated = expanded
    experts = .init(architecture)
  }

  /// Puts the normalised rows in the place of the residual stream.
  mutating func takeNormalized() { swap(&residual, &normalized) }
}
