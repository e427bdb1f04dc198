public import GobbetBPE
internal import GobbetData

/// Tokens through a model, on one thread or several.
///
/// Belongs to one thread at a time. Whatever is asked for, a position's numbers depend on nothing
/// but the tokens up to it: not on the cache, the batch, the length of a piece or the threads.
///
/// ```swift
/// let pass = try ForwardPass(try GPT(path: "model.gobbet"))
/// let logits = try pass.logits(of: [39, 78, 13], .all)
/// print(logits.rowCount, logits.width)
/// ```
public final class ForwardPass {
  /// The model.
  public let model: GPT
  private let kernels: Kernels
  private var workspace: Workspace
  /// The turns of every kind of rotation that the model has, for the positions so far.
  private var turns: [Architecture.Rotation: TurnTable]

  /// A pass through a model, in a pool of that many threads, the caller's among them.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  public convenience init(_ model: GPT, threadCount: Int = 1) throws(GPTError) {
    try self.init(model, threadCount: threadCount, variant: .fastest)
  }

  /// The same with the kernels of one set of instructions.
  package init(_ model: GPT, threadCount: Int, variant: KernelVariant) throws(GPTError) {
    self.model = model
    kernels = try Kernels(variant: variant, threadCount: threadCount)
    workspace = Workspace(model.architecture)
    turns = model.turns
  }

  /// Positions, of the tokens that go in now, whose logits are wanted.
  public enum Positions: Hashable, Sendable {
    /// Every one.
    case all
    /// The last.
    case last
    /// These, ascending, from 0.
    case chosen([Int])

    func resolved(_ count: Int) -> [Int] {
      switch self {
      case .all: return Array(0..<count)
      case .last: return [count - 1]
      case .chosen(let positions):
        precondition(
          zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
            && (positions.first ?? 0) >= 0 && (positions.last ?? 0) < count,
          "positions: not ascending, or outside the tokens")
        return positions
      }
    }
  }

  /// Tokens that continue a sequence.
  public struct Continuation {
    /// The tokens.
    public let ids: [TokenID]
    /// The sequence so far; longer by the tokens afterwards.
    public let cache: KeyValueCache

    /// The type of every token; nil if each is of type 0.
    public let tokenTypes: [Int]?

    /// Tokens that continue the sequence in `cache`.
    ///
    /// - Precondition: there are as many types as tokens.
    public init(_ ids: [TokenID], _ cache: KeyValueCache, tokenTypes: [Int]? = nil) {
      precondition(
        tokenTypes.map { $0.count == ids.count } ?? true, "Continuation: types of other tokens")
      self.ids = ids
      self.cache = cache
      self.tokenTypes = tokenTypes
    }
  }

  /// The logits of tokens, a row for each wanted position.
  ///
  /// Shapes: [wanted, V or the width of the head]. With a cache, the tokens continue its sequence.
  /// `progress` is told how many rows there are, after every 120 of them at the latest.
  /// - Throws: ``GPTError`` (`noTokens`, `unknownToken`, `contextExceeded`); nothing has changed
  ///   then.
  public func logits(
    of ids: [TokenID], _ positions: Positions = .last, cache: KeyValueCache? = nil,
    progress: (_ rowCount: Int) -> Void = { _ in }
  ) throws(GPTError) -> FloatMatrix {
    var logits = FloatMatrix(rowCount: 0, width: model.headWidth)
    try forEachPiece(of: [Continuation(ids, try self.cache(cache))], positions) { rows, _ in
      logits.append(rows)
      progress(logits.rowCount)
    }
    return logits
  }

  /// The logits of several sequences at once, a matrix for each.
  ///
  /// - Precondition: no two share a cache.
  /// - Throws: as ``logits(of:_:cache:progress:)``.
  public func logits(
    of batch: [Continuation], _ positions: Positions = .last
  ) throws(GPTError) -> [FloatMatrix] {
    var results = [FloatMatrix](
      repeating: FloatMatrix(rowCount: 0, width: model.headWidth), count: batch.count)
    try forEachPiece(of: batch, positions) { rows, sequences in
      var next = 0
      while next < sequences.count {
        let sequence = sequences[next]
        let end = sequences[next...].firstIndex { $0 != sequence } ?? sequences.count
        results[sequence].append(rows.rows(next..<end))
        next = end
      }
    }
    return results
  }

  /// Hands out logits piece by piece, so that no more than a piece of them is ever in memory.
  ///
  /// `body` takes logits [rows, V] and, for every row, the number of its sequence in the batch. The
  /// rows of a sequence come in order.
  package func forEachPiece(
    of batch: [Continuation], _ positions: Positions, _ body: (FloatMatrix, [Int]) -> Void
  ) throws(GPTError) {
    guard let head = model.head else { throw GPTError(.noHead) }
    try check(batch)
    var logits = FloatMatrix(rowCount: 0, width: model.headWidth)
    for piece in pieces(of: batch, positions) {
      applyBlocks(to: piece)
      // Logits are wide: the head takes a part of the rows at a time.
      let count = workspace.residual.rowCount
      for first in stride(from: 0, to: count, by: Self.headRowsAtOnce) {
        let part = first..<min(first + Self.headRowsAtOnce, count)
        let rows = workspace.residual.rows(part)
        normalizeFinally(rows)
        head.apply(workspace.normalized, .store, into: &logits, kernels)
        scale(&logits)
        body(logits, Array(piece.wantedSequences[part]))
      }
    }
  }

  /// A batch in pieces, of whole sequences where every position sees all others.
  private func pieces(of batch: [Continuation], _ positions: Positions) -> [Piece] {
    Piece.pieces(of: batch, positions, areWhole: !model.architecture.isCausal)
  }

  /// Puts rows after the final norm, if there is one, into the workspace.
  private func normalizeFinally(_ rows: FloatMatrix) {
    if let norm = model.finalNorm {
      norm.apply(rows, into: &workspace.normalized, kernels)
    } else {
      workspace.normalized = rows
    }
  }

  /// Multiplies and caps logits as the model does.
  private func scale(_ logits: inout FloatMatrix) {
    let architecture = model.architecture
    if let softcap = architecture.logitSoftcap {
      kernels.cap(&logits, scale: architecture.logitScale, at: softcap)
    } else if architecture.logitScale != 1 {
      logits.multiply(by: architecture.logitScale)
    }
  }

  /// Leaves in the residual stream what the blocks make of a piece's wanted rows.
  private func applyBlocks(to piece: Piece) {
    embed(piece)
    var noWeights: AttentionWeights?
    for layer in model.blocks.indices {
      let isLast = layer == model.blocks.count - 1
      apply(layer, to: piece, kept: isLast ? piece.wanted : nil, weights: &noWeights)
    }
    piece.commit()
  }

  /// What the head is given: the residual stream after the final norm, a row for each wanted
  /// position; of an encoder the states of the last layer.
  ///
  /// Shapes: [wanted, C]. With a cache, the tokens continue its sequence.
  /// - Throws: as ``logits(of:_:cache:progress:)``, and ``GPTError`` (`unknownTokenType`).
  public func embeddings(
    of ids: [TokenID], tokenTypes: [Int]? = nil, _ positions: Positions = .last,
    cache: KeyValueCache? = nil
  ) throws(GPTError) -> FloatMatrix {
    let batch = [Continuation(ids, try self.cache(cache), tokenTypes: tokenTypes)]
    var embeddings = FloatMatrix(rowCount: 0, width: model.architecture.hiddenSize)
    try forEachPieceOfStates(of: batch, positions) { rows, _ in embeddings.append(rows) }
    return embeddings
  }

  /// Hands out what the head is given piece by piece, as ``forEachPiece(of:_:_:)`` does logits.
  package func forEachPieceOfStates(
    of batch: [Continuation], _ positions: Positions, _ body: (FloatMatrix, [Int]) -> Void
  ) throws(GPTError) {
    try check(batch)
    for piece in pieces(of: batch, positions) {
      applyBlocks(to: piece)
      normalizeFinally(workspace.residual)
      body(workspace.normalized, piece.wantedSequences)
    }
  }

  /// A cache, or an empty one for none.
  func cache(_ cache: KeyValueCache?) throws(GPTError) -> KeyValueCache {
    if let cache { return cache }
    return try KeyValueCache(model)
  }

  private static let headRowsAtOnce = 120

  /// Puts the embeddings of a piece into the residual stream, and sees to the turns of its positions.
  private func embed(_ piece: Piece) {
    model.embedding.apply(
      piece.ids, at: piece.positions, types: piece.types, into: &workspace.residual)
    if let norm = model.embeddingNorm {
      norm.apply(workspace.residual, into: &workspace.normalized, kernels)
      workspace.takeNormalized()
    }
    let end = (piece.positions.max() ?? 0) + 1
    for rotation in Array(turns.keys) { turns[rotation]?.reserve(end) }
  }

  /// Runs what is in the residual stream through a block.
  private func apply(
    _ layer: Int, to piece: Piece, kept: KeptRows?, weights: inout AttentionWeights?
  ) {
    let rotation = model.architecture.rotation(ofLayer: layer, inLongTexts: piece.isLong)
    model.blocks[layer].apply(
      &workspace, piece, layer: layer, kept: kept, rotation.flatMap { turns[$0] },
      weights: &weights, kernels)
  }

  /// The residual stream of every position before the first block, after each block but the last,
  /// and after the final norm: one matrix more than there are blocks.
  ///
  /// Shapes: [T, C] each.
  /// - Throws: as ``logits(of:_:cache:progress:)``.
  public func hiddenStates(of ids: [TokenID]) throws(GPTError) -> [FloatMatrix] {
    var states: [FloatMatrix] = []
    _ = try observe(ids, attentionOf: nil) { states.append($0) }
    normalizeFinally(workspace.residual)
    states[states.count - 1] = workspace.normalized
    return states
  }

  /// What every head of a layer's attention looked at.
  ///
  /// - Precondition: there is such a layer, counted from 0.
  /// - Throws: as ``logits(of:_:cache:progress:)``.
  public func attentionWeights(of ids: [TokenID], layer: Int) throws(GPTError) -> AttentionWeights {
    precondition(model.blocks.indices.contains(layer), "attentionWeights: no such layer")
    return try observe(ids, attentionOf: layer) { _ in }
  }

  /// Runs tokens through all blocks and shows the residual stream before the first and after each.
  private func observe(
    _ ids: [TokenID], attentionOf observed: Int?, _ show: (FloatMatrix) -> Void
  ) throws(GPTError) -> AttentionWeights {
    let batch = [Continuation(ids, try KeyValueCache(model))]
    try check(batch)
    let piece = Piece.whole(batch[0])
    var weights = AttentionWeights(
      headCount: model.architecture.headCount, positionCount: ids.count)
    embed(piece)
    show(workspace.residual)
    for layer in model.blocks.indices {
      var seen = layer == observed ? weights : nil
      apply(layer, to: piece, kept: nil, weights: &seen)
      if let seen { weights = seen }
      show(workspace.residual)
    }
    return weights
  }

  /// The token that a setting of sampling draws from one row of logits.
  ///
  /// `earlier` are the tokens that its repetition penalty is for.
  /// - Precondition: the settings are valid.
  public func token(
    from logits: ArraySlice<Float>, _ sampling: Sampling, earlier: [TokenID] = [],
    random: inout RandomSource
  ) -> TokenID {
    sampling.token(from: logits, earlier: earlier, random: &random, kernels)
  }

  /// Replaces scores by their shares of the sum of all exponentials.
  package func softmax(_ scores: inout [Float]) { kernels.softmax(&scores, scale: 1) }

  /// Checks that the model can take what continues the sequences, and makes room for it.
  func check(_ batch: [Continuation]) throws(GPTError) {
    for continuation in batch {
      let cache = continuation.cache
      precondition(cache.fits(model), "the cache belongs to another model")
      try model.architecture.check(continuation.ids)
      try check(types: continuation.tokenTypes)
      // What an encoder's earlier tokens saw of later ones is not in the cache.
      precondition(
        model.architecture.isCausal || cache.count == 0, "an encoder takes a text as a whole")
      let tokenCount = cache.count + continuation.ids.count
      try model.architecture.check(tokenCount: tokenCount)
      try cache.prepare(tokenCount)
    }
  }

  private func check(types: [Int]?) throws(GPTError) {
    let bound = model.architecture.tokenTypeCount
    guard let types, let index = types.firstIndex(where: { $0 < 0 || $0 >= bound }) else { return }
    throw GPTError(.unknownTokenType(types[index], index: index, bound: bound))
  }
}
