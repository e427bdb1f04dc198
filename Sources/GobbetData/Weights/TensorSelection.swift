/// Some tensors of a source, with all of its metadata.
package struct TensorSelection<Source: TensorSource>: TensorSource {
  /// The tensors, in the order of the source.
  package let tensors: [TensorDescription]
  /// What the source came with.
  package var metadata: [(String, String)] { source.metadata }
  private let source: Source

  /// Copies one tensor's data.
  package func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe source.read(tensor, into: destination)
  }

  /// Copies a part of one tensor's data.
  package func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe source.read(tensor, bytes: range, into: destination)
  }

  /// Whether the source does.
  package func readsParts(of tensor: TensorDescription) -> Bool { source.readsParts(of: tensor) }

  /// Calls `body` with one tensor's data where the source has it.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  package func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try unsafe source.withBytesInPlace(of: tensor, body)
  }

  /// Checks that the source allows memory for all of a tensor's data.
  ///
  /// - Throws: an error of the source if it does not.
  package func requireMemory(for tensor: TensorDescription) throws {
    try source.requireMemory(for: tensor)
  }

  /// Takes tensors of `source`.
  fileprivate init(_ source: Source, _ tensors: [TensorDescription]) {
    self.source = source
    self.tensors = tensors
  }
}

extension TensorSource {
  /// The tensors that `isWanted` says, in order.
  package func selecting(_ isWanted: (TensorDescription) -> Bool) -> TensorSelection<Self> {
    TensorSelection(self, tensors.filter(isWanted))
  }

  /// The tensors in groups, in order: up to `byteCount` bytes in each, or one tensor that is larger.
  package func shards(of byteCount: Int) -> [TensorSelection<Self>] {
    var groups: [[TensorDescription]] = [[]]
    var room = byteCount
    for tensor in tensors {
      if tensor.byteCount > room, groups.last?.isEmpty == false {
        groups.append([])
        room = byteCount
      }
      groups[groups.count - 1].append(tensor)
      room = max(0, room - tensor.byteCount)
    }
    return groups.map { TensorSelection(self, $0) }
  }
}
