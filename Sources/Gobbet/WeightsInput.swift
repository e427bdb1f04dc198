public import GobbetBPE
public import GobbetData
internal import GobbetFile
public import GobbetInterchange

/// Weights in whichever format a file has them, with what tells more of them.
///
/// Configuration and vocabulary are read when they are asked for: what lies beside weights may be of
/// another model, and does not hinder who only wants the tensors.
public struct WeightsInput: Sendable {
  /// The file that was opened.
  public var path: String { file.path }
  /// The open file.
  let file: OpenedFile
  /// The tensors, as the file has them.
  public let source: any TensorSource
  /// What the file is.
  public let kind: FileKind
  /// The name of the format, as people call it.
  public let format: String
  private let companions: Companions

  /// Where more is said of the weights.
  private enum Companions: Sendable {
    case container(WeightsReader)
    case gguf(GGUFReader)
    /// In files beside the weights; a configuration may be known without them.
    case neighbours(GPT2Configuration?)
  }

  /// Opens the file at `path`; nil if it is none that holds weights.
  ///
  /// A file whose name says that it is one of several stands for all of them, unless it is wanted
  /// `alone`: `model-00001-of-00003.gobbet`. `key` leads to the tensors in a checkpoint of PyTorch.
  /// - Throws: the errors of the format; `LoadingError` for one of several files where another is
  ///   missing.
  public init?(recognizing path: String, alone: Bool = false, key: String? = nil) throws {
    try self.init(OpenedFile(path), alone: alone, key: key)
  }

  /// Reads an open file, and opens what belongs to it.
  ///
  /// - Throws: as ``init(recognizing:alone:key:)``.
  package init?(_ file: OpenedFile, alone: Bool = false, key: String? = nil) throws {
    self.file = file
    let path = file.path
    kind = try file.kind()
    switch kind {
    case .gobbet:
      guard try FileHoldings(file.container()).weights else { return nil }
      let paths = alone ? [path] : ShardName(path)?.paths ?? [path]
      let readers = try paths.map { try WeightsReader(file.file(at: $0).container()) }
      try WeightShards.checkSet(readers, isWhole: !alone)
      source = readers.count == 1 ? readers[0] : try WeightShards(readers)
      format = "gobbet"
      companions = .container(readers[0])
    case .safetensors:
      (source, format) = try Self.safetensors(file, alone: alone)
      companions = .neighbours(nil)
    case .safetensorsIndex:
      source = try SafetensorsIndex(file)
      format = "safetensors.index.json"
      companions = .neighbours(nil)
    case .gguf:
      let reader = try GGUFReader(file, alone: alone)
      source = reader
      format = "gguf"
      companions = .gguf(reader)
    case .llmC:
      let checkpoint = try LLMCCheckpoint(file)
      source = checkpoint
      format = "llm.c"
      companions = .neighbours(checkpoint.configuration)
    case .numPy:
      source = try NumPyReader(file)
      format = "numpy"
      companions = .neighbours(nil)
    case .pyTorch where try DistributedCheckpoint.isPlan(file):
      source = try DistributedCheckpoint(plan: file, key: key)
      format = "pytorch"
      companions = .neighbours(nil)
    case .pyTorch:
      let reader = try PyTorchReader(file, key: key)
      source = reader
      format = "pytorch"
      companions = .neighbours(reader.gpt2Configuration)
    case .json where path.hasSuffix(".index.json"):
      // Without the list of tensors there is nothing to open; the error says so.
      source = try SafetensorsIndex(file)
      format = "safetensors.index.json"
      companions = .neighbours(nil)
    case .json, .tiktoken, .sentencePiece, .wordPiece, .empty, .other: return nil
    }
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
  var configurationPath: String { siblingPath(Self.configurationName, of: path) }

  /// The configuration beside the weights; nil if there is none, or it would be of no use.
  var configurationFile: OpenedFile? {
    get throws { hasNeighbours ? try file.neighbour(Self.configurationName) : nil }
  }

  /// What is said beside the weights of generating with them; nil likewise.
  var generationConfigurationFile: OpenedFile? {
    get throws { hasNeighbours ? try file.neighbour("generation_config.json") : nil }
  }

  /// Where a vocabulary beside the weights would be.
  var vocabularyPath: String { siblingPath(Self.vocabularyName, of: path) }

  /// Whether configuration and vocabulary lie in files beside the weights.
  var hasNeighbours: Bool {
    if case .neighbours = companions { true } else { false }
  }

  /// Whether the vocabulary is kept in the metadata, since it is of a kind that is not read.
  var keepsVocabularyInMetadata: Bool {
    if case .gguf(let reader) = companions {
      reader.hasTokenizer && !reader.hasKnownTokenizer
    } else {
      source.metadata.contains { $0.0.hasPrefix("tokenizer.ggml.tokens") }
    }
  }

  /// Opens a safetensors file, and the others of its set if its name says that it is one of several.
  private static func safetensors(
    _ file: OpenedFile, alone: Bool
  ) throws -> (any TensorSource, String) {
    guard !alone, let name = ShardName(file.path), name.count > 1 else {
      return (try SafetensorsReader(file), "safetensors")
    }
    if exists(name.indexPath) {
      let index = try SafetensorsIndex(OpenedFile(name.indexPath), given: file)
      return (index, "safetensors.index.json")
    }
    try requireAll(name, file.path)
    let shards = try WeightShards(
      name.paths.map { try SafetensorsReader(file.file(at: $0)) })
    return (shards, "safetensors.index.json")
  }

  /// Makes sure that every file of a set is there.
  private static func requireAll(_ name: ShardName, _ path: String) throws(LoadingError) {
    guard let missing = name.paths.first(where: { !exists($0) }) else { return }
    throw LoadingError(
      path: path,
      reason:
        "is one of \(name.count) files of a model, and \(fileName(of: missing)) is missing; to "
        + "take it by itself, give it a name without -of-")
  }
}
