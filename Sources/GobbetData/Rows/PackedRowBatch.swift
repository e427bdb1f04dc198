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
  /// Where the parts begin among the inputs of all rows, and at the end the number of inputs.
  ///
  /// Attention inside documents takes them as cumulative lengths. The padding of a row is a part of its
  /// own.
  public let bounds: [Int32]

  /// For each input how many tokens of its part come before it in the row, in the same shape.
  ///
  /// - Complexity: O(inputs): positions are made of the bounds when they are asked for.
  public var positions: [Int32] { Self.positions(bounds: bounds) }

  /// For each place in rows how many places of its part come before it.
  ///
  /// - Precondition: the bounds are those of rows: they rise from 0 to the number of places.
  public static func positions(bounds: [Int32]) -> [Int32] {
    precondition(
      bounds.first == 0 && zip(bounds, bounds.dropFirst()).allSatisfy { $0 <= $1 },
      "positions(bounds:): no bounds of rows")
    let total = Int(bounds[bounds.count - 1])
    // SAFETY: the bounds rise from 0 to `total`, so that every place is filled once.
    return unsafe [Int32](unsafeUninitializedCapacity: total) { positions, count in
      for (start, end) in zip(bounds, bounds.dropFirst()) {
        for place in Int(start)..<Int(end) {
          unsafe positions[place] = Int32(truncatingIfNeeded: place &- Int(start))
        }
      }
      count = total
    }
  }
}

extension PackedRows {
  /// Some rows, in the order of `indices`; what documents leave empty holds `padding`.
  ///
  /// - Precondition: all indices are in `0..<count`, and the rows have at most 2³¹ − 1 tokens.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read.
  public func batch(
    _ indices: some Collection<Int>, padding: TokenID = 0
  ) throws -> PackedRowBatch {
    try dataset.batch(layout(ofRows: Array(indices)), padding: padding)
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
    let length = try length ?? max(1, (indices.map { try document($0).count }.max() ?? 1) - 1)
    precondition(length > 0 && idBound <= 1 << 31, "batch(ofDocuments:): no such rows")
    var layout = RowLayout(length: length, rowCount: indices.count)
    for index in indices {
      let document = try document(index)
      let tokens = document.prefix(length)
      if !tokens.isEmpty {
        layout.append(
          PackedRows.Part(document: index, tokens: tokens, continues: tokens != document))
      }
      layout.endRow()
    }
    return try batch(layout, padding: padding)
  }

  /// Puts rows of these parts of documents into memory of the caller's.
  ///
  /// - Precondition: both spans have room for the rows.
  func copy(
    _ layout: RowLayout, padding: TokenID, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws {
    try withReader { reader in
      for row in 0..<layout.rowCount {
        let places = (row * layout.length)..<((row + 1) * layout.length)
        var rowInputs = inputs.part(places)
        var rowTargets = targets.part(places)
        try reader.copy(
          row, of: layout, padding: padding, inputs: &rowInputs, targets: &rowTargets)
      }
    }
  }

  /// Rows of these parts of documents.
  fileprivate func batch(_ layout: RowLayout, padding: TokenID) throws -> PackedRowBatch {
    let length = layout.length
    let (total, overflow) = layout.rowCount.multipliedReportingOverflow(by: length)
    precondition(!overflow && total <= Int(Int32.max), "PackedRowBatch: too many tokens")
    var inputs: [TokenID] = []
    // SAFETY: every row of both buffers is filled or an error is thrown, and then nothing is kept. A
    // target has the size of a token, and any bits are one.
    let targets = try unsafe [Int32](unsafeUninitializedCapacity: total) { targets, targetCount in
      inputs = try unsafe [TokenID](unsafeUninitializedCapacity: total) { inputs, inputCount in
        try unsafe targets.withMemoryRebound(to: TokenID.self) { targets in
          var inputRows = unsafe MutableSpan(
            _unsafeElements: UnsafeMutableBufferPointer(rebasing: inputs[..<total]))
          var targetRows = unsafe MutableSpan(
            _unsafeElements: UnsafeMutableBufferPointer(rebasing: targets[..<total]))
          try copy(layout, padding: padding, inputs: &inputRows, targets: &targetRows)
        }
        inputCount = total
      }
      targetCount = total
    }
    return PackedRowBatch(
      rowCount: layout.rowCount, length: length, inputs: inputs, targets: targets,
      bounds: layout.bounds)
  }
}
