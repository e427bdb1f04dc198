internal import GobbetData

extension Block {
  /// Finds the parameters of a layer.
  ///
  /// - Throws: ``GPTError``, else an error of the source.
  init(_ parameters: inout Parameters, _ architecture: Architecture, layer: Int) throws {
    let names = parameters.names
    let size = architecture.hiddenSize
    let place = architecture.normPlace
    func name(_ part: String) -> String { names.name(layer, part) }
    let hasNormsBefore = place.isBefore
    let hasNormsAfter = place.isAfter
    attentionNorm = hasNormsBefore ? try parameters.norm(name(names.attentionNorm), size) : nil
    attention = try Attention(&parameters, architecture, layer: layer)
    attentionPostNorm =
      hasNormsAfter ? try parameters.norm(name(names.attentionPostNorm), size) : nil
    feedForwardNorm = hasNormsBefore ? try parameters.norm(name(names.feedForwardNorm), size) : nil
    if let experts = architecture.experts(inLayer: layer) {
      feedForward = .experts(
        Experts(
          router: try parameters.linear(
            name(names.router), size, experts.count, precision: .float32),
          experts: try (0..<experts.count).map {
            try FeedForward(
              &parameters, architecture, name(names.expert($0)), experts.feedForwardSize)
          }, settings: experts))
    } else {
      feedForward = .one(
        try FeedForward(&parameters, architecture, name(""), architecture.feedForwardSize))
    }
    feedForwardPostNorm =
      hasNormsAfter ? try parameters.norm(name(names.feedForwardPostNorm), size) : nil
    isParallel = place == .parallel
    normalizesSums = place == .afterAddition
    residualMultiplier = architecture.residualMultiplier
  }
}

extension FeedForward {
  /// A feed-forward of that size inside, whose names begin so.
  fileprivate init(
    _ parameters: inout Parameters, _ architecture: Architecture, _ prefix: String, _ inside: Int
  ) throws {
    let names = parameters.names
    let size = architecture.hiddenSize
    // After a GELU alone, inputs are hardly negative.
    let isUpwards = !architecture.isGated && architecture.activation == .geluTanh
    self.init(
      gate: architecture.isGated ? try parameters.linear(prefix + names.gate, size, inside) : nil,
      up: try parameters.linear(prefix + names.up, size, inside),
      down: try parameters.linear(
        prefix + names.down, inside, size, inputs: isUpwards ? .eightBitsUpwards : .sixteenBits),
      activation: architecture.activation, clamp: architecture.gateClamp)
  }
}

extension Attention {
  fileprivate init(
    _ parameters: inout Parameters, _ architecture: Architecture, layer: Int
  ) throws {
    let names = parameters.names
    let size = architecture.hiddenSize
    let head = architecture.headDimension
    let queries = architecture.headCount * head
    let keys = architecture.keyValueHeadCount * head
    let outputs = names.projections.count == 1 ? [queries + 2 * keys] : [queries, keys, keys]
    var projections: [Linear] = []
    for (part, count) in zip(names.projections, outputs) {
      projections.append(try parameters.linear(names.name(layer, part), size, count))
    }
    self.projections = projections
    let place = architecture.queryKeyNorm
    switch place {
    case .none: queryKeyNorm = nil
    case .perHead, .perHeadAfterRotation, .perWidth:
      queryKeyNorm = (
        try parameters.norm(
          names.name(layer, names.queryNorm), place == .perWidth ? queries : head),
        try parameters.norm(names.name(layer, names.keyNorm), place == .perWidth ? keys : head)
      )
    }
    queryKeyNormPlace = place
    combine = try parameters.linear(
      names.name(layer, names.attentionOutput), queries, size,
      inputs: architecture.hasLearnedPositions ? .eightBits : .sixteenBits)
    scores = Scores(
      headCount: architecture.headCount, keyValueHeadCount: architecture.keyValueHeadCount,
      headDimension: head, scale: architecture.attentionScale,
      softcap: architecture.attentionSoftcap, window: architecture.layers[layer].window,
      isCausal: architecture.isCausal,
      sinks: architecture.hasAttentionSinks
        ? try parameters.vector(
          "\(names.name(layer, names.sinks)).weight", count: architecture.headCount) : nil)
  }
}
