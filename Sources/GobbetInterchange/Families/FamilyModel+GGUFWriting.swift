public import GobbetBPE
public import GobbetData

extension FamilyModel {
  /// Writes the model to a GGUF file that llama.cpp runs.
  ///
  /// With a `type`, matrices are stored as that, as ``GGUFWriter`` says; vectors are `float32` always. With
  /// a vocabulary the file holds it too, with a token for each row of the embedding.
  /// - Throws: as ``GGUFWriter``; `InterchangeError` (`notRepresentable`) for a family that llama.cpp does
  ///   not know, for a model that it would compute otherwise, and for a vocabulary that it has no words
  ///   for.
  public func writeGGUF(
    _ source: some TensorSource, to path: String, as type: GGUFType? = nil,
    vocabulary: Vocabulary? = nil, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    try writeGGUF(
      source, to: path, storing: type.map(StoredElements.matrices) ?? .kept, vocabulary: vocabulary,
      replacing: replacing, progress: progress)
  }

  /// The same with elements as `stored` says.
  package func writeGGUF(
    _ source: some TensorSource, to path: String, storing stored: StoredElements,
    vocabulary: Vocabulary? = nil, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let tensors = try ggufTensors(in: source, path: path)
    let values = try ggufValues(tensors, metadata: source.metadata, vocabulary, stored, path: path)
    try GGUFWriter.write(
      tensors, to: path, values: values, storing: stored, replacing: replacing, progress: progress)
  }

  /// The weights in `source` as GGUF has them.
  ///
  /// - Throws: as ``writeGGUF(_:to:as:vocabulary:replacing:progress:)``.
  package func ggufTensors(
    in source: some TensorSource, path: String
  ) throws -> any TensorSource {
    let layout = try ggufFamily(path: path)
    return try GGUFModelTensors(
      try weights(in: source, path: path), architecture, layout, metadata: [])
  }

  /// The family of GGUF that the model is written as.
  ///
  /// - Throws: `InterchangeError` (`notRepresentable`) if there is none, or llama.cpp would compute
  ///   something else of what the file says.
  package func requireGGUF(path: String) throws { _ = try ggufFamily(path: path) }

  private func ggufFamily(path: String) throws -> GGUFFamily {
    guard let layout = GGUFFamily.of(modelType: family) else {
      throw InterchangeError(
        .notRepresentable("models of the family \(family), whose layout in GGUF is not known here"),
        path: path)
    }
    let expected = layout.restated(architecture)
    let divisors = layout.ropeFactors(architecture)
    func factors(_ name: String) -> [Float]? {
      divisors.first { "\($0.name).weight".utf8.elementsEqual(name.utf8) }?.factors
    }
    let values = layout.values(architecture)
    let settings = GGUFSettings(
      architecture: layout.architecture, path: nil,
      value: { key in values.first { $0.key.utf8.elementsEqual(key.utf8) }?.value },
      shape: { name in
        switch name {
        case "output.weight": expected.hasTiedHead ? nil : [expected.vocabularySize]
        case "token_types.weight":
          expected.tokenTypeCount > 0 ? [expected.tokenTypeCount, expected.hiddenSize] : nil
        default: factors(name).map { [$0.count] }
        }
      }, floats: { factors($0) ?? [] })
    let computed: Architecture
    do {
      computed = try layout.architecture(settings)
    } catch {
      throw InterchangeError(
        .notRepresentable("this model of the family \(family): \(error)"), path: path)
    }
    let parts = Set((names.parts + names.expertParts).map(\.common))
    guard
      let difference = expected.difference(from: computed)
        ?? layout.biases.difference(from: biases, parts: parts)
    else { return layout }
    throw InterchangeError(
      .notRepresentable(
        "\(difference): llama.cpp computes models of the architecture \(layout.architecture) otherwise"
      ),
      path: path)
  }

  /// What the file says besides its tensors.
  private func ggufValues(
    _ tensors: any TensorSource, metadata: [(String, String)], _ vocabulary: Vocabulary?,
    _ stored: StoredElements, path: String
  ) throws -> [(key: String, value: GGUFValue)] {
    let layout = try ggufFamily(path: path)
    var ends: [(key: String, value: GGUFValue)] = []
    func add(_ key: String, _ id: TokenID?) {
      if let id { ends.append(("tokenizer.ggml.\(key)", .uint32(id))) }
    }
    // As llama.cpp's own converter has it, the tokenizer's configuration goes before the model's.
    var textEnds = try vocabulary.map { try TextEnds($0) } ?? TextEnds()
    textEnds.add(self.textEnds)
    // An encoder's texts have what the vocabulary puts around them.
    if architecture.isCausal {
      add("bos_token_id", textEnds.beginning)
      add("eos_token_id", textEnds.ends.first)
    }
    let isSaid = metadata.contains { $0.0.utf8.elementsEqual("tokenizer.chat_template".utf8) }
    if !isSaid, let template = try vocabulary?.chatTemplate {
      ends.append(("tokenizer.chat_template", .string(template)))
    }
    if architecture.isCausal, let template = vocabulary?.pipeline.template {
      let addsBeginning = template.before.first.map { $0 == textEnds.beginning } ?? false
      ends.append(("tokenizer.ggml.add_bos_token", .bool(addsBeginning)))
    }
    // Without a vocabulary llama.cpp wants to hear that there is none.
    if vocabulary == nil { ends.append(("tokenizer.ggml.model", .string("none"))) }
    let others = metadata.filter {
      !$0.0.utf8.elementsEqual(Self.metadataKey.utf8)
        && !$0.0.utf8.elementsEqual(Self.generationKey.utf8)
        && !$0.0.utf8.elementsEqual("format".utf8)
    }
    return try GGUFWriter.values(
      own: layout.values(architecture), metadata: others, vocabulary: vocabulary, ends: ends,
      rowCount: architecture.vocabularySize, path: path, storing: stored, keepsTypes: false)
  }
}
