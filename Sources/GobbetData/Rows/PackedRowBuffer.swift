package import GobbetBPE

/// Memory that rows of parts of documents pass through, one after the other, with their targets and
/// positions.
package struct PackedRowBuffer {
  private let dataset: TokenDataset
  private let length: Int
  private let padding: TokenID
  /// 0, 1, 2 … up to the length.
  private let steps: [Int32]
  /// The inputs of the row, and then one token more.
  package private(set) var tokens: [TokenID]
  /// The token after each input in its document, or ``PackedRowBatch/ignoredTarget``.
  package private(set) var targets: [Int32]
  /// How many tokens of its part come before each input.
  package private(set) var positions: [Int32]

  /// Memory for rows of a dataset; what documents leave empty holds `padding`.
  ///
  /// - Precondition: `length` is from 1 to 2³¹ − 1, and the ids of the dataset are below 2³¹.
  package init(_ dataset: TokenDataset, length: Int, padding: TokenID) {
    self.dataset = dataset
    self.length = length
    self.padding = padding
    steps = (0..<Int32(length)).map { $0 }
    tokens = [TokenID](repeating: padding, count: length + 1)
    targets = steps
    positions = steps
  }

  /// Reads a row of a layout of that length, whose tokens lie in the dataset, while the row after it is
  /// on its way.
  ///
  /// - Throws: `FormatError` or `FileError` if the tokens cannot be read.
  package mutating func read(_ row: Int, of layout: RowLayout) throws {
    if row + 1 < layout.rowCount {
      for part in layout.parts(ofRow: row + 1) { dataset.prefetch(part.tokens) }
    }
    try dataset.read(layout.parts(ofRow: row), padding, steps, &tokens, &targets, &positions)
  }
}

extension TokenDataset {
  /// Reads a row into arrays of the length of `steps`, the first of which has room for one token more.
  fileprivate func read(
    _ parts: ArraySlice<PackedRows.Part>, _ padding: TokenID, _ steps: [Int32],
    _ tokens: inout [TokenID], _ targets: inout [Int32], _ positions: inout [Int32]
  ) throws {
    let length = steps.count
    var tokens = tokens.mutableSpan
    var targets = targets.mutableSpan
    var positions = positions.mutableSpan
    var place = 0
    for part in parts {
      let end = place + part.tokens.count
      // The token after the part too, where the document goes on.
      let lastKnown = part.continues ? part.tokens.upperBound : part.tokens.upperBound - 1
      let targetEnd = place + lastKnown - part.tokens.lowerBound
      try tokens.withPart(place..<(targetEnd + 1)) {
        try copyTokens(in: part.tokens.lowerBound..<(lastKnown + 1), to: &$0)
      }
      targets.withPart(place..<targetEnd) {
        $0.copyFirst(targetEnd - place, of: tokens.span, from: place + 1)
      }
      if targetEnd < end { targets[targetEnd] = PackedRowBatch.ignoredTarget }
      let shift = part.tokens.lowerBound + 1 - place
      try forEachUncounted(in: (place + shift)..<(targetEnd + shift)) { uncounted in
        targets.withPart((uncounted.lowerBound - shift)..<(uncounted.upperBound - shift)) {
          $0.update(repeating: PackedRowBatch.ignoredTarget)
        }
      }
      positions.withPart(place..<end) { $0.copyFirst(end - place, of: steps.span, from: 0) }
      place = end
    }
    tokens.withPart(place..<length) { $0.update(repeating: padding) }
    targets.withPart(place..<length) { $0.update(repeating: PackedRowBatch.ignoredTarget) }
    positions.withPart(place..<length) { $0.copyFirst(length - place, of: steps.span, from: 0) }
  }
}
