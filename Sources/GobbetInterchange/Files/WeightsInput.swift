public import GobbetBPE
public import GobbetData

/// Weights in whichever format a file has them, with what tells more of them.
///
/// Configuration and vocabulary are read when they are asked for: what lies beside weights may be of
/// another model, and does not hinder who only wants the tensors.
///
/// ```swift
/// if let input = try WeightsInput(recognizing: "model.safetensors") {
///   print(input.format, input.source.tensors.count)
/// }
/// ```
public struct WeightsInput: Sendable {
  /// The file that was opened.
  public var path: String { file.path }
  /// The open file.
  package let file: OpenedFile
  /// The tensors, as the file has them.
  public let source: any TensorSource
  /// The format of the file; of one of several safetensors files that were opened together, that of
  /// their index.
  public let format: FileFormat
  private let companions: Companions

  /// Where more is said of the weights.
  enum Companions: Sendable {
    case container(WeightsReader)
    case gguf(GGUFReader)
    /// In files beside the weights; a configuration may be known without them.
    case neighbours(GPT2Configuration?)
  }

  /// Opens the file at `path`; nil if it is none that holds weights.
  ///
  /// A file whose name says that it is one of several stands for all of them, unless it is wanted
  /// `alone`: `model-00001-of-00003.gobbet`. `key` leads to the tensors in a checkpoint of PyTorch, and
  /// `openType` is what ``NumPyReader`` takes.
  /// - Throws: the errors of the format; `LoadingError` for one of several files where another is
  ///   missing.
  public init?(
    recognizing path: String, alone: Bool = false, key: String? = nil, openType: ElementType? = nil
  ) throws {
    try self.init(OpenedFile(path), alone: alone, key: key, openType: openType)
  }

  /// Reads an open file, and opens what belongs to it.
  ///
  /// - Throws: as ``init(recognizing:alone:key:openType:)``.
  package init?(
    _ file: OpenedFile, alone: Bool = false, key: String? = nil, openType: ElementType? = nil
  ) throws {
    guard let weights = try file.format()?.weights,
      let input = try weights.read(file, Choice(alone: alone, key: key, openType: openType))
    else { return nil }
    self = input
  }

  /// What a reader of a format opened.
  init(
    _ file: OpenedFile, _ format: FileFormat, _ source: any TensorSource, _ companions: Companions
  ) {
    self.file = file
    self.format = format
    self.source = source
    self.companions = companions
  }

  /// Which of the tensors of a file are wanted.
  struct Choice {
    /// Whether the other files of a set are left alone.
    var alone = false
    /// The way to the tensors in a checkpoint of PyTorch.
    var key: String?
    /// The type of NumPy arrays whose own name for it leaves that open.
    var openType: ElementType?
  }

  /// What the file, or a `config.json` beside it, says of a GPT-2's sizes.
  ///
  /// - Throws: `FileError`; `InterchangeError` for the configuration of another model.
  public var configuration: GPT2Configuration {
    get throws {
      switch companions {
      case .container: return .init()
      case .gguf(let reader): return reader.gpt2Configuration ?? .init()
      case .neighbours(let known):
        if let known { return known }
        return try file.neighbour(Self.configurationName).map { try GPT2Configuration($0) }
          ?? .init()
      }
    }
  }

  /// The vocabulary in the file, or in a `tokenizer.json` beside it; nil if there is none.
  ///
  /// - Throws: the errors of its format, `InterchangeError` for a tokenizer of another kind.
  public var vocabulary: Vocabulary? {
    get throws {
      switch companions {
      case .container(let reader): return try reader.vocabulary()
      case .gguf(let reader): return try reader.vocabulary()
      case .neighbours:
        return try file.neighbour(Self.vocabularyName).map { try TokenizerJSON.vocabulary($0) }
      }
    }
  }

  /// The tensors, those that come with scales dequantised: FP8 with `weight_scale_inv`, and the MXFP4 of
  /// gpt-oss.
  ///
  /// - Throws: `LoadingError` for weights that the `config.json` beside them says another method has
  ///   quantised; `InterchangeError` for scales that do not fit.
  public func elements() throws -> any TensorSource {
    guard hasNeighbours else { return source }
    let config = try? file.neighbour(Self.configurationName).flatMap { try QuantizationConfig($0) }
    if let config, !config.isRead {
      throw LoadingError(
        path: path,
        reason: "holds weights quantised by \(config.method), as \(configurationPath) says; have "
          + "transformers dequantise and save them first")
    }
    return try dequantized(source, config)
  }

  private func dequantized(
    _ source: some TensorSource, _ config: QuantizationConfig?
  ) throws -> any TensorSource {
    try DequantizedWeights(source, blockShape: config?.blockShape ?? [128, 128], path: path)
      ?? source
  }

  private static let configurationName = "config.json"
  private static let vocabularyName = "tokenizer.json"

  /// Where a configuration beside the weights would be.
  package var configurationPath: String { siblingPath(Self.configurationName, of: path) }

  /// The configuration beside the weights; nil if there is none, or it would be of no use.
  package var configurationFile: OpenedFile? {
    get throws { hasNeighbours ? try file.neighbour(Self.configurationName) : nil }
  }

  /// What is said beside the weights of generating with them; nil likewise.
  package var generationConfigurationFile: OpenedFile? {
    get throws { hasNeighbours ? try file.neighbour("generation_config.json") : nil }
  }

  /// Where a vocabulary beside the weights would be.
  package var vocabularyPath: String { siblingPath(Self.vocabularyName, of: path) }

  /// Whether configuration and vocabulary lie in files beside the weights.
  package var hasNeighbours: Bool {
    if case .neighbours = companions { true } else { false }
  }

  /// Whether the vocabulary is kept in the metadata, since it is of a kind that is not read.
  package var keepsVocabularyInMetadata: Bool {
    if case .gguf(let reader) = companions {
      reader.hasTokenizer && !reader.hasKnownTokenizer
    } else {
      source.metadata.contains { $0.0.hasPrefix("tokenizer.ggml.tokens") }
    }
  }

  /// The configuration of a source: what its metadata says, else what came with the file.
  package func configuration(of source: some TensorSource) throws -> GPT2Configuration {
    guard let text = source.metadata(forKey: GPT2Configuration.metadataKey) else {
      return try configuration
    }
    return try GPT2Configuration(json: text)
  }
}
