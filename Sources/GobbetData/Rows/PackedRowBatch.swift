public import GobbetBPE

/// Rows of packed documents side by side, as a model takes them.
public struct PackedRowBatch: Hashable, Sendable {
  /// The target of a token that nothing is to be learned from: what losses of PyTorch ignore.
  public static let ignoredTarget: Int32 = -100

  /// How many rows there are.
  public let rowCount: Int
  /// Tokens of each row.
  public let length: Int
  /// The tokens a model reads, [rowCount, length], row-major.
  public let inputs: [TokenID]
  /// For each input the token that follows it in its document, in the same shape:
  /// ``ignoredTarget`` for the last token of a document, for padding, and where the token does not
  /// count in a loss.
  public let targets: [Int32]
  /// For each input how many tokens of its part come before it in the row, in the same shape.
  public let positions: [Int32]
  /// Where the parts begin among the inputs of all rows, and at the end the number of inputs.
  ///
  /// Attention inside documents takes them as cumulative lengths. The padding of a row is a part of its
  /// own.
  public let bounds: [Int32]
}

extension PackedRows {
  /// Some rows, in the order of `indices`; what documents leave empty holds `padding`.
  ///
  /// - Precondition: all indices are in `0..<count`, and the rows have at most 2³¹ − 1 tokens.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read.
  public func batch(
    _ indices: some Collection<Int>, padding: TokenID = 0
  ) throws -> PackedRowBatch {
    try dataset.batch(
      indices.lazy.map { parts(ofRow: $0) }, count: indices.count, length: length, padding: padding)
  }
}

extension TokenDataset {
  /// Some documents in rows of their own, with their targets, as fine-tuning takes them.
  ///
  /// Rows have `length` inputs, or as many as the longest document has targets. What longer documents
  /// have beyond that is left out; after shorter ones stands `padding`, which has no targets.
  ///
  /// - Precondition: all indices are in `0..<documentCount`, `length` is positive, ids are below 2³¹, and
  ///   the rows have at most 2³¹ − 1 tokens.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read.
  public func batch(
    ofDocuments indices: some Collection<Int>, length: Int? = nil, padding: TokenID
  ) throws -> PackedRowBatch {
    let length = length ?? max(1, (indices.map { document($0).count }.max() ?? 1) - 1)
    precondition(length > 0 && idBound <= 1 << 31, "batch(ofDocuments:): no such rows")
    return try batch(
      indices.lazy.map { index in
        let tokens = document(index).prefix(length)
        return tokens.isEmpty ? [] : [PackedRows.Part(document: index, tokens: tokens)]
      }, count: indices.count, length: length, padding: padding)
  }

  /// Rows of the parts of documents that `rows` has for each.
  fileprivate func batch(
    _ rows: some Sequence<[PackedRows.Part]>, count: Int, length: Int, padding: TokenID
  ) throws -> PackedRowBatch {
    let (total, overflow) = count.multipliedReportingOverflow(by: length)
    precondition(!overflow && total <= Int(Int32.max), "PackedRowBatch: too many tokens")
    var allInputs = [TokenID](repeating: padding, count: total)
    var inputs = allInputs.mutableSpan
    var targets = [Int32](repeating: PackedRowBatch.ignoredTarget, count: total)
    var positions = [Int32](repeating: 0, count: total)
    var bounds: [Int32] = [0]
    // The token after a part, for its last target.
    var following: [TokenID] = [0]
    for (row, parts) in rows.enumerated() {
      var place = row * length
      for part in parts {
        let range = place..<(place + part.tokens.count)
        try inputs.withPart(range) { try copyTokens(in: part.tokens, to: &$0) }
        for index in range.dropLast() { targets[index] = Int32(inputs[index + 1]) }
        let next = part.tokens.upperBound
        let end = document(part.document).upperBound
        if next < end {
          var span = following.mutableSpan
          try copyTokens(in: next..<(next + 1), to: &span)
          targets[range.upperBound - 1] = Int32(following[0])
        }
        if hasLossMask, part.tokens.lowerBound + 1 < end {
          let first = part.tokens.lowerBound + 1
          for part in try uncountedRanges(in: first..<min(next + 1, end)) {
            for token in part {
              targets[range.lowerBound + token - first] = PackedRowBatch.ignoredTarget
            }
          }
        }
        for (position, index) in range.enumerated() { positions[index] = Int32(position) }
        place = range.upperBound
        bounds.append(Int32(place))
      }
      let end = (row + 1) * length
      for index in place..<end { positions[index] = Int32(index - place) }
      if place < end { bounds.append(Int32(end)) }
    }
    return PackedRowBatch(
      rowCount: count, length: length, inputs: allInputs, targets: targets, positions: positions,
      bounds: bounds)
  }
}
