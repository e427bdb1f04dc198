public import GobbetBPE
public import GobbetData
internal import GobbetFile
public import GobbetInterchange

/// What a conversion writes.
public enum ConversionFormat: String, Hashable, Sendable, CaseIterable {
  /// A Gobbet file.
  case gobbet
  /// tiktoken's ranks.
  case tiktoken
  /// Hugging Face's `tokenizer.json`.
  case tokenizerJSON = "tokenizer.json"
  /// GPT-2's `vocab.json`, with a `merges.txt` beside it.
  case vocabularyAndMerges = "vocab.json"
  /// safetensors.
  case safetensors

  /// Whether the format has no place for tensors.
  var isForVocabularies: Bool {
    switch self {
    case .tiktoken, .tokenizerJSON, .vocabularyAndMerges: true
    case .gobbet, .safetensors: false
    }
  }

  /// The format that a file of this name usually has; nil if the name does not tell.
  public init?(ofFileNamed path: String) {
    func ends(_ suffix: String) -> Bool {
      path.utf8.count >= suffix.utf8.count
        && path.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
    if ends(".gobbet") {
      self = .gobbet
    } else if ends(".tiktoken") {
      self = .tiktoken
    } else if ends("vocab.json") {
      self = .vocabularyAndMerges
    } else if ends(".json") {
      self = .tokenizerJSON
    } else if ends(".safetensors") {
      self = .safetensors
    } else {
      return nil
    }
  }
}

/// Foreign files → ours, and ours → foreign.
public struct FileConversion: Sendable {
  /// How text is split, for vocabularies that do not say.
  public var pattern: Pattern?
  /// A vocabulary to embed in weights; nil embeds the `tokenizer.json` beside them, if there is one.
  public var vocabulary: Vocabulary?
  /// How weights are stored.
  public var codec: WeightCodec

  /// A conversion.
  public init(
    pattern: Pattern? = nil, vocabulary: Vocabulary? = nil, codec: WeightCodec = .compact
  ) {
    self.pattern = pattern
    self.vocabulary = vocabulary
    self.codec = codec
  }

  /// What was converted.
  public enum Result: Sendable {
    /// A vocabulary of so many ids.
    case vocabulary(idBound: Int)
    /// Weights: how many tensors, and whose names they had if they are a GPT-2's.
    case weights(tensorCount: Int, dialect: GPT2Dialect?, embedsVocabulary: Bool)
  }

  /// Converts the file at `input` into one at `output`.
  ///
  /// - Throws: ``LoadingError`` if the one cannot become the other; the errors of both formats.
  public func convert(
    _ input: String, to output: String, format: ConversionFormat, replacing: Bool = false
  ) throws -> Result {
    let kind = try FileKind(recognizing: input)
    let holdsWeights =
      try kind == .safetensors || kind == .gguf
      || (kind == .gobbet && FileHoldings(ContainerReader(path: input)).weights)
    guard holdsWeights, !(kind == .gguf && format.isForVocabularies) else {
      return try convertVocabulary(input, to: output, format, replacing)
    }
    switch (kind, format) {
    case (.safetensors, .gobbet):
      return try packSafetensors(input, to: output, replacing)
    case (.gguf, .gobbet):
      let source = try GGUFReader(input)
      return try pack(
        source, source.gpt2Configuration ?? .init(), try vocabulary ?? source.vocabulary(),
        to: output, replacing)
    case (.gobbet, .safetensors):
      let weights = try WeightsReader(path: input)
      try SafetensorsWriter.write(weights, to: output, replacing: replacing)
      return .weights(
        tensorCount: weights.tensors.count, dialect: nil, embedsVocabulary: false)
    default:
      throw LoadingError(path: input, reason: "holds weights, which \(format.rawValue) does not")
    }
  }

  private func convertVocabulary(
    _ input: String, to output: String, _ format: ConversionFormat, _ replacing: Bool
  ) throws -> Result {
    let vocabulary = try Vocabulary(recognizing: input, pattern: pattern)
    try vocabulary.write(to: output, format: format, replacing: replacing)
    return .vocabulary(idBound: vocabulary.idBound)
  }

  private func packSafetensors(
    _ input: String, to output: String, _ replacing: Bool
  ) throws -> Result {
    try pack(
      try SafetensorsReader(input), try ModelFile.configuration(beside: input),
      try vocabulary ?? ModelFile.vocabulary(beside: input), to: output, replacing)
  }

  /// Weights of a GPT-2 under Hugging Face's names, any others as they are.
  private func pack(
    _ source: some TensorSource, _ configuration: GPT2Configuration, _ embedded: Vocabulary?,
    to output: String, _ replacing: Bool
  ) throws -> Result {
    guard let weights = try GPT2Weights(source, configuration: configuration) else {
      try write(source, embedded, to: output, replacing)
      return .weights(
        tensorCount: source.tensors.count, dialect: nil, embedsVocabulary: embedded != nil)
    }
    try write(weights, embedded, to: output, replacing)
    return .weights(
      tensorCount: weights.tensors.count, dialect: weights.dialect,
      embedsVocabulary: embedded != nil)
  }

  private func write(
    _ source: some TensorSource, _ embedded: Vocabulary?, to output: String, _ replacing: Bool
  ) throws {
    var writer = try WeightsWriter(
      path: output, metadata: source.metadata, vocabulary: embedded, codec: codec,
      replacing: replacing)
    try writer.append(contentsOf: source)
    _ = try writer.finish()
  }
}
