public import GobbetData

/// A family of models: how its `config.json` becomes an architecture, and what its tensors are called.
///
/// A new family is a value of this type in a file of this folder; no other place names it.
struct Family: Sendable {
  /// The `model_type` of its `config.json`.
  let modelType: String
  /// What its tensors are called.
  let names: FamilyNames
  /// Reads its settings.
  let read: @Sendable (FamilySettings) throws(InterchangeError) -> FamilyArchitecture

  /// Every family that the forward pass computes, besides GPT-2.
  static let all: [Family] = [
    .llama, .mistral, .qwen2, .qwen3, .smolLM3, .granite, .olmo2, .olmo3, .gemma2, .gemma3, .phi3,
    .gptNeoX, .starCoder2, .nanochat, .bert, .qwen3MoE, .gptOSS,
  ]

  /// The family of that `model_type`; nil if it isn't one of these.
  static func named(_ modelType: String) -> Family? {
    all.first { $0.modelType.utf8.elementsEqual(modelType.utf8) }
  }
}

/// An architecture, and which of its layers have biases.
struct FamilyArchitecture {
  var architecture: Architecture
  /// The common names of the parts that have a bias in every layer.
  var biases: Set<String> = []

  /// The parts of attention.
  static let attention: Set = ["query", "key", "value", "attention_output"]
  /// The parts of a gated feed-forward.
  static let feedForward: Set = ["gate", "up", "down"]
}

/// The model that a `config.json` describes.
public struct FamilyModel: Sendable {
  /// The metadata key under which a Gobbet file keeps the text of the model's `config.json`.
  public static let metadataKey = "model.config"
  /// The metadata key under which it keeps the text of the `generation_config.json` beside that.
  public static let generationKey = "model.generation_config"

  /// The `model_type`.
  public let family: String
  /// What kind of model it is, with its sizes.
  public let architecture: Architecture
  /// The tokens at the ends of a text.
  public var textEnds = TextEnds()
  /// What its tensors are called.
  let names: FamilyNames
  /// The parts that have a bias in every layer.
  let biases: Set<String>

  /// Reads the text of a `config.json`; nil if its `model_type` isn't a family that is computed.
  ///
  /// Old and new spellings are read (`rope_theta` and `rope_parameters`, `torch_dtype` and `dtype`), and a
  /// text model nested under `text_config`.
  /// - Throws: `InterchangeError` for a setting that is missing, damaged, or changes the model in a
  ///   way that is not known here.
  public init?(json: [UInt8], path: String?) throws(InterchangeError) {
    let root = try JSONDocument(json, path: path).root
    guard root.isObject else { return nil }
    let object = try Self.textModel(in: root)
    guard let modelType = try object.member("model_type")?.string,
      let family = Family.named(modelType)
    else { return nil }
    if let quantization = try root.member("quantization_config"), !quantization.isNull {
      let config = try QuantizationConfig(quantization)
      guard config.isRead else {
        throw quantization.error(.unsupported("weights quantised by \(config.method)"))
      }
    }
    let settings = FamilySettings(object)
    let read: FamilyArchitecture
    do {
      read = try family.read(settings)
    } catch {
      throw InterchangeError(
        error.code, path: error.path ?? path, line: error.line, offset: error.offset,
        field: error.field)
    }
    if let flaw = read.architecture.flaw { throw object.error(.damaged(flaw)) }
    try settings.requireAllRead()
    self.family = modelType
    architecture = read.architecture
    biases = read.biases
    names = family.names
    textEnds = try TextEnds(json: json, path: path)
  }

  /// The `model_type` that a `config.json` names, of whichever family; nil if it names none.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  package static func modelType(in file: OpenedFile) throws -> String? {
    let root = try JSONDocument(file.bytes(limit: 1 << 24), path: file.path).root
    return root.isObject ? try textModel(in: root).member("model_type")?.string : nil
  }

  private static func textModel(in root: JSONValue) throws(InterchangeError) -> JSONValue {
    if let text = try root.member("text_config"), text.isObject { return text }
    return root
  }

  init(family: String, architecture: Architecture, names: FamilyNames, biases: Set<String>) {
    self.family = family
    self.architecture = architecture
    self.names = names
    self.biases = biases
  }

  /// Reads the `config.json` at `path`, as ``init(json:path:)`` does.
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  public init?(contentsOf path: String) throws {
    try self.init(OpenedFile(path))
  }

  /// Reads an open `config.json`.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  package init?(_ file: OpenedFile) throws {
    try self.init(json: file.bytes(limit: 1 << 24), path: file.path)
  }

  /// The weights in `source` under the names that the forward pass knows.
  ///
  /// - Throws: `InterchangeError` for the first tensor that is missing, misshapen or has no place.
  public func weights(in source: some TensorSource, path: String?) throws -> FamilyWeights {
    try FamilyWeights(source, architecture, names, biases: biases, path: path)
  }
}
