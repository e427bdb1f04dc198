public import GobbetData

/// The weights of a model under the names that the forward pass knows, whatever its family calls them.
///
/// Tensors are renamed, and those that hold several parts are cut into them, as they are read.
public struct FamilyWeights: TensorDecorator {
  /// The tensors: embedding, layer by layer, final norm, head.
  public let tensors: [TensorDescription]
  /// What the source has.
  public var metadata: [(String, String)] { source.metadata }
  private let source: any TensorSource
  private let parts: TensorMap<TensorPart>

  /// Finds the tensors of an architecture.
  ///
  /// - Throws: `InterchangeError` for the first tensor that is missing, misshapen or has no place.
  init(
    _ source: some TensorSource, _ architecture: Architecture, _ names: FamilyNames,
    biases: Set<String>, path: String?
  ) throws(InterchangeError) {
    var search = Search(source.tensors, architecture, names, path: path)
    let normsHaveBias = architecture.norm.kind == .layer
    try search.find("embedding", names.tokenEmbedding, hasBias: false)
    if architecture.hasLearnedPositions {
      try search.find("positions", names.positionEmbedding, hasBias: false)
    }
    if architecture.tokenTypeCount > 0 {
      try search.find("token_types", names.tokenTypes, hasBias: false)
    }
    if architecture.normalizesEmbedding, architecture.norm.kind != .rmsPlain {
      try search.find("embedding_norm", names.embeddingNorm, hasBias: normsHaveBias)
    }
    for layer in architecture.layers.indices {
      let experts = architecture.experts(inLayer: layer)
      for part in names.parts(haveExperts: experts != nil) {
        let isNorm = part.common.hasSuffix("norm")
        try search.find(
          part.common, layer, part.own,
          hasBias: isNorm ? normsHaveBias : biases.contains(part.common))
      }
      for expert in 0..<(experts?.count ?? 0) {
        for part in names.expertParts {
          try search.find(
            part.common, layer, part.own, hasBias: biases.contains(part.common), expert: expert)
        }
      }
    }
    if architecture.norm.kind != .rmsPlain, architecture.normPlace.isFinal {
      try search.find("final_norm", names.finalNorm, hasBias: normsHaveBias)
    }
    if architecture.hasHead, !architecture.hasTiedHead {
      try search.find("head", names.head, hasBias: false)
    } else {
      // Some programs write the tied head a second time.
      search.skip("\(names.head).weight")
    }
    try search.requireAllFound()
    self.source = source
    tensors = search.found.map(\.description)
    parts = TensorMap(search.found.map { ($0.description, $0) })
  }

  /// The tensor in the source that has the rows, or the expert.
  ///
  /// - Throws: `TensorError` (`missing`, `otherDescription`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    switch try parts.value(of: tensor) {
    case .rows(let rows): rows.origin(in: source)
    case .expert(let expert): expert.origin(in: source)
    }
  }
}
