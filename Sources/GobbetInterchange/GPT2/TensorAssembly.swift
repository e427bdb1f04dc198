internal import GobbetData

/// A tensor made of others: each transposed if asked for, then side by side along the last axis.
struct TensorAssembly: Sendable {
  /// What comes out.
  let result: TensorDescription
  /// What it is made of.
  let parts: [TensorDescription]
  private let isTransposed: Bool

  /// Nil if the parts do not fit together: other types, other lengths, or no matrices to transpose.
  ///
  /// The axis of length 1 in front of TensorFlow's matrices is dropped.
  /// - Throws: `TensorError` if the result is too large.
  init?(name: String, parts: [TensorDescription], isTransposed: Bool) throws(TensorError) {
    guard let first = parts.first, first.elementType.bitWidth >= 8 else { return nil }
    var shapes = parts.map { part in
      part.shape.count == 3 && part.shape[0] == 1 ? Array(part.shape.dropFirst()) : part.shape
    }
    if isTransposed {
      guard shapes.allSatisfy({ $0.count == 2 }) else { return nil }
      shapes = shapes.map { $0.reversed() }
    }
    guard let rows = shapes.first?.dropLast(), shapes.allSatisfy({ $0.dropLast() == rows }),
      parts.allSatisfy({ $0.elementType == first.elementType })
    else { return nil }
    var shape = shapes[0]
    if parts.count > 1 {
      guard !shape.isEmpty else { return nil }
      shape[shape.count - 1] = shapes.reduce(0) { $0 + ($1.last ?? 0) }
    }
    result = try TensorDescription(name: name, elementType: first.elementType, shape: shape)
    self.parts = parts
    self.isTransposed = isTransposed
  }

  /// Where the result comes from, if `source` has the parts.
  func origin(in source: any TensorSource) -> TensorOrigin {
    if parts.count == 1, !isTransposed { return TensorOrigin(parts[0], in: source) }
    return unsafe TensorOrigin(madeOf: parts.map { ($0, source) }) { range, destination in
      // SAFETY: a reader is given memory for its range.
      try unsafe read(from: source, bytes: range, into: destination)
    }
  }

  /// Reads a part of the result by way of all of it.
  private func read(
    from source: any TensorSource, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    if range.count == result.byteCount {
      return try unsafe assemble(from: source, into: destination)
    }
    // SAFETY: `assemble` fills the whole buffer or throws.
    let whole = try unsafe [UInt8](unsafeUninitializedCapacity: result.byteCount) { buffer, count in
      let target = UnsafeMutableRawBufferPointer(buffer)
      try unsafe assemble(from: source, into: .init(rebasing: target[..<result.byteCount]))
      count = result.byteCount
    }
    // SAFETY: the range lies in the result.
    unsafe whole.withUnsafeBytes { whole in
      unsafe destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[range]))
    }
  }

  /// Reads the parts and puts them in their places.
  private func assemble(
    from source: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let size = result.elementType.bitWidth / 8
    let columns = result.shape.last ?? 1
    let rows = columns == 0 ? 0 : result.elementCount / columns
    var column = 0
    for part in parts {
      let data = try source.bytes(of: part)
      let width = rows == 0 ? 0 : part.elementCount / rows
      let strides = isTransposed ? (row: 1, column: rows) : (row: width, column: 1)
      let place = Placement(
        rows: rows, columns: width, sourceStrides: strides, firstColumn: column,
        destinationColumns: columns)
      unsafe data.withUnsafeBytes { bytes in
        // SAFETY: the part has rows × width elements and the destination rows × columns, of the same
        // type; `firstColumn` + width is at most `columns`.
        switch size {
        case 1: unsafe place.copy(bytes, to: destination, as: UInt8.self)
        case 2: unsafe place.copy(bytes, to: destination, as: UInt16.self)
        case 4: unsafe place.copy(bytes, to: destination, as: UInt32.self)
        default: unsafe place.copy(bytes, to: destination, as: UInt64.self)
        }
      }
      column += width
    }
  }

  /// Where the elements of one part come from and go to.
  private struct Placement {
    let rows: Int
    let columns: Int
    let sourceStrides: (row: Int, column: Int)
    let firstColumn: Int
    let destinationColumns: Int

    /// Copies tile by tile, so that both sides stay in the cache.
    func copy<Element: BitwiseCopyable>(
      _ source: UnsafeRawBufferPointer, to destination: UnsafeMutableRawBufferPointer,
      as _: Element.Type
    ) {
      let tile = 32
      let size = MemoryLayout<Element>.size
      for rowStart in stride(from: 0, to: rows, by: tile) {
        for columnStart in stride(from: 0, to: columns, by: tile) {
          for row in rowStart..<min(rowStart + tile, rows) {
            for column in columnStart..<min(columnStart + tile, columns) {
              let from = row * sourceStrides.row + column * sourceStrides.column
              let to = row * destinationColumns + firstColumn + column
              // SAFETY: by the caller's proof both places are within their buffers.
              let element = unsafe source.loadUnaligned(
                fromByteOffset: from * size, as: Element.self)
              unsafe destination.storeBytes(of: element, toByteOffset: to * size, as: Element.self)
            }
          }
        }
      }
    }
  }
}
