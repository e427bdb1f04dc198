public import GobbetBPE
internal import GobbetData

/// How the states of a text's positions become one row.
public enum Pooling: String, Hashable, Sendable, CaseIterable {
  /// Their mean.
  case mean
  /// The first, as of BERT's `[CLS]`.
  case first
  /// The last, as decoders that are trained for it use it.
  case last
}

extension ForwardPass {
  /// One row for each text: the states of its positions pooled, and divided by their length unless
  /// `normalizes` is false.
  ///
  /// Shapes: [texts, C]. A row is the same whatever texts it is computed with. `progress` is told how
  /// many tokens are done, at the beginning of each batch of texts.
  /// - Throws: as ``embeddings(of:tokenTypes:_:cache:)``.
  public func pooledEmbeddings(
    of texts: [[TokenID]], _ pooling: Pooling = .mean, normalizes: Bool = true,
    progress: (_ tokenCount: Int) -> Void = { _ in }
  ) throws(GPTError) -> FloatMatrix {
    var rows = FloatMatrix(rowCount: texts.count, width: model.architecture.hiddenSize)
    var caches: [KeyValueCache] = []
    var first = 0
    var doneCount = 0
    while first < texts.count {
      progress(doneCount)
      // As many texts as go through the model together, and no more caches than that.
      var end = first + 1
      var tokenCount = texts[first].count
      while end < texts.count, tokenCount + texts[end].count <= Piece.maximumRowCount {
        tokenCount += texts[end].count
        end += 1
      }
      while caches.count < end - first { caches.append(try KeyValueCache(model)) }
      var batch: [Continuation] = []
      for (ids, cache) in zip(texts[first..<end], caches) {
        cache.rewind()
        batch.append(Continuation(ids, cache))
      }
      try pool(batch, pooling, into: &rows, from: first)
      first = end
      doneCount += tokenCount
    }
    if normalizes { rows.normalizeRows() }
    return rows
  }

  private func pool(
    _ batch: [Continuation], _ pooling: Pooling, into rows: inout FloatMatrix, from first: Int
  ) throws(GPTError) {
    let width = rows.width
    let positions: Positions =
      switch pooling {
      case .mean: .all
      case .first: .chosen([0])
      case .last: .last
      }
    try forEachPieceOfStates(of: batch, positions) { states, sequences in
      for (row, sequence) in sequences.enumerated() {
        let target = (first + sequence) * width
        for column in 0..<width {
          rows.elements[target + column] += states.elements[row * width + column]
        }
      }
    }
    guard pooling == .mean else { return }
    for (sequence, continuation) in batch.enumerated() {
      for index in ((first + sequence) * width)..<((first + sequence + 1) * width) {
        rows.elements[index] /= Float(continuation.ids.count)
      }
    }
  }
}

extension FloatMatrix {
  /// Divides every row by its length, the root of the sum of its squares; zeros stay.
  mutating func normalizeRows() {
    for row in 0..<rowCount {
      let range = (row * width)..<((row + 1) * width)
      let squares = elements[range].reduce(0.0) { $0 + Double($1) * Double($1) }
      let length = max(squares.squareRoot(), 1e-12)
      for index in range { elements[index] = Float(Double(elements[index]) / length) }
    }
  }
}
