/// What belongs to each tensor of a source, found by the tensor's name, byte for byte.
package struct TensorMap<Value: Sendable>: Sendable {
  private let entries: [[UInt8]: (tensor: TensorDescription, value: Value)]

  /// How many tensors there are.
  package var count: Int { entries.count }

  /// Creates a map of tensors and what belongs to them; of two of one name the first counts.
  ///
  /// - Complexity: O(bytes of all names).
  package init(_ values: some Sequence<(TensorDescription, Value)>) {
    entries = Dictionary(
      values.lazy.map { (Array($0.0.name.utf8), (tensor: $0.0, value: $0.1)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// What belongs to a tensor.
  ///
  /// - Throws: ``TensorError``: `missing` for a name that is not there, `otherDescription` for a tensor
  ///   of that name with another type or shape.
  package func value(of tensor: TensorDescription) throws(TensorError) -> Value {
    guard let entry = entries[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard entry.tensor == tensor else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return entry.value
  }
}
