public import GobbetData

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
      throw GPTError(.invalidConfiguration("\(headCount) heads do not divide a width of \(width)"))
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
    let object = try FlatObject(json)
    func size(_ key: String) throws(GPTError) -> Int {
      switch object[key] {
      case .number(let value):
        guard let size = Int(exactly: value) else {
          throw GPTError(.invalidConfiguration("\(key) is no integer"))
        }
        return size
      case nil: throw GPTError(.invalidConfiguration("no \(key)"))
      default: throw GPTError(.invalidConfiguration("\(key) is no number"))
      }
    }
    var epsilon: Float = 1e-5
    switch object["layer_norm_epsilon"] {
    case nil: break
    case .number(let value): epsilon = Float(value)
    default: throw GPTError(.invalidConfiguration("layer_norm_epsilon is no number"))
    }
    var hasTiedHead = true
    switch object["tie_word_embeddings"] {
    case nil: break
    case .boolean(let value): hasTiedHead = value
    default: throw GPTError(.invalidConfiguration("tie_word_embeddings is no boolean"))
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
