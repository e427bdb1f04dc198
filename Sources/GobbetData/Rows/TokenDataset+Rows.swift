package import GobbetBPE

extension TokenDataset {
  /// Puts rows of parts of documents, and their targets, into memory of the caller's.
  ///
  /// What documents leave empty holds `padding`. A target is the token that follows an input in its
  /// document; ``TokenBatch/ignoredTarget`` for the last token of a document, for padding, and where
  /// the token does not count in a loss.
  /// - Precondition: the parts lie in the dataset, whose ids are below 2³¹, and fit into their rows;
  ///   both spans have room for exactly the rows.
  /// - Throws: `FormatError` or `FileError` if the tokens cannot be read.
  package func copy(
    _ layout: RowLayout, padding: TokenID, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws {
    for row in 0..<layout.rowCount {
      let places = (row * layout.length)..<((row + 1) * layout.length)
      try inputs.withPart(places) { inputs in
        try targets.withPart(places) { targets in
          try copy(row, of: layout, padding: padding, inputs: &inputs, targets: &targets)
        }
      }
    }
  }

  /// Puts one row into memory of the caller's, while the row after it is on its way.
  ///
  /// - Precondition: as for all rows; both spans have the length of a row.
  /// - Throws: as for all rows.
  package func copy(
    _ row: Int, of layout: RowLayout, padding: TokenID, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws {
    if row + 1 < layout.rowCount {
      for part in layout.parts(ofRow: row + 1) { prefetch(part.tokens) }
    }
    var place = 0
    for part in layout.parts(ofRow: row) {
      let count = part.tokens.count
      try inputs.withPart(place..<(place + count)) { inputs in
        try targets.withPart(place..<(place + count)) { targets in
          try copy(part, inputs: &inputs, targets: &targets)
        }
      }
      place += count
    }
    inputs.withPart(place..<layout.length) { $0.update(repeating: padding) }
    targets.withPart(place..<layout.length) { $0.update(repeating: TokenBatch.ignoredTarget) }
  }

  private func copy(
    _ part: PackedRows.Part, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws {
    let (tokens, last) = (part.tokens, part.tokens.count - 1)
    try copyTokens(in: tokens, to: &inputs)
    targets.copyFirst(last, of: inputs.span, from: 1)
    if part.continues {
      try targets.withPart(last..<(last + 1)) {
        try copyTokens(in: tokens.upperBound..<(tokens.upperBound + 1), to: &$0)
      }
      try ignoreUncounted(in: (tokens.lowerBound + 1)..<(tokens.upperBound + 1), &targets)
    } else {
      targets[last] = TokenBatch.ignoredTarget
      try targets.withPart(0..<last) {
        try ignoreUncounted(in: (tokens.lowerBound + 1)..<tokens.upperBound, &$0)
      }
    }
  }
}
