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

  /// Copies one tensor's data.
  ///
  /// - Throws: `TensorError`, `FileError`; ``InterchangeError`` if the file was cut meanwhile.
  func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(destination.count == tensor.byteCount, "read: a wrong buffer size")
    let offset = entries[try index(of: tensor)].offset
    // SAFETY: the caller promises a valid buffer.
    try unsafe file.read(at: offset, into: destination, tensor.name)
  }
}
