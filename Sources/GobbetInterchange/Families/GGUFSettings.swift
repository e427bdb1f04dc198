internal import GobbetData

/// The settings of a model in a GGUF file: the keys that begin with its architecture.
struct GGUFSettings {
  private let reader: GGUFReader
  private let prefix: String

  init(_ reader: GGUFReader, _ architecture: String) {
    self.reader = reader
    prefix = architecture + "."
  }

  private func error(_ key: String, _ reason: String) -> InterchangeError {
    InterchangeError(.damaged(reason), path: reader.path, field: prefix + key)
  }

  /// A positive integer.
  func size(_ key: String, default fallback: Int? = nil) throws(InterchangeError) -> Int {
    guard let value = reader[prefix + key] else {
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    }
    guard let size = value.size, size > 0 else { throw error(key, "not a size") }
    return size
  }

  /// A number.
  func number(_ key: String, default fallback: Double?) throws(InterchangeError) -> Double {
    switch reader[prefix + key] {
    case .float32(let value): return Double(value)
    case .float64(let value): return value
    case nil:
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    default: throw error(key, "not a number")
    }
  }

  /// The sizes that all decoders have, with RMSNorm before each layer.
  func decoder() throws(InterchangeError) -> Architecture {
    let headCount = try size("attention.head_count")
    let layerCount = try size("block_count")
    guard layerCount <= Architecture.maximumLayerCount else {
      throw error("block_count", "\(layerCount) layers")
    }
    let embedding = reader.tensor(named: "token_embd.weight")
    let rows = embedding?.shape.first ?? 0
    let hiddenSize = try size("embedding_length")
    let headDimension = try size("attention.key_length", default: hiddenSize / headCount)
    guard try size("attention.value_length", default: headDimension) == headDimension else {
      throw InterchangeError(
        .unsupported("values of another length than keys"), path: reader.path,
        field: prefix + "attention.value_length")
    }
    var architecture = Architecture(
      vocabularySize: try size("vocab_size", default: max(rows, 1)),
      contextLength: try size("context_length"), hiddenSize: hiddenSize, layerCount: layerCount,
      headCount: headCount,
      keyValueHeadCount: try size("attention.head_count_kv", default: headCount),
      headDimension: headDimension, feedForwardSize: try size("feed_forward_length"))
    architecture.norm = .init(
      kind: .rms,
      epsilon: Float(try number("attention.layer_norm_rms_epsilon", default: nil)))
    return architecture
  }

  /// The rotation of all layers.
  func rotation(_ architecture: Architecture) throws -> Architecture.Rotation {
    var rotation = Architecture.Rotation(
      base: try number("rope.freq_base", default: 10_000),
      dimension: try size("rope.dimension_count", default: architecture.headDimension))
    switch reader[prefix + "rope.scaling.type"]?.string {
    case nil, "none": break
    case "linear":
      rotation.scaling = .linear(factor: try number("rope.scaling.factor", default: nil))
    case let type:
      throw InterchangeError(
        .unsupported("rotary scaling of type \(type ?? "unknown")"), path: reader.path,
        field: prefix + "rope.scaling.type")
    }
    if let factors = reader.tensor(named: "rope_freqs.weight") {
      rotation.scaling = .factors(try reader.floats(of: factors).map(Double.init))
    }
    return rotation
  }
}
