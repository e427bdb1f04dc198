internal import GobbetData

/// Tensors that lie in a file as they are in memory, found by their names.
struct StoredTensors: Sendable {
  /// The tensors, in the order of the file.
  let tensors: [TensorDescription]
  let file: OpenedFile
  private let offsets: TensorMap<Int>

  /// Names must be unique: a second one of a name is never found.
  init(_ file: OpenedFile, _ entries: [(tensor: TensorDescription, offset: Int)]) {
    self.file = file
    tensors = entries.map(\.tensor)
    offsets = TensorMap(entries.lazy.map { ($0.tensor, $0.offset) })
  }

  /// Copies a part of one tensor's data.
  ///
  /// - Throws: `TensorError`, `FileError`; `InterchangeError` if the file was cut meanwhile.
  func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let offset = try offsets.value(of: tensor) + range.lowerBound
    // SAFETY: the caller promises a valid buffer.
    try unsafe file.read(at: offset, into: destination, tensor.name)
  }

  /// Calls `body` with one tensor's data where it is mapped.
  ///
  /// - Throws: as ``read(_:bytes:into:)``, and what `body` throws.
  func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let offset = try offsets.value(of: tensor)
    return try unsafe file.withBytesInPlace(
      in: offset..<(offset + tensor.byteCount), tensor.name, body)
  }
}

/// A source whose tensors all lie in one file as they are in memory.
protocol StoredTensorSource: TensorPartSource {
  /// The tensors and the file that stores them.
  var stored: StoredTensors { get }
}

extension StoredTensorSource {
  /// Copies a part of one tensor's data; nothing else is read.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file was cut meanwhile;
  ///   `TensorError` if it isn't a tensor of this file.
  package func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe stored.copy(range, of: tensor, into: destination)
  }

  /// Calls `body` with one tensor's data where it is mapped.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try unsafe stored.withBytesInPlace(of: tensor, body)
  }
}
