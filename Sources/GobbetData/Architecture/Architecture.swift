/// Everything that tells one decoder from another: a transformer block with switches.
///
/// A family of models (Llama, Qwen, Gemma …) is a value of this type and a table of names; the forward
/// pass knows this type alone.
public struct Architecture: Hashable, Sendable {
  /// More layers than any model has; a number out of a file beyond it is damage.
  public static let maximumLayerCount = 1 << 16

  /// V, rows of the token embedding.
  public var vocabularySize: Int
  /// Positions that the model can see at once.
  public var contextLength: Int
  /// C, the floats of the residual stream.
  public var hiddenSize: Int
  /// The layers, first to last.
  public var layers: [Layer]
  /// H, heads with queries.
  public var headCount: Int
  /// Heads with keys and values.
  ///
  /// It divides ``headCount``: each serves as many heads with queries.
  public var keyValueHeadCount: Int
  /// D, the floats of a head; apart from hidden size / heads.
  public var headDimension: Int
  /// Floats inside the feed-forward, where that isn't experts'.
  public var feedForwardSize: Int

  /// How rows are normalised.
  public var norm = Norm(kind: .rms, epsilon: 1e-6)
  /// Where norms stand in a block.
  public var normPlace = NormPlace.before
  /// Whether the embedding is normalised too (nanochat, BERT).
  public var normalizesEmbedding = false
  /// Whether the embedding of the position is added to that of the token (GPT-2, BERT).
  public var hasLearnedPositions = false
  /// Types of tokens, whose embedding is added to that of the token; 0 for none (BERT has two).
  public var tokenTypeCount = 0
  /// Whether a position sees those up to its own only; an encoder's see all of the text (BERT).
  public var isCausal = true
  /// What scores are multiplied by before the softmax; 1 / √D by default.
  public var attentionScale: Float
  /// What scores are capped to by tanh before the softmax; nil for no cap (Gemma 2).
  public var attentionSoftcap: Float?
  /// Whether every head has a score beside those of the positions, which takes its share of the
  /// softmax and gives nothing for it (gpt-oss).
  public var hasAttentionSinks = false
  /// How queries and keys are normalised.
  public var queryKeyNorm = QueryKeyNorm.none
  /// What stands between the matrices of the feed-forward.
  public var activation = Activation.silu
  /// Whether the activation of one matrix is multiplied by the output of another (SwiGLU, GeGLU).
  public var isGated = true
  /// What bounds a gate and what it multiplies; nil for nothing.
  public var gateClamp: GateClamp?
  /// The experts of which every token's feed-forward is made; nil for one feed-forward for all.
  public var experts: Experts?
  /// What the token embedding is multiplied by.
  public var embeddingMultiplier: Float = 1
  /// What attention and feed-forward are multiplied by before they are added to the residual stream.
  public var residualMultiplier: Float = 1
  /// What logits are multiplied by.
  public var logitScale: Float = 1
  /// What logits are capped to by tanh after the scale; nil for no cap.
  public var logitSoftcap: Float?
  /// Whether there is a head that makes logits of the last states; an encoder has none.
  public var hasHead = true
  /// Whether the head is the token embedding.
  public var hasTiedHead = false

  /// Creates an architecture of these sizes whose switches are those of Llama, without positions.
  ///
  /// Every layer sees all positions and turns none; set ``layers`` to change that.
  /// - Precondition: there are at most ``maximumLayerCount`` layers.
  public init(
    vocabularySize: Int, contextLength: Int, layerCount: Int, layerSizes sizes: LayerSizes
  ) {
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    hiddenSize = sizes.hiddenSize
    precondition(
      layerCount >= 0 && layerCount <= Self.maximumLayerCount, "Architecture: too many layers")
    layers = [Layer](repeating: Layer(), count: layerCount)
    headCount = sizes.headCount
    keyValueHeadCount = sizes.keyValueHeadCount
    headDimension = sizes.headDimension
    feedForwardSize = sizes.feedForwardSize
    attentionScale = 1 / Float(max(headDimension, 1)).squareRoot()
  }

  /// The tokens up to which texts are turned differently from longer ones; more than there are where all are
  /// turned alike.
  package var shortTextLength: Int {
    layers.lazy.compactMap { $0.rotation?.shortTextLength }.first ?? .max
  }

  /// How a layer turns queries and keys in texts of up to ``shortTextLength`` tokens, or in longer ones; nil
  /// for not at all.
  package func rotation(ofLayer layer: Int, inLongTexts isLong: Bool) -> Rotation? {
    isLong ? layers[layer].rotation?.inLongTexts : layers[layer].rotation
  }

  /// The rotations of all layers, in short texts and in long ones.
  package var rotations: Set<Rotation> {
    Set(layers.compactMap(\.rotation).flatMap { [$0, $0.inLongTexts] })
  }

  /// The sizes that all layers share.
  public struct LayerSizes: Hashable, Sendable {
    /// C, the floats of the residual stream.
    public var hiddenSize: Int
    /// H, heads with queries.
    public var headCount: Int
    /// Heads with keys and values.
    public var keyValueHeadCount: Int
    /// D, the floats of a head.
    public var headDimension: Int
    /// Floats inside the feed-forward.
    public var feedForwardSize: Int

    /// Creates sizes; by default every head has keys and values, and the heads share the hidden size.
    public init(
      hiddenSize: Int, headCount: Int, keyValueHeadCount: Int? = nil, headDimension: Int? = nil,
      feedForwardSize: Int
    ) {
      self.hiddenSize = hiddenSize
      self.headCount = headCount
      self.keyValueHeadCount = keyValueHeadCount ?? headCount
      self.headDimension = headDimension ?? (headCount > 0 ? hiddenSize / headCount : 0)
      self.feedForwardSize = feedForwardSize
    }
  }

  /// How one layer differs from its neighbours.
  public struct Layer: Hashable, Sendable {
    /// Positions that a row sees, its own among them; nil for all up to its own.
    public var window: Int?
    /// How queries and keys are turned by their position; nil for not at all.
    public var rotation: Rotation?

    /// Creates a layer that sees `window` positions.
    public init(window: Int? = nil, rotation: Rotation? = nil) {
      self.window = window
      self.rotation = rotation
    }
  }

  /// How a row is normalised.
  public struct Norm: Hashable, Sendable {
    /// What is divided by, and what is multiplied by.
    public enum Kind: Hashable, Sendable {
      /// To mean 0 and variance 1, times a weight, plus a bias where there is one (LayerNorm).
      case layer
      /// By the root mean square, times a weight (RMSNorm).
      case rms
      /// By the root mean square, times 1 + weight (Gemma).
      case rmsOffset
      /// By the root mean square alone (nanochat).
      case rmsPlain
    }

    /// What is divided by, and what is multiplied by.
    public var kind: Kind
    /// What is added to the variance or to the mean of squares.
    public var epsilon: Float

    /// Creates a norm.
    public init(kind: Kind, epsilon: Float) {
      self.kind = kind
      self.epsilon = epsilon
    }
  }

  /// Where norms stand in a block.
  public enum NormPlace: Hashable, Sendable {
    /// Before attention and before the feed-forward (GPT-2, Llama).
    case before
    /// After each, before it is added (OLMo 2).
    case after
    /// After each, of the sum of it and the residual stream (BERT); then there is no final norm.
    case afterAddition
    /// Before and after each (Gemma 2).
    case both
    /// Before each, and both of the same residual stream, so that they add up (GPT-NeoX).
    case parallel

    /// Whether a norm stands before attention and before the feed-forward.
    package var isBefore: Bool { self != .after && self != .afterAddition }
    /// Whether a norm stands after each.
    package var isAfter: Bool { self == .after || self == .afterAddition || self == .both }
    /// Whether a norm stands between the last layer and the head.
    package var isFinal: Bool { self != .afterAddition }
  }

  /// How queries and keys are normalised, by the root mean square.
  public enum QueryKeyNorm: Hashable, Sendable {
    /// Not at all.
    case none
    /// Head by head, before they are turned (Qwen 3, Gemma 3).
    case perHead
    /// All heads together, before they are turned (OLMo 2).
    case perWidth
    /// Head by head, after they are turned, without weights (nanochat).
    case perHeadAfterRotation
  }

  /// What stands between the matrices of a feed-forward.
  public enum Activation: Hashable, Sendable {
    /// GELU in the form with tanh.
    case geluTanh
    /// GELU by the error function.
    case geluErf
    /// x / (1 + exp(−x)), also called swish.
    case silu
    /// x / (1 + exp(−1.702 x)), also called quick GELU.
    case geluSigmoid
    /// max(x, 0).
    case relu
    /// max(x, 0)².
    case reluSquared
  }
}
