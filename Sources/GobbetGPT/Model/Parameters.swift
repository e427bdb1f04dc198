internal import GobbetData

/// The tensors of a model under their Hugging Face names, found in a source and checked.
///
/// Matrices get their place when they are asked for and their weights all together, by ``pack()``.
///
/// Weights of linear layers are [inputs, outputs], except `lm_head.weight`, which is [outputs,
/// inputs] as the embedding that usually stands in for it. Biases may be missing if they are in
/// every layer; the head may have any width, and a bias.
struct Parameters {
  private let source: any TensorSource
  private let precision: Precision
  private let threads: ThreadPool
  private var byName: [String: TensorDescription] = [:]
  private let panels: LargeMemory
  /// Words of the panels that are taken.
  private var wordCount = 0
  private var packingList: PackingList

  /// Outputs of the head.
  let headWidth: Int
  /// Whether the head is a tensor of its own.
  let hasOwnHead: Bool

  /// Finds the tensors of a model of that configuration; the threads share the packing.
  ///
  /// - Throws: ``GPTError`` for the first tensor that is missing, misshapen or surplus.
  init(
    _ source: any TensorSource, _ configuration: GPTConfiguration, _ precision: Precision,
    _ threads: ThreadPool, partByteCount: Int
  ) throws(GPTError) {
    self.source = source
    packingList = PackingList(partByteCount: partByteCount)
    self.precision = precision
    self.threads = threads
    var byName: [String: TensorDescription] = [:]
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
    self.byName = byName
    let expected = Self.expected(configuration, headWidth: headWidth)
    try Self.check(expected, configuration, source, byName)
    var wordCount = 0
    for expectation in expected where byName[expectation.name] != nil {
      guard let order = expectation.order else { continue }
      let shape = order == .byInput ? expectation.shape : expectation.shape.reversed()
      let words = PackedMatrix.wordCount(
        inputCount: shape[0], outputCount: shape[1], precision)
      let (sum, overflow) = wordCount.addingReportingOverflow(words ?? .max)
      guard !overflow else { throw GPTError(.outOfMemory(byteCount: .max)) }
      wordCount = sum
    }
    panels = try LargeMemory(wordCount: wordCount)
  }

  /// A tensor of the model.
  private struct Expectation {
    let name: String
    let shape: [Int]
    /// Whether the model can do without.
    var isOptional = false
    /// How the weights of a matrix lie; nil for what is not packed.
    var order: PackedMatrix.Order?
  }

  private static func expected(
    _ configuration: GPTConfiguration, headWidth: Int
  ) -> [Expectation] {
    let width = configuration.width
    var list = [
      Expectation(
        name: "wte.weight", shape: [configuration.vocabularySize, width], order: .byOutput),
      Expectation(name: "wpe.weight", shape: [configuration.contextLength, width]),
    ]
    func norm(_ name: String) {
      list.append(Expectation(name: "\(name).weight", shape: [width]))
      list.append(Expectation(name: "\(name).bias", shape: [width], isOptional: true))
    }
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) {
      list.append(
        Expectation(name: "\(name).weight", shape: [inputs, outputs], order: .byInput))
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
      Expectation(
        name: "lm_head.weight", shape: [headWidth, width], isOptional: isTied, order: .byOutput))
    list.append(Expectation(name: "lm_head.bias", shape: [headWidth], isOptional: true))
    return list
  }

  private static func check(
    _ expected: [Expectation], _ configuration: GPTConfiguration, _ source: any TensorSource,
    _ byName: [String: TensorDescription]
  ) throws(GPTError) {
    let kinds = Set(byName.keys.map(kind))
    var known: Set<String> = []
    for layer in 0..<configuration.layerCount {
      // Not parameters: the causal mask, which old files carry along.
      known.insert("h.\(layer).attn.bias")
      known.insert("h.\(layer).attn.masked_bias")
    }
    for expectation in expected {
      known.insert(expectation.name)
      guard let found = byName[expectation.name] else {
        if expectation.isOptional, !kinds.contains(kind(expectation.name)) { continue }
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
  mutating func linear(
    _ name: String, _ inputCount: Int, _ outputCount: Int, inputs: InputRounding = .sixteenBits
  ) throws -> Linear {
    let weights = try matrix("\(name).weight", .byInput, inputCount, outputCount)
    return Linear(
      weights, bias: try vector("\(name).bias", count: outputCount), inputs: inputs)
  }

  /// A matrix whose weights come with ``pack()``.
  mutating func matrix(
    _ name: String, _ order: PackedMatrix.Order, _ inputCount: Int, _ outputCount: Int
  ) throws(GPTError) -> PackedMatrix {
    guard let tensor = byName[name] else { throw GPTError(.missingTensor(name)) }
    let matrix = PackedMatrix(
      inputCount: inputCount, outputCount: outputCount, precision, panels, offset: wordCount)
    wordCount +=
      PackedMatrix.wordCount(inputCount: inputCount, outputCount: outputCount, precision) ?? 0
    packingList.append(tensor, order, matrix, from: source)
    return matrix
  }

  /// Reads and packs the weights of all matrices.
  ///
  /// - Throws: ``GPTError`` (`notFinite`), else an error of the source.
  func pack() throws { try packingList.pack(from: source, threads) }
}
