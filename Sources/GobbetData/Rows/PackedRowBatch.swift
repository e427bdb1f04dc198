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
  /// ``ignoredTarget`` for the last token of a document and for padding.
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
    let total = indices.count * length
    precondition(total <= Int(Int32.max), "PackedRows: too many tokens in a batch")
    var allInputs = [TokenID](repeating: padding, count: total)
    var inputs = allInputs.mutableSpan
    var targets = [Int32](repeating: PackedRowBatch.ignoredTarget, count: total)
    var positions = [Int32](repeating: 0, count: total)
    var bounds: [Int32] = [0]
    // The next token of the part that is read last, for its last target.
    var following: [TokenID] = [0]
    for (row, index) in indices.enumerated() {
      var place = row * length
      for part in parts(ofRow: index) {
        let range = place..<(place + part.tokens.count)
        try inputs.withPart(range) { try dataset.copyTokens(in: part.tokens, to: &$0) }
        for index in range.dropLast() { targets[index] = Int32(inputs[index + 1]) }
        let next = part.tokens.upperBound
        if next < dataset.document(part.document).upperBound {
          var span = following.mutableSpan
          try dataset.copyTokens(in: next..<(next + 1), to: &span)
          targets[range.upperBound - 1] = Int32(following[0])
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
      rowCount: indices.count, length: length, inputs: allInputs, targets: targets,
      positions: positions, bounds: bounds)
  }
}
