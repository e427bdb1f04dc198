package import GobbetBPE
package import GobbetData
public import GobbetGPT
package import GobbetInterchange
internal import GobbetSystem

/// A file with the weights of a model, whichever of the formats it has.
///
/// What can be told without the weights is told before they are read: the kind of the model, its tokens,
/// its context.
package struct ModelFile: Sendable {
  private let input: WeightsInput
  private let weights: Weights

  /// The vocabulary in the file or beside it; nil if there is none.
  ///
  /// - Throws: as ``WeightsInput/vocabulary``.
  package var vocabulary: Vocabulary? { get throws { try input.vocabulary } }

  /// What kind of model it is.
  ///
  /// - Throws: `LoadingError` for a GPT-2 without sizes.
  package var architecture: Architecture {
    get throws(LoadingError) {
      try named { () throws(GPTError) in
        switch weights {
        case .family(_, let model): model.architecture
        case .gpt2(let source): try GPT.architecture(of: source)
        }
      }
    }
  }

  /// Refuses an encoder, which has no logits.
  ///
  /// - Throws: `LoadingError`.
  package func requireHead() throws(LoadingError) {
    let architecture = try architecture
    try named { () throws(GPTError) in try architecture.requireHead() }
  }

  /// Refuses texts that the model does not take, whatever its weights are.
  ///
  /// - Throws: `GPTError` for one without tokens, with others than the model has, or longer than the
  ///   context; `LoadingError`.
  package func check(_ texts: [[TokenID]], ofAnyLength: Bool = false) throws {
    let architecture = try architecture
    for ids in texts {
      try architecture.check(ids)
      if !ofAnyLength { try architecture.check(tokenCount: ids.count) }
    }
  }

  /// Names the file in what `body` finds wrong with it.
  private func named<Result>(
    _ body: () throws(GPTError) -> Result
  ) throws(LoadingError) -> Result {
    do {
      return try body()
    } catch {
      throw LoadingError(path: input.path, reason: "\(error)")
    }
  }

  /// The tokens at the ends of a text, by what the file and those beside it say.
  package var textEnds: TextEnds {
    get throws {
      switch weights {
      case .family(_, let model):
        var ends = model.textEnds
        if let text = input.source.metadata(forKey: FamilyModel.generationKey) {
          ends.add(try TextEnds(json: Array(text.utf8), path: input.path))
        } else if let file = try input.generationConfigurationFile {
          ends.add(try TextEnds(json: file.bytes(limit: 1 << 24), path: file.path))
        }
        if ends.ends.isEmpty, let vocabulary = try vocabulary { ends.add(try TextEnds(vocabulary)) }
        return ends
      case .gpt2(let source):
        var ends = TextEnds()
        let configuration =
          try source.metadata(forKey: GPT2Configuration.metadataKey).map {
            try GPT2Configuration(json: $0)
          } ?? input.configuration
        ends.beginning = configuration.beginningOfTextID.flatMap { TokenID(exactly: $0) }
        ends.ends = configuration.endOfTextID.flatMap { TokenID(exactly: $0) }.map { [$0] } ?? []
        return ends
      }
    }
  }

  /// How the states of a text become one vector, by a GGUF file or by sentence-transformers'
  /// `1_Pooling/config.json`; nil if neither says it.
  ///
  /// - Throws: `LoadingError` for a way that isn't one of ``Pooling``; `InterchangeError`.
  package var pooling: Pooling? {
    get throws {
      if let reader = input.source as? GGUFReader {
        let name = reader["general.architecture"]?.string ?? ""
        switch reader["\(name).pooling_type"]?.size {
        case nil, 0: return nil
        case 1: return .mean
        case 2: return .first
        case 3: return .last
        case let other?:
          throw LoadingError(path: input.path, reason: "\(name).pooling_type is \(other)")
        }
      }
      let path = siblingPath("1_Pooling/config.json", of: input.path)
      guard input.hasNeighbours, exists(path) else { return nil }
      let root = try JSONDocument(OpenedFile(path).bytes(limit: 1 << 16), path: path).root
      let ways: [(key: String, pooling: Pooling)] = [
        ("mean_tokens", .mean), ("cls_token", .first), ("lasttoken", .last),
      ]
      let chosen = try ways.filter { try root.member("pooling_mode_\($0.key)")?.bool == true }
      guard chosen.count == 1 else {
        throw LoadingError(path: path, reason: "pools in a way that isn't mean, first or last")
      }
      return chosen[0].pooling
    }
  }

  /// What stands before every text: by the vocabulary's post-processor, or as GGUF says.
  func beginning(_ vocabulary: Vocabulary) throws -> [TokenID] {
    if let template = vocabulary.pipeline.template { return template.before }
    let key = "tokenizer.ggml.add_bos_token"
    let isAdded =
      (input.source as? GGUFReader).map { $0[key] == .bool(true) }
      ?? (input.source.metadata(forKey: key) == "true")
    guard isAdded, let id = try textEnds.beginning else { return [] }
    return [id]
  }

  /// The given vocabulary, or else the file's.
  ///
  /// - Throws: `LoadingError` if there is none; as ``WeightsInput/vocabulary``.
  func requiredVocabulary(_ given: Vocabulary?) throws -> Vocabulary {
    guard let vocabulary = try given ?? vocabulary else {
      throw LoadingError(
        path: input.path,
        reason: "has no vocabulary in it or beside it; give one (--vocabulary, vocabulary:)")
    }
    return vocabulary
  }

  /// Refuses a vocabulary with ids that the model does not have.
  package func check(_ vocabulary: Vocabulary) throws(LoadingError) {
    let rowCount = try architecture.vocabularySize
    guard vocabulary.idBound <= rowCount else {
      throw LoadingError(
        path: input.path,
        reason: "has \(rowCount.counted("token")), the vocabulary \(vocabulary.idBound)")
    }
  }

  /// Weights under names that the forward pass knows.
  private enum Weights: Sendable {
    /// A GPT-2, with its configuration in the metadata.
    case gpt2(any TensorSource)
    /// A model of another family.
    case family(FamilyWeights, FamilyModel)
  }

  /// Opens weights in any format that `WeightsInput` knows, or a folder as `save_pretrained` writes it.
  ///
  /// What kind of model it is stands in the metadata or in the `config.json` beside the weights;
  /// without either it is a GPT-2, in its own layout in Gobbet files, in others recognised by its
  /// dialect.
  /// - Throws: `LoadingError` for other files; the errors of the formats.
  package init(_ path: String) throws {
    try self.init(OpenedFile(Self.weightsFile(at: path)))
  }

  /// Reads an open file of weights.
  package init(_ file: OpenedFile) throws {
    guard let input = try WeightsInput(file) else {
      throw try FileDescription.error(file, wanted: "weights")
    }
    self.input = input
    if let model = try Self.family(of: input) {
      weights = .family(try model.weights(in: input.elements(), path: file.path), model)
    } else {
      weights = .gpt2(
        input.format == .gobbet ? input.source : try Self.gpt2(input.source.widened(), input))
    }
  }

  /// Reads the weights, on that many threads.
  ///
  /// - Throws: `LoadingError` for weights that make no model; the errors of the format.
  package func model(precision: Precision, threadCount: Int) throws -> GPT {
    do {
      switch weights {
      case .gpt2(let source):
        return try GPT(source, precision: precision, threadCount: threadCount)
      case .family(let source, let model):
        return try GPT(
          source, architecture: model.architecture, precision: precision, threadCount: threadCount)
      }
    } catch let error as GPTError {
      // The call is at fault then, not the file.
      if case .invalidThreadCount = error.code { throw error }
      throw LoadingError(path: input.path, reason: "\(error)")
    }
  }

  /// The weights in the folder at `path`, or `path` itself if it isn't a folder.
  package static func weightsFile(at path: String) throws -> String {
    guard try FileStatus(of: path).kind == .directory else { return path }
    let names = OpenedFile.modelNames
    let files = names.map { path + "/" + $0 }
    guard let file = files.first(where: exists) else {
      throw FileError(path, .open, "a folder without \(names.joined(separator: " or "))")
    }
    return file
  }

  /// The model that the metadata, or the `config.json` beside the weights, describes; nil if it is not
  /// of a family.
  private static func family(of input: WeightsInput) throws -> FamilyModel? {
    if let json = input.source.metadata(forKey: FamilyModel.metadataKey) {
      return try FamilyModel(json: Array(json.utf8), path: input.path)
    }
    if let reader = input.source as? GGUFReader { return try FamilyModel(gguf: reader) }
    if input.format == .gobbet {
      if input.source.metadata(forKey: GPT2Configuration.metadataKey) != nil { return nil }
      return try FamilyModel(keptFromGGUF: input.source, path: input.path)
    }
    return try input.configurationFile.flatMap { try FamilyModel($0) }
  }

  private static func gpt2(
    _ source: some TensorSource, _ input: WeightsInput
  ) throws -> any TensorSource {
    let weights = try GPT2Weights(source, configuration: input.configuration(of: source))
    guard let weights else {
      if let file = try input.configurationFile, try FamilyModel.modelType(in: file) == nil {
        throw LoadingError(
          path: file.path, reason: "has no model_type, which says what family the model is of")
      }
      let misfit =
        try otherFamily(of: input).map { "no model of the family \($0) can be run" }
        ?? GPT2Weights.misfit(of: source.tensors)
      throw LoadingError(
        path: input.path, reason: misfit ?? "holds weights, but not those of a GPT-2")
    }
    return weights
  }

  /// The family that the metadata or the `config.json` names; nil if that is GPT-2.
  private static func otherFamily(of input: WeightsInput) throws -> String? {
    let name =
      try (input.source as? GGUFReader)?["general.architecture"]?.string
      ?? input.configurationFile.flatMap { try FamilyModel.modelType(in: $0) }
    return name == "gpt2" ? nil : name
  }
}

extension GPT {
  /// Reads the model at `path`: a file in any format of `WeightsInput`, or a folder as transformers
  /// writes it, with `config.json` and safetensors.
  ///
  /// ```swift
  /// let model = try GPT(path: "model.gobbet", precision: .bfloat16)
  /// let logits = try ForwardPass(model).logits(of: [39, 78, 13])
  /// print(logits.width)
  /// ```
  /// - Throws: `LoadingError` for weights that make no model; `FileError`, `InterchangeError`,
  ///   `FormatError`.
  public init(path: String, precision: Precision = .stored, threadCount: Int = 1) throws {
    self = try ModelFile(path).model(precision: precision, threadCount: threadCount)
  }
}
