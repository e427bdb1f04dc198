/// Tensors by their names, for whoever looks up many of them: ``TensorSource/tensor(named:)`` goes
/// through all tensors.
package struct TensorNames: Sendable {
  private let tensors: [[UInt8]: TensorDescription]

  /// Creates the names of the tensors of `source`; of two of one name the first counts.
  ///
  /// - Complexity: O(bytes of all names).
  package init(_ source: some TensorSource) {
    tensors = Dictionary(
      source.tensors.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tensor of that name, byte for byte; nil if there is none.
  package subscript(name: String) -> TensorDescription? { tensors[Array(name.utf8)] }
}
