package import GobbetData

/// Weights whose embedding, and whose head with its bias, have rows for more tokens.
///
/// The rows that there are keep their bits; each new one is the mean of those, or zero.
package struct ResizedEmbeddings: TensorSource {
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

  private struct Resized {
    let original: TensorDescription
    /// A new row.
    let row: [UInt8]
  }

  private let base: any TensorSource
  private let resized: [[UInt8]: Resized]

  /// Gives `rowCount` rows to the tensors called `names`.
  ///
  /// - Precondition: `base` has these tensors, and none has more rows.
  /// - Throws: ``InterchangeError`` (`unsupported`) for one of a type without a mean, such as one in
  ///   blocks; `ElementOverflow` if the mean isn't finite; errors of the base.
  package init(
    _ base: some TensorSource, names: [String], rowCount: Int, newRows: NewRows, path: String?
  ) throws {
    var tensors = base.tensors
    var resized: [[UInt8]: Resized] = [:]
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
      resized[Array(name.utf8)] = Resized(original: original, row: row)
      tensors[index] = try TensorDescription(
        name: original.name, elementType: original.elementType,
        shape: [rowCount] + original.shape.dropFirst())
    }
    self.base = base
    self.tensors = tensors
    self.resized = resized
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

  private func resized(_ tensor: TensorDescription) -> Resized? {
    resized[Array(tensor.name.utf8)]
  }

  /// Copies one tensor's data.
  ///
  /// - Throws: an error of the base.
  package func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of one tensor's data.
  ///
  /// - Throws: as ``read(_:into:)``.
  package func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard let resized = resized(tensor) else {
      // SAFETY: the caller promises a valid buffer of the range's size.
      return try unsafe base.read(tensor, bytes: range, into: destination)
    }
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "ResizedEmbeddings: not the bytes of the tensor")
    let old = range.clamped(to: 0..<resized.original.byteCount)
    if !old.isEmpty {
      // SAFETY: old rows come first, and the range has at least these bytes.
      try unsafe base.read(
        resized.original, bytes: old, into: .init(rebasing: destination[..<old.count]))
    }
    let row = resized.row
    var place = max(range.lowerBound, resized.original.byteCount)
    while place < range.upperBound {
      // Rows follow each other without a gap, from the tensor's beginning on.
      let column = place % row.count
      let count = min(row.count - column, range.upperBound - place)
      let start = place - range.lowerBound
      // SAFETY: `place` and what is copied lie in the range, which has the bytes of the destination.
      unsafe UnsafeMutableRawBufferPointer(rebasing: destination[start..<(start + count)])
        .copyBytes(from: row[column..<(column + count)])
      place += count
    }
  }

  /// Whether the base reads parts of the rows that it has.
  package func readsParts(of tensor: TensorDescription) -> Bool {
    base.readsParts(of: resized(tensor)?.original ?? tensor)
  }

  /// Calls `body` with one tensor's data where the base has it, if it has all of it.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  package func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    guard resized(tensor) == nil else { return nil }
    return try unsafe base.withBytesInPlace(of: tensor, body)
  }

  /// Checks that memory for all of a tensor's data may be taken.
  ///
  /// - Throws: an error of the base if that is more than it allows.
  package func requireMemory(for tensor: TensorDescription) throws {
    try base.requireMemory(for: resized(tensor)?.original ?? tensor)
  }
}
