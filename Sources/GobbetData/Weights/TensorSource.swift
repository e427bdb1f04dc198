/// Something tensors can be read from: a packed file, a foreign file, memory.
public protocol TensorSource: Sendable {
  /// Every tensor, in the source's order; names are unique.
  var tensors: [TensorDescription] { get }
  /// Keys and values that came with the tensors, in the source's order.
  var metadata: [(String, String)] { get }
  /// Copies one tensor's data, row-major and little-endian, into `destination`.
  ///
  /// - Precondition: `destination` has exactly the tensor's `byteCount` bytes.
  /// - Throws: an error of the source if the data cannot be read.
  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws
  /// Copies a part of one tensor's data.
  ///
  /// - Precondition: `range` lies in the tensor's bytes, and `destination` has as many.
  /// - Throws: as ``read(_:into:)``.
  func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws
  /// Whether a part of the tensor is read without the rest of it.
  func readsParts(of tensor: TensorDescription) -> Bool
  /// Calls `body` with one tensor's data where it lies, row-major and little-endian; returns nil
  /// without a call if the source does not have it so.
  ///
  /// The bytes stay there as long as the source lives, and need not be aligned to the elements. A file
  /// that is cut short meanwhile raises SIGBUS: who cannot trust the file reads a copy.
  /// - Throws: an error of the source if the data cannot be had, and what `body` throws.
  func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result?
  /// Checks that memory for all of a tensor's data may be taken.
  ///
  /// - Throws: an error of the source if that is more than it allows.
  func requireMemory(for tensor: TensorDescription) throws
}

extension TensorSource {
  /// Allows it: in a source that is not compressed the data is there.
  public func requireMemory(for tensor: TensorDescription) throws {}

  /// Copies a part of one tensor's data, by way of all of it.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    tensor.requirePart(range, fitting: destination.count)
    // SAFETY: the caller promises a valid buffer, here of the tensor's size.
    if range.count == tensor.byteCount { return try unsafe read(tensor, into: destination) }
    let whole = try bytes(of: tensor)
    // SAFETY: the precondition keeps the range in the data, and `destination` is as long.
    unsafe whole.withUnsafeBytes { whole in
      unsafe destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[range]))
    }
  }

  /// False: nothing else is known of a source.
  public func readsParts(of tensor: TensorDescription) -> Bool { false }

  /// Nil: nothing else is known of a source.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? { nil }

  /// Calls `body` with one tensor's data: where it lies if the source has it so, else a copy.
  ///
  /// The pointer must not leave `body`, and need not be aligned to the elements.
  /// - Throws: as ``withBytesInPlace(of:_:)``.
  public func withBytes<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    // A result that is an optional itself must not be taken for none.
    let lent: Lent<Result>? = try unsafe withBytesInPlace(of: tensor) { bytes in
      Lent(result: try unsafe body(bytes))
    }
    if let lent { return lent.result }
    return try unsafe bytes(of: tensor).withUnsafeBytes(body)
  }

  /// The tensor of that name, or nil.
  ///
  /// - Complexity: O(number of tensors).
  public func tensor(named name: String) -> TensorDescription? {
    tensors.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The value of the first metadata pair with that key, or nil.
  public func metadata(forKey key: String) -> String? {
    metadata.first { $0.0.utf8.elementsEqual(key.utf8) }?.1
  }

  /// A tensor's data, row-major and little-endian.
  public func bytes(of tensor: TensorDescription) throws -> [UInt8] {
    try requireMemory(for: tensor)
    // SAFETY: `read` fills the whole buffer or throws, and a throw discards it.
    return try unsafe [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      try unsafe read(tensor, into: .init(rebasing: raw[..<tensor.byteCount]))
      count = tensor.byteCount
    }
  }

  /// A part of a tensor's data.
  ///
  /// - Precondition: `range` lies in the tensor's bytes.
  /// - Throws: an error of the source.
  public func bytes(of tensor: TensorDescription, in range: Range<Int>) throws -> [UInt8] {
    // SAFETY: `read` fills the whole buffer or throws, and a throw discards it.
    try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      try unsafe read(tensor, bytes: range, into: .init(rebasing: raw[..<range.count]))
      count = range.count
    }
  }

  /// Calls `body` with one tensor's data piece by piece, in order; in one piece if the source does not
  /// read parts.
  ///
  /// - Throws: an error of the source, and what `body` throws.
  public func forEachPiece(
    of tensor: TensorDescription, _ body: (Span<UInt8>) throws -> Void
  ) throws {
    guard readsParts(of: tensor) else {
      let whole = try bytes(of: tensor)
      return try body(whole.span)
    }
    // Whole blocks of Gobbet's files, and of types that are stored in blocks.
    let byteCount = 8 * TensorTable.blockByteCount(of: tensor.elementType)
    var piece = [UInt8](repeating: 0, count: min(byteCount, tensor.byteCount))
    for start in stride(from: 0, to: tensor.byteCount, by: byteCount) {
      let count = min(byteCount, tensor.byteCount - start)
      // SAFETY: the array is as long as the longest piece.
      try unsafe piece.withUnsafeMutableBytes { piece in
        try unsafe read(
          tensor, bytes: start..<(start + count), into: .init(rebasing: piece[..<count]))
      }
      try body(piece.span.extracting(0..<count))
    }
  }

  /// The elements of a tensor of a floating-point type, row-major.
  ///
  /// 8-bit and 16-bit types and `float32` convert exactly, and blocks as GGUF's reference does;
  /// `float64` is rounded to nearest, ties to even.
  /// - Throws: ``TensorError`` (`notConvertible`) for other types, else an error of the source.
  public func floats(of tensor: TensorDescription) throws -> [Float] {
    try requireMemory(for: tensor)
    guard FloatConversion.isNative else {
      guard let conversion = FloatConversion(reading: tensor.elementType) else {
        throw TensorError(.notConvertible(tensor.elementType), tensor: tensor.name)
      }
      let bytes = try bytes(of: tensor)
      return conversion.floats(bytes.span)
    }
    // SAFETY: `read` fills the whole buffer or throws; every bit pattern is a `Float`.
    return try unsafe [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      try unsafe read(
        tensor, as: .float32, into: .init(rebasing: raw[..<(4 * tensor.elementCount)]))
      count = tensor.elementCount
    }
  }

  /// The elements of the tensor of that name, as ``floats(of:)`` gives them.
  ///
  /// - Throws: ``TensorError`` (`missing`) if there is none, else as ``floats(of:)``.
  public func floats(named name: String) throws -> [Float] {
    guard let tensor = tensor(named: name) else { throw TensorError(.missing, tensor: name) }
    return try floats(of: tensor)
  }
}

/// What came of bytes that a source had in place.
private struct Lent<Result> {
  let result: Result
}
