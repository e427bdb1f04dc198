public import GobbetData

/// A GPT-2 model: its weights, ready to be computed with.
///
/// Share it between threads; it never changes.
public struct GPT: Sendable {
  /// What the weights are in memory.
  public let precision: Precision
  /// The sizes of the model.
  public let configuration: GPTConfiguration
  /// Logits of a position: the vocabulary, or the classes of a classification head.
  public var headWidth: Int { head.outputCount }

  let embedding: Embedding
  let blocks: [Block]
  let finalNorm: LayerNorm
  let head: Linear

  /// Reads the weights, on that many threads; the names are those of Hugging Face's GPT-2.
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

  /// The same, with matrices that are read about so many bytes at a time.
  package init(
    _ source: any TensorSource, configuration: GPTConfiguration? = nil, precision: Precision,
    threadCount: Int, partByteCount: Int
  ) throws {
    let configuration = try configuration ?? Self.configuration(of: source)
    var parameters = try Parameters(
      source, configuration, precision, ThreadPool(threadCount: threadCount),
      partByteCount: partByteCount)
    let width = configuration.width
    func norm(_ name: String) throws -> LayerNorm {
      LayerNorm(
        gain: try parameters.vector("\(name).weight", count: width),
        shift: try parameters.vector("\(name).bias", count: width),
        epsilon: configuration.layerNormEpsilon)
    }
    self.configuration = configuration
    self.precision = precision
    embedding = Embedding(
      tokens: try parameters.matrix(
        "wte.weight", .byOutput, width, configuration.vocabularySize),
      positions: try parameters.vector(
        "wpe.weight", count: configuration.contextLength * width))
    blocks = try (0..<configuration.layerCount).map { layer in
      let name = "h.\(layer)"
      return Block(
        attentionNorm: try norm("\(name).ln_1"),
        attention: Attention(
          project: try parameters.linear("\(name).attn.c_attn", width, 3 * width),
          combine: try parameters.linear(
            "\(name).attn.c_proj", width, width, inputs: .eightBits)),
        feedForwardNorm: try norm("\(name).ln_2"),
        feedForward: FeedForward(
          up: try parameters.linear("\(name).mlp.c_fc", width, 4 * width),
          down: try parameters.linear(
            "\(name).mlp.c_proj", 4 * width, width, inputs: .eightBitsUpwards)))
    }
    finalNorm = try norm("ln_f")
    if parameters.hasOwnHead {
      head = Linear(
        try parameters.matrix("lm_head.weight", .byOutput, width, parameters.headWidth),
        bias: try parameters.vector("lm_head.bias", count: parameters.headWidth))
    } else {
      head = Linear(embedding.tokens)
    }
    try parameters.pack()
  }

  private static func configuration(of source: any TensorSource) throws(GPTError)
    -> GPTConfiguration
  {
    guard let json = source.metadata(forKey: GPTConfiguration.metadataKey) else {
      throw GPTError(.missingConfiguration)
    }
    return try GPTConfiguration(json: json)
  }
}
