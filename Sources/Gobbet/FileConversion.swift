public import GobbetBPE
public import GobbetData
internal import GobbetFile
public import GobbetInterchange

/// Foreign files → ours, and ours → foreign.
public struct FileConversion: Sendable {
  /// How text is split, for vocabularies that do not say.
  public var pattern: SplitPattern?
  /// A vocabulary to embed in weights; nil embeds the one of the input, or of the `tokenizer.json`
  /// beside it, if there is one.
  public var vocabulary: Vocabulary?
  /// How weights are stored in Gobbet files.
  public var codec: WeightCodec
  /// What the elements of floating-point tensors become; nil leaves them.
  public var elementType: ElementType?
  /// How GGUF stores matrices; nil leaves their elements.
  public var ggufType: GGUFType?
  /// Bytes of tensors in a file, where several are written; nil puts all in one.
  public var shardByteCount: Int?
  /// Whether what was written is read again and compared.
  public var verifies = false

  /// A conversion.
  public init(
    pattern: SplitPattern? = nil, vocabulary: Vocabulary? = nil, codec: WeightCodec = .compact
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

  /// Bytes of tensors that are written, of all that there are.
  public typealias Progress = (_ byteCount: Int, _ total: Int) throws -> Void

  /// Converts the file at `input` into one at `output`.
  ///
  /// - Throws: ``LoadingError`` if the one cannot become the other; the errors of both formats; what
  ///   `progress` throws.
  public func convert(
    _ input: String, to output: String, format: ConversionFormat, replacing: Bool = false,
    progress: Progress = { _, _ in }
  ) throws -> Result {
    guard let weights = try WeightsInput(recognizing: input) else {
      return try convertVocabulary(input, to: output, format, replacing)
    }
    if format.isForVocabularies, weights.vocabulary != nil {
      return try convertVocabulary(input, to: output, format, replacing)
    }
    guard !format.isForVocabularies else {
      throw LoadingError(path: input, reason: "holds weights, which \(format.rawValue) does not")
    }
    return try write(
      weights, weights.source, to: output, format: format, replacing: replacing,
      progress: progress)
  }

  private func convertVocabulary(
    _ input: String, to output: String, _ format: ConversionFormat, _ replacing: Bool
  ) throws -> Result {
    let vocabulary = try Vocabulary(recognizing: input, pattern: pattern)
    try vocabulary.write(to: output, format: format, replacing: replacing)
    return .vocabulary(idBound: vocabulary.idBound)
  }

  /// Writes tensors that came out of `input`, or were made of those.
  ///
  /// Weights of a GPT-2 go under Hugging Face's names into Gobbet files, any others as they are.
  func write(
    _ input: WeightsInput, _ source: some TensorSource, to output: String,
    format: ConversionFormat, replacing: Bool, progress: Progress
  ) throws -> Result {
    let embedded = vocabulary ?? input.vocabulary
    let needsGPT2 = format == .gguf || format == .llmC
    let model =
      format == .gobbet || needsGPT2
      ? try GPT2Weights(source, configuration: input.configuration(of: source)) : nil
    let output = WeightsOutput(
      path: output, format: format, codec: codec, ggufType: ggufType,
      shardByteCount: shardByteCount, replacing: replacing, verifies: verifies)
    if let model {
      try output.write(
        model, as: elementType, vocabulary: embedded, model: model, progress: progress)
    } else {
      try output.write(
        source, as: elementType, vocabulary: embedded, model: nil, progress: progress)
    }
    return .weights(
      tensorCount: (model?.tensors ?? source.tensors).count, dialect: model?.dialect,
      embedsVocabulary: embedded != nil && (format == .gobbet || format == .gguf))
  }
}

extension WeightsInput {
  /// The configuration of a source: what its metadata says, else what came with the file.
  func configuration(of source: some TensorSource) throws -> GPT2Configuration {
    guard let text = source.metadata(forKey: GPT2Configuration.metadataKey) else {
      return configuration
    }
    return try GPT2Configuration(json: text)
  }
}
