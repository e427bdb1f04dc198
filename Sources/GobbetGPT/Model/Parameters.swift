internal import GobbetData

/// The tensors of a model under their Hugging Face names, found in a source and checked.
///
/// Weights of linear layers are [inputs, outputs], except `lm_head.weight`, which is [outputs,
/// inputs] as the embedding that usually stands in for it. Biases may be missing if they are in
/// every layer; the head may have any width, and a bias.
struct Parameters {
  private let source: any TensorSource
  private let precision: Precision
  private let threads: ThreadPool
  private var byName: [String: TensorDescription] = [:]

  /// Outputs of the head.
  let headWidth: Int
  /// Whether the head is a tensor of its own.
  let hasOwnHead: Bool

  /// Finds the tensors of a model of that configuration; the threads share the packing.
  ///
  /// - Throws: ``GPTError`` for the first tensor that is missing, misshapen or surplus.
  init(
    _ source: any TensorSource, _ configuration: Configuration, _ precision: Precision,
    _ threads: ThreadPool
  ) throws(GPTError) {
    self.source = source
    self.precision = precision
    self.threads = threads
    for tensor in source.tensors { byName[tensor.name] = tensor }
    // A number of layers out of a file must not decide how long the list of their tensors gets.
    let lastLayer = configuration.layerCount - 1
    guard lastLayer < byName.count else {
      throw GPTError(.missingTensor("h.\(lastLayer).ln_1.weight"))
    }
    let head = byName["lm_head.weight"]
    hasOwnHead = head != nil && !configuration.hasTiedHead
    if hasOwnHead, let head, head.shape.count == 2, head.shape[0] > 0 {
      headWidth = head.shape[0]
    } else {
      headWidth = configuration.vocabularySize
    }
    try check(Self.expected(configuration, headWidth: headWidth), configuration)
  }

  /// A tensor of the model.
  private struct Expectation {
    let name: String
    let shape: [Int]
    /// Whether the model can do without.
    var isOptional = false
  }

  private static func expected(
    _ configuration: Configuration, headWidth: Int
  ) -> [Expectation] {
    let width = configuration.width
    var list = [
      Expectation(name: "wte.weight", shape: [configuration.vocabularySize, width]),
      Expectation(name: "wpe.weight", shape: [configuration.contextLength, width]),
    ]
    func norm(_ name: String) {
      list.append(Expectation(name: "\(name).weight", shape: [width]))
      list.append(Expectation(name: "\(name).bias", shape: [width], isOptional: true))
    }
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) {
      list.append(Expectation(name: "\(name).weight", shape: [inputs, outputs]))
      list.append(Expectation(name: "\(name).bias", shape: [outputs], isOptional: true))
    }
    for layer in 0..<configuration.layerCount {
      norm("h.\(layer).ln_1")
      linear("h.\(layer).attn.c_attn", width, 3 * width)
      linear("h.\(layer).attn.c_proj", width, width)
      norm("h.\(layer).ln_2")
      linear("h.\(layer).mlp.c_fc", width, 4 * width)
      linear("h.\(layer).mlp.c_proj", 4 * width, width)
    }
    norm("ln_f")
    let isTied = configuration.hasTiedHead
    list.append(
      Expectation(name: "lm_head.weight", shape: [headWidth, width], isOptional: isTied))
    list.append(Expectation(name: "lm_head.bias", shape: [headWidth], isOptional: true))
    return list
  }

  private func check(
    _ expected: [Expectation], _ configuration: Configuration
  ) throws(GPTError) {
    let kinds = Set(byName.keys.map(Self.kind))
    var known: Set<String> = []
    for layer in 0..<configuration.layerCount {
      // Not parameters: the causal mask, which old files carry along.
      known.insert("h.\(layer).attn.bias")
      known.insert("h.\(layer).attn.masked_bias")
    }
    for expectation in expected {
      known.insert(expectation.name)
      guard let found = byName[expectation.name] else {
        if expectation.isOptional, !kinds.contains(Self.kind(expectation.name)) { continue }
        throw GPTError(.missingTensor(expectation.name))
      }
      guard found.shape == expectation.shape else {
        let code = GPTError.Code.wrongShape(
          expectation.name, expected: expectation.shape, found: found.shape)
        throw GPTError(code)
      }
    }
    for tensor in source.tensors where !known.contains(tensor.name) {
      throw GPTError(.surplusTensor(tensor.name))
    }
  }

  /// A tensor's name without the number of its layer; the final norm goes with the layers' norms.
  private static func kind(_ name: String) -> String {
    if name.hasPrefix("ln_f.") { return kind("h.0.ln_1." + name.dropFirst("ln_f.".count)) }
    guard name.hasPrefix("h.") else { return name }
    return name.split(separator: ".").dropFirst(2).joined(separator: ".")
  }

  /// A tensor's elements, checked to be finite; zeros if the model does without it.
  func vector(_ name: String, count: Int) throws -> [Float] {
    guard let tensor = byName[name] else { return [Float](repeating: 0, count: count) }
    let values = try source.floats(of: tensor)
    guard values.allSatisfy(\.isFinite) else { throw GPTError(.notFinite(name)) }
    return values
  }

  /// The weights [inputs, outputs] and bias of a linear layer.
  func linear(_ name: String, _ inputCount: Int, _ outputCount: Int) throws -> Linear {
    let weights = try matrix("\(name).weight", .byInput, inputCount, outputCount)
    return Linear(weights, bias: try vector("\(name).bias", count: outputCount))
  }

  /// A matrix of weights, packed.
  func matrix(
    _ name: String, _ order: PackedMatrix.Order, _ inputCount: Int, _ outputCount: Int
  ) throws -> PackedMatrix {
    guard let tensor = byName[name] else { throw GPTError(.missingTensor(name)) }
    let matrix = try PackedMatrix(
      source.floats(of: tensor), order, inputCount: inputCount, outputCount: outputCount,
      precision, threads)
    guard let matrix else { throw GPTError(.notFinite(name)) }
    return matrix
  }
}
