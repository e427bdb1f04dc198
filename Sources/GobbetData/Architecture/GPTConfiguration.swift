internal import GobbetSystem

/// The sizes of a GPT-2 by the keys that they have in its `config.json`.
package enum GPTSize: String, CaseIterable, Sendable {
  case vocabularySize = "vocab_size"
  case contextLength = "n_positions"
  case width = "n_embd"
  case layerCount = "n_layer"
  case headCount = "n_head"

  /// The key.
  package var key: String { rawValue }
}

/// A configuration that makes no model.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong: one lower-case line.
  public let reason: String

  /// One line for a terminal or a log.
  public var description: String { "configuration: \(reason)" }
}

/// The sizes of a GPT-2, all known.
///
/// `GPT2Configuration` is what a file says of them, as far as it does.
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
  /// What stands between the matrices of a feed-forward.
  public var activation: Architecture.Activation
  /// Whether the head is the token embedding.
  public var hasTiedHead: Bool

  /// D, columns of a head.
  public var headWidth: Int { width / headCount }

  /// A model of these sizes, with the context of GPT-2 unless another is given.
  ///
  /// - Throws: ``ConfigurationError`` if a size is not positive or over 2^31, or the
  ///   heads do not divide the width.
  public init(
    vocabularySize: Int, contextLength: Int = 1024, width: Int, layerCount: Int, headCount: Int,
    layerNormEpsilon: Float = 1e-5, activation: Architecture.Activation = .geluTanh,
    hasTiedHead: Bool = true
  ) throws(ConfigurationError) {
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.width = width
    self.layerCount = layerCount
    self.headCount = headCount
    self.layerNormEpsilon = layerNormEpsilon
    self.activation = activation
    self.hasTiedHead = hasTiedHead
    for size in GPTSize.allCases {
      let count = self[size]
      guard count > 0, count <= 1 << 31 else {
        throw ConfigurationError(reason: "\(size.key) is \(count)")
      }
    }
    guard width.isMultiple(of: headCount) else {
      throw ConfigurationError(
        reason: "\(headCount.counted("head")) do not divide a width of \(width)")
    }
    guard layerNormEpsilon > 0, layerNormEpsilon.isFinite else {
      throw ConfigurationError(reason: "layer_norm_epsilon is \(layerNormEpsilon)")
    }
  }

  private subscript(size: GPTSize) -> Int {
    switch size {
    case .vocabularySize: vocabularySize
    case .contextLength: contextLength
    case .width: width
    case .layerCount: layerCount
    case .headCount: headCount
    }
  }

  /// Reads a flat JSON object with the keys of `config.json`; keys of no meaning here are skipped.
  ///
  /// `layer_norm_epsilon` is 1e-5, `activation_function` `gelu_new` and `tie_word_embeddings` true where
  /// they are not given.
  /// - Throws: ``ConfigurationError``.
  public init(json: String) throws(ConfigurationError) {
    let object: FlatJSON
    do {
      object = try FlatJSON(Array(json.utf8).span)
    } catch {
      throw ConfigurationError(reason: "byte \(error.offset): \(error.reason)")
    }
    func fault(_ member: FlatJSON.Member, _ what: String) -> ConfigurationError {
      ConfigurationError(reason: "byte \(member.offset): \(member.key) \(what)")
    }
    var activation = Architecture.Activation.geluTanh
    for member in object.members {
      guard case .text(let text) = member.value else { continue }
      guard member.key == Architecture.Activation.gpt2Key else {
        throw fault(member, "is a string")
      }
      guard let known = Architecture.Activation(configurationName: text) else {
        throw fault(member, "is \(text.cropped())")
      }
      activation = known
    }
    func size(_ size: GPTSize) throws(ConfigurationError) -> Int {
      guard let member = object[size.key] else {
        throw ConfigurationError(reason: "no \(size.key)")
      }
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
      vocabularySize: size(.vocabularySize), contextLength: size(.contextLength),
      width: size(.width), layerCount: size(.layerCount), headCount: size(.headCount),
      layerNormEpsilon: epsilon, activation: activation, hasTiedHead: hasTiedHead)
  }

  /// The object that ``init(json:)`` reads, its keys in a fixed order.
  public var json: String {
    var members = GPTSize.allCases.map { "\"\($0.key)\":\(self[$0])" }
    members.append("\"layer_norm_epsilon\":\(layerNormEpsilon)")
    if let member = activation.gpt2Member { members.append(member) }
    members.append("\"tie_word_embeddings\":\(hasTiedHead)")
    return "{\(members.joined(separator: ","))}"
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
    architecture.activation = activation
    architecture.isGated = false
    architecture.hasTiedHead = hasTiedHead
    return architecture
  }
}
