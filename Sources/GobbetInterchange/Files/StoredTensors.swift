internal import GobbetData

/// Tensors that lie in a file as they are in memory, found by their names.
struct StoredTensors: Sendable {
  /// Every tensor and the offset of its data, in the order of the file.
  let entries: [(tensor: TensorDescription, offset: Int)]
  /// The same without the offsets.
  let tensors: [TensorDescription]
  let file: OpenFile
  private let indices: [[UInt8]: Int]

  /// Names must be unique: a second one of a name is never found.
  init(_ file: OpenFile, _ entries: [(tensor: TensorDescription, offset: Int)]) {
    self.file = file
    self.entries = entries
    tensors = entries.map(\.tensor)
    indices = Dictionary(
      entries.enumerated().map { (Array($1.tensor.name.utf8), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The position of a tensor in `entries`.
  ///
  /// - Throws: `TensorError` if there is none, or it is another.
  func index(of tensor: TensorDescription) throws(TensorError) -> Int {
    guard let index = indices[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard entries[index].tensor == tensor else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return index
  }

  /// Copies a part of one tensor's data.
  ///
  /// - Throws: `TensorError`, `FileError`; ``InterchangeError`` if the file was cut meanwhile.
  func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "read: not the bytes of the tensor")
    let offset = entries[try index(of: tensor)].offset + range.lowerBound
    // SAFETY: the caller promises a valid buffer.
    try unsafe file.read(at: offset, into: destination, tensor.name)
  }

  /// Calls `body` with one tensor's data where it is mapped.
  ///
  /// - Throws: as ``read(_:bytes:into:)``, and what `body` throws.
  func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let offset = entries[try index(of: tensor)].offset
    return try unsafe file.withBytesInPlace(
      in: offset..<(offset + tensor.byteCount), tensor.name, body)
  }
}

/// A source whose tensors all lie in one file as they are in memory.
protocol StoredTensorSource: TensorSource {
  /// They.
  var stored: StoredTensors { get }
}

extension StoredTensorSource {
  /// Copies one tensor's data out of the file.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file was cut meanwhile;
  ///   `TensorError` if it is no tensor of this file.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe stored.read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of one tensor's data; nothing else is read.
  ///
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe stored.read(tensor, bytes: range, into: destination)
  }

  /// True.
  public func readsParts(of tensor: TensorDescription) -> Bool { true }

  /// Calls `body` with one tensor's data where it is mapped.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try unsafe stored.withBytesInPlace(of: tensor, body)
  }
}
