internal import GobbetData

/// Some rows of a tensor, in order, as a tensor of their own.
struct RowSelection: Sendable {
  /// What the rows are together.
  let description: TensorDescription
  /// What they are rows of.
  let tensor: TensorDescription
  /// Runs of rows.
  private let rows: [Range<Int>]
  private let rowByteCount: Int

  /// Rows of `tensor` under another name.
  ///
  /// - Throws: `TensorError` if they make no tensor.
  init(name: String, of tensor: TensorDescription, rows: [Range<Int>]) throws(TensorError) {
    var shape = tensor.shape
    shape[0] = rows.reduce(0) { $0 + $1.count }
    description = try TensorDescription(
      name: name, elementType: tensor.elementType, shape: shape)
    self.tensor = tensor
    self.rows = rows
    rowByteCount = tensor.shape[0] == 0 ? 0 : tensor.byteCount / tensor.shape[0]
  }

  /// One of the tensors that `tensor` has along its first axis, under another name.
  ///
  /// - Throws: `TensorError` if it makes no tensor.
  init(name: String, of tensor: TensorDescription, slice: Int) throws(TensorError) {
    description = try TensorDescription(
      name: name, elementType: tensor.elementType, shape: Array(tensor.shape.dropFirst()))
    self.tensor = tensor
    rows = [slice..<(slice + 1)]
    rowByteCount = tensor.byteCount / max(tensor.shape[0], 1)
  }

  /// Where the rows come from, if `source` has the tensor.
  func origin(in source: any TensorSource) -> TensorOrigin {
    if rows.count == 1 { return TensorOrigin(tensor, in: source, bytes: bytes(of: rows[0])) }
    return unsafe TensorOrigin(madeOf: [(tensor, source)], readsParts: true) { range, destination in
      var written = 0
      try forEachRun(in: range) { run in
        // SAFETY: the runs of a range have as many bytes together as the range, and so the buffer.
        try unsafe source.read(
          tensor, bytes: run,
          into: .init(rebasing: destination[written..<(written + run.count)]))
        written += run.count
      }
    }
  }

  private func bytes(of rows: Range<Int>) -> Range<Int> {
    (rows.lowerBound * rowByteCount)..<(rows.upperBound * rowByteCount)
  }

  /// Calls `body` with the runs of bytes of the whole tensor that make up a range of these rows' bytes.
  private func forEachRun(in range: Range<Int>, _ body: (Range<Int>) throws -> Void) rethrows {
    var start = 0
    for rows in rows {
      let run = bytes(of: rows)
      let part = range.clamped(to: start..<(start + run.count))
      if !part.isEmpty {
        let offset = run.lowerBound - start
        try body((part.lowerBound + offset)..<(part.upperBound + offset))
      }
      start += run.count
    }
  }
}
