package import GobbetData

/// Weights whose embedding, and whose head with its bias, have rows for more tokens.
///
/// The rows that there are keep their bits; each new one is the mean of those, or zero.
package struct ResizedEmbeddings: TensorDecorator {
  /// What new rows are.
  package enum NewRows: String, Hashable, Sendable, CaseIterable {
    /// The mean of the old rows, summed in double precision.
    case mean
    /// Zeros.
    case zero
  }

  /// The tensors in the order of the base.
  package let tensors: [TensorDescription]
  /// What the base has.
  package var metadata: [(String, String)] { base.metadata }
  /// The names of the tensors that are longer.
  package let resizedNames: [String]

  fileprivate struct Resized {
    let original: TensorDescription
    /// A new row.
    let row: [UInt8]
  }

  private let base: any TensorSource
  private let resized: TensorMap<Resized?>

  /// Gives `rowCount` rows to the tensors called `names`.
  ///
  /// - Precondition: `base` has these tensors, and none has more rows.
  /// - Throws: `InterchangeError` (`unsupported`) for one of a type without a mean, such as one in
  ///   blocks; `ElementOverflow` if the mean isn't finite; errors of the base.
  package init(
    _ base: some TensorSource, names: [String], rowCount: Int, newRows: NewRows, path: String?
  ) throws {
    var tensors = base.tensors
    var resized = [Resized?](repeating: nil, count: tensors.count)
    for name in names {
      guard let index = tensors.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        throw TensorError(.missing, tensor: name)
      }
      let original = tensors[index]
      let old = original.shape.first ?? 0
      precondition(old <= rowCount, "ResizedEmbeddings: rows would be lost")
      guard let conversion = FloatConversion(original.elementType),
        !original.elementType.isInBlocks, old > 0
      else {
        throw InterchangeError(
          .unsupported(
            "new rows for \(original.elementType.name); convert it with --type f32, f16 or bf16 first"
          ), path: path, field: name)
      }
      let row =
        newRows == .zero
        ? [UInt8](repeating: 0, count: original.byteCount / old)
        : try Self.mean(of: original, base, conversion)
      resized[index] = Resized(original: original, row: row)
      tensors[index] = try TensorDescription(
        name: original.name, elementType: original.elementType,
        shape: [rowCount] + original.shape.dropFirst())
    }
    self.base = base
    self.tensors = tensors
    self.resized = TensorMap(zip(tensors, resized))
    resizedNames = names
  }

  /// The mean of a tensor's rows as a row of its type.
  private static func mean(
    of tensor: TensorDescription, _ base: some TensorSource, _ conversion: FloatConversion
  ) throws -> [UInt8] {
    let rowCount = tensor.shape[0]
    let width = tensor.elementCount / rowCount
    var sums = [Double](repeating: 0, count: width)
    var column = 0
    try base.forEachPiece(of: tensor) { piece in
      // Pieces are whole elements, in the order of rows.
      for value in conversion.floats(piece) {
        sums[column] += Double(value)
        column = column + 1 == width ? 0 : column + 1
      }
    }
    let means = sums.map { Float($0 / Double(rowCount)) }
    return try conversion.bytes(means.span)
  }

  /// The tensor in the base, or its old rows and the new ones after them.
  ///
  /// - Throws: `TensorError` (`missing`, `otherDescription`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    guard let resized = try resized.value(of: tensor) else { return TensorOrigin(tensor, in: base) }
    let (original, base) = (resized.original, base)
    return unsafe TensorOrigin(madeOf: [(original, base)], readsParts: true) { range, destination in
      let old = range.clamped(to: 0..<original.byteCount)
      if !old.isEmpty {
        // SAFETY: old rows come first, and the range has at least these bytes.
        try unsafe base.read(
          original, bytes: old, into: .init(rebasing: destination[..<old.count]))
      }
      // SAFETY: the rest of the memory is as long as the rest of the range.
      unsafe resized.copyNewRows(
        from: max(range.lowerBound, original.byteCount),
        into: .init(rebasing: destination[old.count...]))
    }
  }
}

extension ResizedEmbeddings.Resized {
  /// Fills memory with new rows, from a byte of the tensor on.
  fileprivate func copyNewRows(
    from start: Int, into destination: UnsafeMutableRawBufferPointer
  ) {
    var place = 0
    while place < destination.count {
      // Rows follow each other without a gap, from the tensor's beginning on.
      let column = (start + place) % row.count
      let count = min(row.count - column, destination.count - place)
      // SAFETY: `place` and what is copied lie in the memory.
      unsafe UnsafeMutableRawBufferPointer(rebasing: destination[place..<(place + count)])
        .copyBytes(from: row[column..<(column + count)])
      place += count
    }
  }
}
