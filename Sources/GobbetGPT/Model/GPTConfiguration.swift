public import GobbetData
internal import GobbetSystem

/// The sizes of a model, under the names of GPT-2's `config.json`.
public struct GPTConfiguration: Hashable, Sendable {
  /// The metadata key under which weights carry it.
  public static let metadataKey = "gpt.configuration"

  /// V, rows of the token embedding.
  public var vocabularySize: Int
  /// Positions that the model can see at once.
  public var contextLength: Int
  /// C, the width of the residual stream.
  public var width: Int
  /// Blocks.
  public var layerCount: Int
  /// H, heads of a block's attention; divides the width.
  public var headCount: Int
  /// What LayerNorm adds to the variance.
  public var layerNormEpsilon: Float
  /// Whether the head is the token embedding.
  public var hasTiedHead: Bool

  /// D, columns of a head.
  public var headWidth: Int { width / headCount }

  /// A model of these sizes, with the context of GPT-2 unless another is given.
  ///
  /// - Throws: ``GPTError`` (`invalidConfiguration`) if a size is not positive or over 2^31, or the
  ///   heads do not divide the width.
  public init(
    vocabularySize: Int, contextLength: Int = 1024, width: Int, layerCount: Int, headCount: Int,
    layerNormEpsilon: Float = 1e-5, hasTiedHead: Bool = true
  ) throws(GPTError) {
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.width = width
    self.layerCount = layerCount
    self.headCount = headCount
    self.layerNormEpsilon = layerNormEpsilon
    self.hasTiedHead = hasTiedHead
    for (key, size) in sizes {
      guard size > 0, size <= 1 << 31 else {
        throw GPTError(.invalidConfiguration("\(key) is \(size)"))
      }
    }
    guard width.isMultiple(of: headCount) else {
      throw GPTError(
        .invalidConfiguration("\(headCount.counted("head")) do not divide a width of \(width)"))
    }
    guard layerNormEpsilon > 0, layerNormEpsilon.isFinite else {
      throw GPTError(.invalidConfiguration("layer_norm_epsilon is \(layerNormEpsilon)"))
    }
  }

  private var sizes: [(key: String, size: Int)] {
    [
      ("vocab_size", vocabularySize), ("n_positions", contextLength), ("n_embd", width),
      ("n_layer", layerCount), ("n_head", headCount),
    ]
  }

  /// Reads a flat JSON object with the keys of `config.json`; keys of no meaning here are skipped.
  ///
  /// `layer_norm_epsilon` is 1e-5 and `tie_word_embeddings` true where they are not given.
  /// - Throws: ``GPTError`` (`invalidConfiguration`).
  public init(json: String) throws(GPTError) {
    let object: FlatJSON
    do {
      object = try FlatJSON(Array(json.utf8).span)
    } catch {
      throw GPTError(.invalidConfiguration("byte \(error.offset): \(error.reason)"))
    }
    func fault(_ member: FlatJSON.Member, _ what: String) -> GPTError {
      GPTError(.invalidConfiguration("byte \(member.offset): \(member.key) \(what)"))
    }
    for member in object.members {
      if case .text = member.value { throw fault(member, "is a string") }
    }
    func size(_ key: String) throws(GPTError) -> Int {
      guard let member = object[key] else { throw GPTError(.invalidConfiguration("no \(key)")) }
      guard case .number(let value) = member.value else { throw fault(member, "isn't a number") }
      guard let size = Int(exactly: value) else { throw fault(member, "isn't an integer") }
      return size
    }
    var epsilon: Float = 1e-5
    if let member = object["layer_norm_epsilon"] {
      guard case .number(let value) = member.value else { throw fault(member, "isn't a number") }
      epsilon = Float(value)
    }
    var hasTiedHead = true
    if let member = object["tie_word_embeddings"] {
      guard case .flag(let value) = member.value else { throw fault(member, "isn't a boolean") }
      hasTiedHead = value
    }
    try self.init(
      vocabularySize: size("vocab_size"), contextLength: size("n_positions"),
      width: size("n_embd"), layerCount: size("n_layer"), headCount: size("n_head"),
      layerNormEpsilon: epsilon, hasTiedHead: hasTiedHead)
  }

  /// The object that ``init(json:)`` reads, its keys in a fixed order.
  public var json: String {
    let sizes = sizes.map { "\"\($0.key)\":\($0.size)" }.joined(separator: ",")
    return "{\(sizes),\"layer_norm_epsilon\":\(layerNormEpsilon),"
      + "\"tie_word_embeddings\":\(hasTiedHead)}"
  }
}

extension GPTConfiguration {
  /// The architecture of a GPT-2 of these sizes.
  ///
  /// - Precondition: there are at most `Architecture.maximumLayerCount` layers.
  public var architecture: Architecture {
    var architecture = Architecture(
      vocabularySize: vocabularySize, contextLength: contextLength, layerCount: layerCount,
      layerSizes: .init(hiddenSize: width, headCount: headCount, feedForwardSize: 4 * width))
    architecture.norm = .init(kind: .layer, epsilon: layerNormEpsilon)
    architecture.hasLearnedPositions = true
    architecture.activation = .geluTanh
    architecture.isGated = false
    architecture.hasTiedHead = hasTiedHead
    return architecture
  }
}
