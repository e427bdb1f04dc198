public import GobbetBPE
package import GobbetData

extension GPT2Weights {
  /// Writes the model to a GGUF file that llama.cpp runs.
  ///
  /// With a `type`, matrices are stored as that, as ``GGUFWriter`` says. With a vocabulary the file
  /// holds it too, with a token for each row of the embedding. Metadata of the source goes with it,
  /// in the types that it had in GGUF.
  /// - Throws: as ``GGUFWriter``; `InterchangeError` (`notRepresentable`) for a vocabulary that
  ///   llama.cpp has no words for.
  public func writeGGUF(
    to path: String, as type: GGUFType? = nil, vocabulary: Vocabulary? = nil,
    replacing: Bool = false, progress: (Int) throws -> Void = { _ in }
  ) throws {
    try writeGGUF(
      to: path, storing: type.map(StoredElements.matrices) ?? .kept, vocabulary: vocabulary,
      replacing: replacing, progress: progress)
  }

  /// The same with elements as `stored` says.
  package func writeGGUF(
    to path: String, storing stored: StoredElements, vocabulary: Vocabulary? = nil,
    replacing: Bool = false, progress: (Int) throws -> Void = { _ in }
  ) throws {
    try configuration.requireGELU(of: "llama.cpp", path: path)
    var own: [(key: String, value: GGUFValue)] = [("general.architecture", .string("gpt2"))]
    let sizes = [
      ("gpt2.context_length", configuration.contextLength),
      ("gpt2.embedding_length", configuration.width),
      ("gpt2.feed_forward_length", configuration.width.map { 4 * $0 }),
      ("gpt2.block_count", configuration.layerCount),
      ("gpt2.attention.head_count", configuration.headCount),
    ]
    for case (let key, let size?) in sizes { own.append((key, .uint32(UInt32(size)))) }
    own.append(
      (
        "gpt2.attention.layer_norm_epsilon", .float32(Float(configuration.layerNormEpsilon))
      ))
    let ends = GGUFVocabulary.ends(configuration, vocabulary)
    let metadata = metadata.filter {
      !$0.0.utf8.elementsEqual(GPT2Configuration.metadataKey.utf8)
    }
    let values = try GGUFWriter.values(
      own: own, metadata: metadata, vocabulary: vocabulary, ends: ends,
      rowCount: configuration.vocabularySize, path: path, storing: stored, keepsTypes: false)
    let names = Dictionary(
      uniqueKeysWithValues: GPT2Dialect.gguf.rules(layerCount: configuration.layerCount ?? 0)
        .map { (Array($0.canonical.utf8), $0) })
    let renamed = try RenamedWeights(self) { tensor in
      guard let rule = names[Array(tensor.name.utf8)], let name = rule.parts.first else {
        return (tensor.name, false)
      }
      return (name, rule.isLinear)
    }
    try GGUFWriter.write(
      renamed, to: path, values: values, storing: stored, replacing: replacing, progress: progress)
  }
}

extension GGUFWriter {
  /// Writes weights of any model, under the names that they have, with their metadata and a vocabulary.
  ///
  /// How elements are stored is as it was, if they are kept: a file type of llama.cpp's stays.
  /// - Throws: as ``write(_:to:values:as:replacing:progress:)``; `InterchangeError`
  ///   (`notRepresentable`) for metadata and vocabularies that GGUF cannot hold.
  package static func write(
    _ source: some TensorSource, to path: String, vocabulary: Vocabulary?,
    storing stored: StoredElements = .kept, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let rowCount = source.tensor(named: "token_embd.weight")?.shape.first
    let values = try values(
      own: [], metadata: source.metadata, vocabulary: vocabulary, ends: [], rowCount: rowCount,
      path: path, storing: stored, keepsTypes: stored == .kept)
    try write(
      source, to: path, values: values, storing: stored, replacing: replacing, progress: progress)
  }

  /// What stands in front of the tensors: `own` values first, then those of the metadata, then the
  /// vocabulary.
  static func values(
    own: [(key: String, value: GGUFValue)], metadata: [(String, String)], vocabulary: Vocabulary?,
    ends: [(key: String, value: GGUFValue)], rowCount: Int?, path: String,
    storing stored: StoredElements = .kept, keepsTypes: Bool = false
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    let vocabularyValues: [(key: String, value: GGUFValue)] =
      try vocabulary.map { vocabulary throws(InterchangeError) in
        let name = (own.first { $0.key == "general.name" }?.value)?.string
        return try GGUFVocabulary.values(
          of: vocabulary, rowCount: rowCount,
          name: name ?? metadata.first { $0.0 == "general.name" }?.1, path: path)
      } ?? []
    // How the elements are stored is another matter in the new file, unless they are kept.
    var quantization: [(key: String, value: GGUFValue)] = []
    if case .preset(let preset) = stored {
      quantization = [
        ("general.file_type", .uint32(preset.fileType)),
        ("general.quantization_version", .uint32(2)),
      ]
    }
    let added = vocabularyValues + ends + quantization
    let stale = keepsTypes ? [] : ["general.file_type", "general.quantization_version"]
    let taken = Set((own + added).map { Array($0.key.utf8) } + stale.map { Array($0.utf8) })
    var kept: [(key: String, value: GGUFValue)] = []
    for (key, value) in try GGUFTypedText.values(metadata, path: path)
    where !taken.contains(Array(key.utf8)) {
      if key == "general.alignment", case .string(let text) = value, let size = UInt32(text) {
        // Files of earlier versions kept all values as strings.
        kept.append((key, .uint32(size)))
      } else {
        kept.append((key, value))
      }
    }
    return own + kept + added
  }
}
