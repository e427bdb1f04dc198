public import GobbetBPE
internal import GobbetData

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
