package import GobbetData

/// Weights under other names, some of them transposed, or with other metadata.
package struct RenamedWeights: TensorSource {
  /// The tensors in the order of the base.
  package let tensors: [TensorDescription]
  /// What was given, or what the base has.
  package let metadata: [(String, String)]

  private enum Origin {
    case same(TensorDescription)
    case transposed(TensorAssembly)
  }

  private let base: any TensorSource
  private let origins: [[UInt8]: Origin]

  /// Creates the tensors of `base` under the names that `naming` gives; matrices are transposed where
  /// it says so.
  ///
  /// - Throws: `TensorError` if a name comes twice.
  package init(
    _ base: some TensorSource, metadata: [(String, String)]? = nil,
    naming: (TensorDescription) -> (name: String, isTransposed: Bool) = { ($0.name, false) }
  ) throws(TensorError) {
    var tensors: [TensorDescription] = []
    var origins: [[UInt8]: Origin] = [:]
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
      guard origins.updateValue(origin, forKey: Array(name.utf8)) == nil else {
        throw TensorError(.duplicateName, tensor: name)
      }
      tensors.append(renamed)
    }
    self.base = base
    self.tensors = tensors
    self.metadata = metadata ?? base.metadata
    self.origins = origins
  }

  private func origin(of tensor: TensorDescription) throws(TensorError) -> Origin {
    guard let origin = origins[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    return origin
  }

  /// Copies one tensor's data, transposed if it is to be.
  ///
  /// - Throws: `TensorError` if there is none, else an error of the base.
  package func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of one tensor's data, transposed if it is to be.
  ///
  /// - Throws: as ``read(_:into:)``.
  package func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY, of both: the caller promises a valid buffer of the range's size.
    switch try origin(of: tensor) {
    case .same(let original):
      try unsafe base.read(original, bytes: range, into: destination)
    case .transposed(let assembly):
      try unsafe assembly.read(from: base, bytes: range, into: destination)
    }
  }

  /// Whether the base does, if the tensor only has another name here.
  package func readsParts(of tensor: TensorDescription) -> Bool {
    guard case .same(let original)? = try? origin(of: tensor) else { return false }
    return base.readsParts(of: original)
  }

  /// Calls `body` with one tensor's data where the base has it, if it only has another name here.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  package func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    guard case .same(let original) = try origin(of: tensor) else { return nil }
    return try unsafe base.withBytesInPlace(of: original, body)
  }

  /// Checks that memory for all of a tensor's data may be taken.
  ///
  /// - Throws: an error of the base if that is more than it allows.
  package func requireMemory(for tensor: TensorDescription) throws {
    switch try origin(of: tensor) {
    case .same(let original): try base.requireMemory(for: original)
    case .transposed(let assembly):
      for part in assembly.parts { try base.requireMemory(for: part) }
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
