package import GobbetData

/// Weights under other names, some of them transposed, or with other metadata.
package struct RenamedWeights: TensorDecorator {
  /// The tensors in the order of the base.
  package let tensors: [TensorDescription]
  /// What was given, or what the base has.
  package let metadata: [(String, String)]

  private let base: any TensorSource
  private let origins: TensorMap<Origin>

  private enum Origin {
    case same(TensorDescription)
    case transposed(TensorAssembly)
  }

  /// Creates the tensors of `base` under the names that `naming` gives; matrices are transposed where
  /// it says so.
  ///
  /// - Throws: `TensorError` if a name comes twice.
  package init(
    _ base: some TensorSource, metadata: [(String, String)]? = nil,
    naming: (TensorDescription) -> (name: String, isTransposed: Bool) = { ($0.name, false) }
  ) throws(TensorError) {
    var entries: [(TensorDescription, Origin)] = []
    var names: Set<[UInt8]> = []
    for tensor in base.tensors {
      let (name, isTransposed) = naming(tensor)
      var origin = Origin.same(tensor)
      var renamed = try TensorDescription(
        name: name, elementType: tensor.elementType, shape: tensor.shape)
      if isTransposed,
        let assembly = try TensorAssembly(name: name, parts: [tensor], isTransposed: true)
      {
        origin = .transposed(assembly)
        renamed = assembly.result
      }
      guard names.insert(Array(name.utf8)).inserted else {
        throw TensorError(.duplicateName, tensor: name)
      }
      entries.append((renamed, origin))
    }
    self.base = base
    tensors = entries.map(\.0)
    self.metadata = metadata ?? base.metadata
    origins = TensorMap(entries)
  }

  /// The tensor under its name in the base, or the one that is transposed.
  ///
  /// - Throws: `TensorError` (`missing`, `otherDescription`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    switch try origins.value(of: tensor) {
    case .same(let original): TensorOrigin(original, in: base)
    case .transposed(let assembly): assembly.origin(in: base)
    }
  }
}

extension GPT2Weights {
  /// The key of a Gobbet file's metadata under which ``namePrefix`` is kept, where there is one.
  package static let namePrefixKey = "gpt.name_prefix"
  /// What transformers puts before the names of a language model, but for its head.
  static let languageModelPrefix = "transformer."

  /// The model as transformers loads it: with the prefix that its names had, without one as OpenAI's
  /// checkpoints come, and with `transformer.` where a head of its own stands beside, for which
  /// transformers wants it.
  package func underHuggingFaceNames() throws(TensorError) -> RenamedWeights {
    let hasHead = tensors.contains { $0.name.hasPrefix("lm_head.") }
    let prefix = hasHead ? Self.languageModelPrefix : namePrefix
    return try RenamedWeights(self) { tensor in
      (tensor.name.hasPrefix("lm_head.") ? tensor.name : prefix + tensor.name, false)
    }
  }

  /// The model as it is kept in a Gobbet file: with a note of the prefix that its names had.
  package func rememberingNamePrefix() throws(TensorError) -> RenamedWeights {
    try RenamedWeights(
      self,
      metadata: metadata + (namePrefix.isEmpty ? [] : [(Self.namePrefixKey, namePrefix)]))
  }
}
