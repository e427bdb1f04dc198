internal import GobbetData

/// The tensors that an architecture asks for, under its names.
struct ExpectedTensors {
  /// A tensor of the model.
  struct Tensor {
    let name: String
    let shape: [Int]
    /// Whether the model can do without.
    var isOptional = false
    /// How the weights of a matrix lie; nil for what is not packed.
    var order: PackedMatrix.Order?
    /// What the weights of a matrix are in memory; nil for what the model's are.
    var precision: Precision?
  }

  private(set) var tensors: [Tensor] = []
  private let architecture: Architecture
  private let names: ParameterNames

  /// All tensors of a model whose head has that many outputs.
  init(_ architecture: Architecture, _ names: ParameterNames, headWidth: Int) {
    self.architecture = architecture
    self.names = names
    let size = architecture.hiddenSize
    tensors.append(
      Tensor(
        name: "\(names.tokenEmbedding).weight", shape: [architecture.vocabularySize, size],
        order: .byOutput))
    if architecture.hasLearnedPositions {
      tensors.append(
        Tensor(
          name: "\(names.positionEmbedding).weight", shape: [architecture.contextLength, size]))
    }
    if architecture.tokenTypeCount > 0 {
      tensors.append(
        Tensor(name: "\(names.tokenTypes).weight", shape: [architecture.tokenTypeCount, size]))
    }
    if architecture.normalizesEmbedding { appendNorm(names.embeddingNorm, size) }
    for layer in architecture.layers.indices { appendLayer(layer) }
    if architecture.normPlace.isFinal { appendNorm(names.finalNorm, size) }
    guard architecture.hasHead else { return }
    tensors.append(
      Tensor(
        name: "\(names.head).weight", shape: [headWidth, size],
        isOptional: architecture.hasTiedHead, order: .byOutput))
    tensors.append(Tensor(name: "\(names.head).bias", shape: [headWidth], isOptional: true))
  }

  private mutating func appendLayer(_ layer: Int) {
    let size = architecture.hiddenSize
    func name(_ part: String) -> String { names.name(layer, part) }
    let place = architecture.normPlace
    if place.isBefore { appendNorm(name(names.attentionNorm), size) }
    let queries = architecture.headCount * architecture.headDimension
    let keys = architecture.keyValueHeadCount * architecture.headDimension
    let outputs = names.projections.count == 1 ? [queries + 2 * keys] : [queries, keys, keys]
    for (part, count) in zip(names.projections, outputs) { appendLinear(name(part), size, count) }
    switch architecture.queryKeyNorm {
    case .none, .perHeadAfterRotation: break
    case .perHead:
      for part in [names.queryNorm, names.keyNorm] {
        appendNorm(name(part), architecture.headDimension)
      }
    case .perWidth:
      appendNorm(name(names.queryNorm), queries)
      appendNorm(name(names.keyNorm), keys)
    }
    if architecture.hasAttentionSinks {
      tensors.append(
        Tensor(name: "\(name(names.sinks)).weight", shape: [architecture.headCount]))
    }
    appendLinear(name(names.attentionOutput), queries, size)
    if place.isAfter { appendNorm(name(names.attentionPostNorm), size) }
    if place.isBefore { appendNorm(name(names.feedForwardNorm), size) }
    if let experts = architecture.experts(inLayer: layer) {
      appendLinear(name(names.router), size, experts.count, .float32)
      for expert in 0..<experts.count {
        appendFeedForward(name(names.expert(expert)), experts.feedForwardSize)
      }
    } else {
      appendFeedForward(name(""), architecture.feedForwardSize)
    }
    if place.isAfter { appendNorm(name(names.feedForwardPostNorm), size) }
  }

  /// The matrices of a feed-forward of that size inside, whose names begin so.
  private mutating func appendFeedForward(_ prefix: String, _ inside: Int) {
    let size = architecture.hiddenSize
    if architecture.isGated { appendLinear(prefix + names.gate, size, inside) }
    appendLinear(prefix + names.up, size, inside)
    appendLinear(prefix + names.down, inside, size)
  }

  private mutating func appendNorm(_ name: String, _ size: Int) {
    guard architecture.norm.kind != .rmsPlain else { return }
    tensors.append(Tensor(name: "\(name).weight", shape: [size]))
    if architecture.norm.kind == .layer {
      tensors.append(Tensor(name: "\(name).bias", shape: [size], isOptional: true))
    }
  }

  private mutating func appendLinear(
    _ name: String, _ inputs: Int, _ outputs: Int, _ precision: Precision? = nil
  ) {
    tensors.append(
      Tensor(
        name: "\(name).weight",
        shape: names.order == .byInput ? [inputs, outputs] : [outputs, inputs],
        order: names.order, precision: precision))
    tensors.append(Tensor(name: "\(name).bias", shape: [outputs], isOptional: true))
  }

  /// Checks that the source has these tensors and no others.
  ///
  /// - Throws: ``GPTError`` for the first that is missing, misshapen or surplus.
  func check(
    _ source: any TensorSource, _ byName: [String: TensorDescription]
  ) throws(GPTError) {
    let kinds = Set(byName.keys.map(names.kind))
    var known: Set<String> = []
    if names.projections.count == 1 {
      for layer in architecture.layers.indices {
        // Not parameters: the causal mask, which old files of GPT-2 carry along.
        known.insert(names.name(layer, "attn.bias"))
        known.insert(names.name(layer, "attn.masked_bias"))
      }
    }
    for tensor in tensors {
      known.insert(tensor.name)
      guard let found = byName[tensor.name] else {
        if tensor.isOptional, !kinds.contains(names.kind(tensor.name)) { continue }
        throw GPTError(.missingTensor(tensor.name))
      }
      guard found.shape == tensor.shape else {
        throw GPTError(
          .wrongShape(tensor.name, expected: tensor.shape, found: found.shape))
      }
    }
    for tensor in source.tensors where !known.contains(tensor.name) {
      throw GPTError(.surplusTensor(tensor.name))
    }
  }
}
