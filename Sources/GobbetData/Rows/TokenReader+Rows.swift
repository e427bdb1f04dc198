package import GobbetBPE

extension TokenReader {
  /// Puts one row of parts of documents, and its targets, into memory of the caller's, while the row
  /// after it is on its way.
  ///
  /// What documents leave empty holds `padding`. A target is the token that follows an input in its
  /// document; ``TokenBatch/ignoredTarget`` for the last token of a document, for padding, and where
  /// the token does not count in a loss.
  /// - Precondition: the parts lie in the dataset, whose ids are below 2³¹, and fit into their rows;
  ///   both spans have the length of a row.
  /// - Throws: `FormatError` or `FileError` if the tokens cannot be read.
  package func copy(
    _ row: Int, of layout: RowLayout, padding: TokenID, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws {
    if row + 1 < layout.rowCount {
      for part in layout.partIndices(ofRow: row + 1) { prefetch(layout.parts[part].tokens) }
    }
    var place = 0
    for part in layout.partIndices(ofRow: row) {
      let count = layout.parts[part].tokens.count
      var partInputs = inputs.part(place..<(place + count))
      var partTargets = targets.part(place..<(place + count))
      try copy(layout.parts[part], inputs: &partInputs, targets: &partTargets)
      place += count
    }
    guard place < layout.length else { return }
    var leftInputs = inputs.part(place..<layout.length)
    leftInputs.update(repeating: padding)
    var leftTargets = targets.part(place..<layout.length)
    leftTargets.update(repeating: TokenBatch.ignoredTarget)
  }

  private func copy(
    _ part: PackedRows.Part, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws {
    let (tokens, last) = (part.tokens, part.tokens.count - 1)
    try copyTokens(in: tokens, to: &inputs)
    targets.copyFirst(last, of: inputs.span, from: 1)
    if part.continues {
      var next = targets.part(last..<(last + 1))
      try copyTokens(in: tokens.upperBound..<(tokens.upperBound + 1), to: &next)
      try ignoreUncounted(in: (tokens.lowerBound + 1)..<(tokens.upperBound + 1), &targets)
    } else {
      targets[last] = TokenBatch.ignoredTarget
      var known = targets.part(0..<last)
      try ignoreUncounted(in: (tokens.lowerBound + 1)..<tokens.upperBound, &known)
    }
  }
}
