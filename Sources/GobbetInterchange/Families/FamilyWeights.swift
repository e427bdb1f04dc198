public import GobbetData

/// The weights of a model under the names that the forward pass knows, whatever its family calls them.
///
/// Tensors are renamed, and those that hold several parts are cut into them, as they are read.
public struct FamilyWeights: TensorSource {
  /// The tensors: embedding, layer by layer, final norm, head.
  public let tensors: [TensorDescription]
  /// What the source has.
  public var metadata: [(String, String)] { source.metadata }
  private let source: any TensorSource
  private let selections: [[UInt8]: TensorPart]

  /// Finds the tensors of an architecture.
  ///
  /// - Throws: ``InterchangeError`` for the first tensor that is missing, misshapen or has no place.
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
      for part in names.parts {
        let isNorm = part.common.hasSuffix("norm")
        try search.find(
          part.common, layer, part.own,
          hasBias: isNorm ? normsHaveBias : biases.contains(part.common))
      }
      for expert in 0..<(architecture.experts?.count ?? 0) {
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
    selections = Dictionary(
      search.found.map { (Array($0.description.name.utf8), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  private func selection(of tensor: TensorDescription) throws(TensorError) -> TensorPart {
    guard let selection = selections[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard selection.description == tensor else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return selection
  }

  /// Copies one tensor.
  ///
  /// - Throws: `TensorError` if there is none, else an error of the source.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of one tensor.
  ///
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "FamilyWeights: not the bytes of the tensor")
    let selection: RowSelection
    switch try self.selection(of: tensor) {
    case .rows(let rows): selection = rows
    case .expert(let expert):
      // SAFETY: the caller promises a valid buffer of the range's size.
      return try unsafe expert.read(from: source, bytes: range, into: destination)
    }
    var written = 0
    try selection.forEachRun(in: range) { run in
      // SAFETY: the runs of a range have as many bytes together as the range, and so the buffer.
      try unsafe source.read(
        selection.tensor, bytes: run,
        into: .init(rebasing: destination[written..<(written + run.count)]))
      written += run.count
    }
  }

  /// Whether the source reads parts of what the tensor is a part of.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    guard case .rows(let selection)? = try? selection(of: tensor) else { return false }
    return source.readsParts(of: selection.tensor)
  }

  /// Calls `body` with one tensor's data where it lies, if its rows lie together.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    guard case .rows(let selection) = try selection(of: tensor), let run = selection.onlyRun
    else { return nil }
    return try unsafe source.withBytesInPlace(of: selection.tensor) { bytes in
      // SAFETY: the run lies in the tensor.
      try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[run]))
    }
  }

  /// Checks that the source allows memory for what the tensor is a part of.
  ///
  /// - Throws: an error of the source if it does not.
  public func requireMemory(for tensor: TensorDescription) throws {
    try source.requireMemory(for: try selection(of: tensor).tensor)
  }
}
