internal import GobbetData
internal import GobbetSystem

/// What an adapter holds beside pairs of matrices: lengths of rows, whole layers, rows of embeddings.
struct LoRAExtras {
  /// Tensors that were trained as a whole, by their names without what wrappers put in front.
  private(set) var replacements: [(name: String, tensor: TensorDescription)] = []
  /// Rows of embeddings that were trained.
  private(set) var rows: [LoRAAdapter.Rows] = []
  private var magnitudes: [[UInt8]: TensorDescription] = [:]
  private var biases: [[UInt8]: TensorDescription] = [:]
  private let configuration: LoRAConfiguration
  private let path: String

  private static let magnitudeEndings = [
    ".lora_magnitude_vector", ".lora_magnitude_vector.weight",
    ".lora_magnitude_vector.default.weight", ".lora_magnitude_vector.default",
  ]
  private static let rowEndings = [
    ".token_adapter.trainable_tokens_delta", ".token_adapter.trainable_tokens_delta.default",
    ".trainable_tokens_delta", ".trainable_tokens_delta.default",
  ]

  private static let biasEndings = [".lora_B.bias", ".lora_B.default.bias"]
  /// What is a weight as a whole: PEFT saves embeddings with the adapter where they may have grown.
  private static let embeddings = [".embed_tokens.weight", ".lm_head.weight", ".wte.weight"]

  init(_ configuration: LoRAConfiguration, path: String) {
    self.configuration = configuration
    self.path = path
  }

  /// Takes a tensor that isn't a matrix of a pair; false if it is nothing that is known here.
  ///
  /// - Throws: `InterchangeError` for one that does not fit the configuration.
  mutating func take(_ tensor: TensorDescription) throws(InterchangeError) -> Bool {
    if let ending = Self.magnitudeEndings.first(where: tensor.name.hasSuffix) {
      guard configuration.usesMagnitudes else {
        throw InterchangeError(
          .damaged("lengths of rows, of which the configuration says nothing"), path: path,
          field: tensor.name)
      }
      magnitudes[Array(tensor.name.dropLast(ending.count).utf8)] = tensor
      return true
    }
    if let ending = Self.biasEndings.first(where: tensor.name.hasSuffix) {
      guard configuration.hasBiases else {
        throw InterchangeError(
          .damaged("biases, of which the configuration says nothing"), path: path,
          field: tensor.name)
      }
      biases[Array(tensor.name.dropLast(ending.count).utf8)] = tensor
      return true
    }
    if let ending = Self.rowEndings.first(where: tensor.name.hasSuffix) {
      let module = LoRAAdapter.module(String(tensor.name.dropLast(ending.count)))
      let indices = configuration.tokenIndices.first { key, _ in
        key.isEmpty || module == key || module.hasSuffix(".\(key)")
      }?.value
      guard let indices, tensor.shape.count == 2, tensor.shape[0] == indices.count else {
        throw InterchangeError(
          .damaged("rows \(tensor.shape) for \((indices?.count ?? 0).counted("id"))"), path: path,
          field: tensor.name)
      }
      rows.append(LoRAAdapter.Rows(module: module, rows: tensor, indices: indices))
      return true
    }
    let parts = tensor.name.split(separator: ".").map(String.init)
    let isBase = parts.contains("base_layer")
    let isBias = configuration.trainsBiases && parts.last == "bias"
    if isBase || isBias || Self.embeddings.contains(where: tensor.name.hasSuffix),
      !parts.contains("modules_to_save")
    {
      let name = parts.filter { $0 != "base_layer" }.joined(separator: ".")
      replacements.append((LoRAAdapter.module(name), tensor))
      return true
    }
    guard
      configuration.savedModules.contains(where: { module in
        // A name may be a path itself.
        parts.contains(module) || tensor.name.contains(".\(module).")
      })
    else { return false }
    let name = parts.indices.filter { index in
      parts[index] != "modules_to_save"
        && !(parts[index] == "default" && index > 0 && parts[index - 1] == "modules_to_save")
    }.map { parts[$0] }.joined(separator: ".")
    replacements.append((LoRAAdapter.module(name), tensor))
    return true
  }

  /// The lengths of the rows of a layer; nil if they are not trained.
  ///
  /// - Throws: `InterchangeError` if they are missing, or are not `count`.
  mutating func magnitudes(
    of name: String, count: Int
  ) throws(InterchangeError) -> TensorDescription? {
    guard configuration.usesMagnitudes else { return nil }
    guard let tensor = magnitudes.removeValue(forKey: Array(name.utf8)) else {
      throw InterchangeError(.damaged("no lengths of its rows"), path: path, field: name)
    }
    guard tensor.elementCount == count else {
      throw InterchangeError(
        .damaged("\(tensor.elementCount.counted("length")) of \(count.counted("row"))"), path: path,
        field: tensor.name)
    }
    return tensor
  }

  /// What is added to the biases of a layer; nil if nothing is.
  ///
  /// - Throws: `InterchangeError` if they are missing, or are not `count`.
  mutating func bias(
    of name: String, count: Int
  ) throws(InterchangeError) -> TensorDescription? {
    guard configuration.hasBiases else { return nil }
    guard let tensor = biases.removeValue(forKey: Array(name.utf8)) else {
      throw InterchangeError(.damaged("no biases of its matrices"), path: path, field: name)
    }
    guard tensor.elementCount == count else {
      throw InterchangeError(
        .damaged("\(tensor.elementCount) biases of \(count) outputs"), path: path,
        field: tensor.name)
    }
    return tensor
  }

  /// Refuses lengths of rows and biases that no pair of matrices goes with.
  func requireAllUsed() throws(InterchangeError) {
    let left = Array(magnitudes.values) + Array(biases.values)
    guard let tensor = left.min(by: { $0.name < $1.name }) else { return }
    throw InterchangeError(
      .damaged("lengths of rows, or biases, without matrices"), path: path, field: tensor.name)
  }
}
