public import GobbetData

/// A decoder or an encoder: its weights, ready to be computed with.
///
/// Share it between threads; it never changes.
///
/// ```swift
/// let model = try GPT(path: "model.gobbet")
/// print(model.architecture.layers.count, model.architecture.contextLength)
/// ```
public struct GPT: Sendable {
  /// What the weights are in memory.
  public let precision: Precision
  /// What kind of model it is, with its sizes.
  public let architecture: Architecture
  /// Logits of a position: the vocabulary, or the classes of a classification head; 0 without a head.
  public var headWidth: Int { head?.outputCount ?? 0 }

  /// Bytes of all matrices in memory.
  package let weightByteCount: Int
  /// Bytes of the matrices that every token reads: of an embedding that is not the head it is a row.
  package var readByteCount: Int {
    weightByteCount - (architecture.hasTiedHead ? 0 : embedding.tokens.byteCount)
  }

  /// Whether most weights multiply floats of 32 bits.
  package let multipliesFloats: Bool

  let embedding: Embedding
  let embeddingNorm: Norm?
  let blocks: [Block]
  /// Nil where the norm of the last layer is the last.
  let finalNorm: Norm?
  /// Nil for an encoder.
  let head: Linear?
  /// An empty table for every kind of rotation.
  let turns: [Architecture.Rotation: TurnTable]

  /// Reads the weights of a GPT-2, on that many threads; the names are those of Hugging Face's GPT-2.
  ///
  /// Without a configuration, the source's metadata must hold one. A tensor `lm_head.weight` [K, C]
  /// is the head if the configuration does not tie it to the embedding, with `lm_head.bias` [K] if
  /// there is one; K need not be the vocabulary.
  /// - Throws: ``GPTError`` for weights that make no model, else an error of the source.
  public init(
    _ source: any TensorSource, configuration: GPTConfiguration? = nil,
    precision: Precision = .float32, threadCount: Int = 1
  ) throws {
    try self.init(
      source, configuration: configuration, precision: precision, threadCount: threadCount,
      partByteCount: PackingList.partByteCount)
  }

  /// The same, with matrices that are read about that many bytes at a time.
  package init(
    _ source: any TensorSource, configuration: GPTConfiguration? = nil, precision: Precision,
    threadCount: Int, partByteCount: Int
  ) throws {
    try self.init(
      source, Self.architecture(of: source, configuration), .gpt2, precision,
      threadCount: threadCount, partByteCount: partByteCount)
  }

  /// The architecture of a GPT-2 of the given configuration, or else that in the source's metadata.
  ///
  /// - Throws: ``GPTError`` for a configuration that is missing, or has more layers than the source.
  package static func architecture(
    of source: any TensorSource, _ given: GPTConfiguration? = nil
  ) throws(GPTError) -> Architecture {
    let configuration = if let given { given } else { try Self.configuration(of: source) }
    // A number of layers out of a file must not decide how long the list of their tensors gets.
    let lastLayer = configuration.layerCount - 1
    guard lastLayer < min(source.tensors.count, Architecture.maximumLayerCount) else {
      throw GPTError(.missingTensor("h.\(lastLayer).ln_1.weight"))
    }
    return configuration.architecture
  }

  /// Reads the weights of a model of any architecture, on that many threads.
  ///
  /// The names are the common ones that a family's own are brought to (`embedding.weight`,
  /// `blocks.0.query.weight` …); matrices are [outputs, inputs].
  /// - Throws: ``GPTError`` for weights that make no such model, else an error of the source.
  public init(
    _ source: any TensorSource, architecture: Architecture, precision: Precision = .float32,
    threadCount: Int = 1
  ) throws {
    try self.init(
      source, architecture, .common, precision, threadCount: threadCount,
      partByteCount: PackingList.partByteCount)
  }

  private init(
    _ source: any TensorSource, _ architecture: Architecture, _ names: ParameterNames,
    _ precision: Precision, threadCount: Int, partByteCount: Int
  ) throws {
    var parameters = try Parameters(
      source, architecture, names, precision, ThreadPool(threadCount: threadCount),
      partByteCount: partByteCount)
    let size = architecture.hiddenSize
    self.architecture = architecture
    self.precision = precision
    embedding = Embedding(
      tokens: try parameters.matrix(
        "\(names.tokenEmbedding).weight", .byOutput, size, architecture.vocabularySize),
      positions: architecture.hasLearnedPositions
        ? try parameters.vector(
          "\(names.positionEmbedding).weight", count: architecture.contextLength * size) : nil,
      types: architecture.tokenTypeCount > 0
        ? try parameters.vector(
          "\(names.tokenTypes).weight", count: architecture.tokenTypeCount * size) : nil,
      multiplier: architecture.embeddingMultiplier)
    embeddingNorm =
      architecture.normalizesEmbedding ? try parameters.norm(names.embeddingNorm, size) : nil
    blocks = try architecture.layers.indices.map {
      try Block(&parameters, architecture, layer: $0)
    }
    finalNorm = architecture.normPlace.isFinal ? try parameters.norm(names.finalNorm, size) : nil
    if !architecture.hasHead {
      head = nil
    } else if parameters.hasOwnHead {
      head = Linear(
        try parameters.matrix("\(names.head).weight", .byOutput, size, parameters.headWidth),
        bias: try parameters.vector("\(names.head).bias", count: parameters.headWidth))
    } else {
      head = Linear(embedding.tokens)
    }
    turns = Dictionary(uniqueKeysWithValues: architecture.rotations.map { ($0, TurnTable($0)) })
    weightByteCount = parameters.matrixByteCount
    multipliesFloats = 2 * parameters.floatByteCount > weightByteCount
    try parameters.pack()
  }

  private static func configuration(of source: any TensorSource) throws(GPTError)
    -> GPTConfiguration
  {
    guard let json = source.metadata(forKey: GPTConfiguration.metadataKey) else {
      throw GPTError(.missingConfiguration)
    }
    do {
      return try GPTConfiguration(json: json)
    } catch {
      throw GPTError(.invalidConfiguration(error.reason))
    }
  }
}
