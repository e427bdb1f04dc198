package import GobbetData
internal import GobbetInterchange

/// How a source of tensors stores them: the names of types and codecs, and bytes.
package struct TensorStorage {
  private let packed: WeightsReader?
  /// Of GGUF's tensors the blocks count, also of those whose elements nobody here can read.
  private let blocks: [TensorDescription: (typeName: String, byteCount: Int)]
  private let unread: Set<TensorDescription>

  /// Looks at what a source says of its tensors; reads none of them.
  package init(_ source: some TensorSource) {
    packed = source as? WeightsReader
    guard let gguf = source as? GGUFReader else {
      let others = (source as? any PartlyReadSource)?.unreadTensors ?? []
      unread = Set(others.map(\.tensor))
      blocks = Dictionary(
        others.map { ($0.tensor, (typeName: $0.typeName, byteCount: 0)) },
        uniquingKeysWith: { first, _ in first })
      return
    }
    blocks = Dictionary(
      zip(
        gguf.tensors,
        zip(gguf.types, gguf.storedByteCounts).map { (typeName: $0.name, byteCount: $1) }),
      uniquingKeysWith: { first, _ in first })
    unread = Set(gguf.unreadTensors.map(\.tensor))
  }

  /// Whether the elements can be read.
  package func isRead(_ tensor: TensorDescription) -> Bool { !unread.contains(tensor) }

  /// The name of the type, as the format has it.
  package func typeName(of tensor: TensorDescription) -> String {
    blocks[tensor]?.typeName ?? tensor.elementType.name
  }

  /// The name of the codec; `raw` where the format has none.
  package func codecName(of tensor: TensorDescription) -> String {
    packed?.codec(ofTensorNamed: tensor.name)?.name ?? "raw"
  }

  /// Bytes that the tensor takes in the file.
  package func storedByteCount(of tensor: TensorDescription) -> Int {
    blocks[tensor]?.byteCount ?? packed?.storedByteCount(ofTensorNamed: tensor.name)
      ?? tensor.byteCount
  }

  /// Bytes of the tensor as it is read; those in the file where its elements cannot be, since nothing
  /// says how many they would be.
  package func byteCount(of tensor: TensorDescription) -> Int {
    isRead(tensor) ? tensor.byteCount : storedByteCount(of: tensor)
  }
}
