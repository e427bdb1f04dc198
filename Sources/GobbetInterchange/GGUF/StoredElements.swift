package import GobbetData

/// What the elements of a model's tensors become when it is written.
package enum StoredElements: Hashable, Sendable {
  /// They stay as they are.
  case kept
  /// Matrices are stored as a type; those whose rows aren't whole blocks of it as llama.cpp does.
  case matrices(GGUFType)
  /// Each tensor as llama.cpp's mix says.
  case preset(QuantizationPreset)

  /// The types that are asked for, where those are in blocks; nil for others.
  package var blockTypes: Set<ElementType>? {
    switch self {
    case .kept: nil
    case .matrices(let type): type.elementType.isInBlocks ? [type.elementType] : nil
    case .preset(let preset): preset.types
    }
  }

  /// The type of each tensor.
  ///
  /// - Throws: `InterchangeError` (`notRepresentable`) for a type that is read only.
  package func types(
    of tensors: [TensorDescription], path: String
  ) throws(InterchangeError) -> [ElementType] {
    switch self {
    case .kept: return tensors.map(\.elementType)
    case .preset(let preset): return preset.types(of: tensors)
    case .matrices(let type):
      var types: [ElementType] = []
      for tensor in tensors {
        guard FloatConversion(reading: tensor.elementType) != nil else {
          types.append(tensor.elementType)
          continue
        }
        guard type.blockElementCount == 1 || BlockEncoder(type.elementType) != nil else {
          throw InterchangeError(
            .notRepresentable("blocks of type \(type.name), which are read only"), path: path,
            field: tensor.name)
        }
        types.append(
          tensor.shape.count < 2 || tensor.name.utf8.elementsEqual("token_types.weight".utf8)
            ? tensor.elementType : QuantizationPreset.fitted(type.elementType, tensor))
      }
      return types
    }
  }
}

extension TensorSource {
  /// The tensors, each with elements of the type that `stored` says.
  ///
  /// - Throws: `InterchangeError` for a type that is read only, `TensorError`.
  package func storing(_ stored: StoredElements, path: String) throws -> any TensorSource {
    guard stored != .kept else { return self }
    let types = try stored.types(of: tensors, path: path)
    let names = Dictionary(
      zip(tensors, types).map { (Array($0.name.utf8), $1) }, uniquingKeysWith: { first, _ in first }
    )
    return try ConvertedWeights(self) { names[Array($0.name.utf8)] ?? $0.elementType }
  }
}
