package import GobbetData

/// Tensors of a file some of which may be of types that nothing here reads.
package protocol PartlyReadSource: TensorSource {
  /// The tensors whose elements cannot be read, with what the file calls their types, or what they were made
  /// with.
  var unreadTensors: [(tensor: TensorDescription, typeName: String)] { get }
}

extension GGUFReader: PartlyReadSource {}
extension PyTorchReader: PartlyReadSource {}
extension NumPyReader: PartlyReadSource {}
