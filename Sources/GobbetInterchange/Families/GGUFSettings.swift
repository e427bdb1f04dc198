internal import GobbetData
internal import GobbetSystem

/// What a GGUF file says of its model: the keys that begin with its architecture, and its tensors.
struct GGUFSettings {
  private let prefix: String
  private let path: String?
  private let value: (String) -> GGUFValue?
  /// The shape of a tensor; nil if there isn't one of that name.
  let shape: (String) -> [Int]?
  /// The elements of a tensor.
  let floats: (String) throws -> [Float]

  /// The settings of an architecture among values, and what tells of the tensors that go with them.
  init(
    architecture: String, path: String?, value: @escaping (String) -> GGUFValue?,
    shape: @escaping (String) -> [Int]?, floats: @escaping (String) throws -> [Float]
  ) {
    prefix = architecture + "."
    self.path = path
    self.value = value
    self.shape = shape
    self.floats = floats
  }

  func error(_ key: String, _ reason: String) -> InterchangeError {
    InterchangeError(.damaged(reason), path: path, field: prefix + key)
  }

  /// A positive integer.
  func size(_ key: String, default fallback: Int? = nil) throws(InterchangeError) -> Int {
    guard let value = value(prefix + key) else {
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    }
    guard let size = value.size, size > 0 else { throw error(key, "not a size") }
    return size
  }

  /// Whether the key is there.
  func has(_ key: String) -> Bool { value(prefix + key) != nil }

  /// A number.
  func number(_ key: String, default fallback: Double?) throws(InterchangeError) -> Double {
    switch value(prefix + key) {
    case .float32(let value): return Double(value)
    case .float64(let value): return value
    case nil:
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    default: throw error(key, "not a number")
    }
  }

  /// A truth value.
  func flag(_ key: String, default fallback: Bool) throws(InterchangeError) -> Bool {
    switch value(prefix + key) {
    case .bool(let value): return value
    case nil: return fallback
    default: throw error(key, "not a boolean")
    }
  }

  /// The sizes that all decoders have, with a norm before each layer.
  func decoder(_ norm: Architecture.Norm.Kind = .rms) throws(InterchangeError) -> Architecture {
    let headCount = try size("attention.head_count")
    let layerCount = try size("block_count")
    guard layerCount <= Architecture.maximumLayerCount else {
      throw error("block_count", "\(layerCount.counted("layer"))")
    }
    let rows = shape("token_embd.weight")?.first ?? 0
    let hiddenSize = try size("embedding_length")
    let headDimension = try size("attention.key_length", default: hiddenSize / headCount)
    guard try size("attention.value_length", default: headDimension) == headDimension else {
      throw InterchangeError(
        .unsupported("values of another length than keys"), path: path,
        field: prefix + "attention.value_length")
    }
    var architecture = Architecture(
      vocabularySize: try size("vocab_size", default: max(rows, 1)),
      contextLength: try size("context_length"), layerCount: layerCount,
      layerSizes: .init(
        hiddenSize: hiddenSize, headCount: headCount,
        keyValueHeadCount: try size("attention.head_count_kv", default: headCount),
        headDimension: headDimension, feedForwardSize: try size("feed_forward_length")))
    let key = norm == .layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"
    architecture.norm = .init(kind: norm, epsilon: Float(try number(key, default: nil)))
    return architecture
  }

  /// The rotation of all layers.
  func rotation(_ architecture: Architecture) throws -> Architecture.Rotation {
    var rotation = Architecture.Rotation(
      base: try number("rope.freq_base", default: 10_000),
      dimension: try size("rope.dimension_count", default: architecture.headDimension))
    let magnitude = try number("rope.scaling.attn_factor", default: 1)
    let length = try size(
      "rope.scaling.original_context_length", default: architecture.contextLength)
    switch value(prefix + "rope.scaling.type")?.string {
    case nil, "none", "longrope": break
    case "linear":
      rotation.scaling = .linear(factor: try number("rope.scaling.factor", default: nil))
    case "yarn":
      let factor = try number("rope.scaling.factor", default: nil)
      rotation.scaling = .yarn(
        factor: factor, fast: try number("rope.scaling.yarn_beta_fast", default: 32),
        slow: try number("rope.scaling.yarn_beta_slow", default: 1),
        originalContextLength: length,
        magnitude: has("rope.scaling.attn_factor")
          ? magnitude * Architecture.Rotation.yarnMagnitude(factor) : nil, roundsBounds: true)
    case let type:
      throw InterchangeError(
        .unsupported("rotary scaling of type \(type ?? "unknown")"), path: path,
        field: prefix + "rope.scaling.type")
    }
    func factors(_ name: String) throws -> [Double]? {
      shape(name) == nil ? nil : try floats(name).map(Double.init)
    }
    if let factors = try factors("rope_freqs.weight") {
      rotation.scaling = .factors(factors)
    } else if let long = try factors("rope_factors_long.weight"),
      let short = try factors("rope_factors_short.weight")
    {
      rotation.scaling = .longRope(
        short: short, long: long, originalContextLength: length, magnitude: magnitude)
    }
    guard magnitude == 1 || rotation.magnitude != 1 else {
      throw InterchangeError(
        .unsupported("a factor of attention without yarn or longrope"), path: path,
        field: prefix + "rope.scaling.attn_factor")
    }
    return rotation
  }

  /// Gives the layers that `isWindowed` chooses the window of the file, and a rotation of that base
  /// without scaling, or else of the same.
  func setWindows(
    of architecture: inout Architecture, base: Double? = nil, where isWindowed: (Int) -> Bool
  ) throws(InterchangeError) {
    let window = try size("attention.sliding_window")
    for layer in architecture.layers.indices where isWindowed(layer) {
      architecture.layers[layer].window = window
      guard let base else { continue }
      architecture.layers[layer].rotation?.base = base
      architecture.layers[layer].rotation?.scaling = .none
    }
  }
}
