/// Some tensors of a source, with all of its metadata.
package struct TensorSelection<Source: TensorSource>: TensorDecorator {
  /// The tensors, in the order of the source.
  package let tensors: [TensorDescription]
  /// What the source came with.
  package var metadata: [(String, String)] { source.metadata }
  private let source: Source

  /// The tensor itself, in the source.
  package func origin(of tensor: TensorDescription) -> TensorOrigin {
    TensorOrigin(tensor, in: source)
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
