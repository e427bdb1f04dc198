internal import GobbetData

/// The tensors of a model under the names and in the layouts that llama.cpp reads.
///
/// Parts that are one tensor there come after one another, and so do the matrices of a layer's experts;
/// rows of queries and keys are put in the order of neighbouring pairs where that is wanted. Vectors are
/// floats of 32 bits, to which 1 is added for the norms of Gemma.
struct GGUFModelTensors: TensorDecorator {
  let tensors: [TensorDescription]
  let metadata: [(String, String)]
  private let source: FamilyWeights
  private let contents: TensorMap<Content>

  /// What a tensor is made of.
  private enum Content: Sendable {
    /// Rows of tensors of the source, one after the other; `headDimension` is given where those of each
    /// head are to be put in the order of pairs.
    case rows(of: [TensorDescription], headDimension: Int?)
    /// Floats that are held, row by row.
    case vector([Float])
  }

  /// Lays the weights of a model out as a family of GGUF has them.
  ///
  /// - Throws: `InterchangeError` for parts of unlike types; an error of the source.
  init(
    _ source: FamilyWeights, _ model: Architecture, _ family: GGUFFamily,
    metadata: [(String, String)]
  ) throws {
    self.source = source
    self.metadata = metadata
    var entries: [(TensorDescription, Content)] = []
    func add(_ name: String, _ parts: [TensorDescription], headDimension: Int?, stacks: Bool) throws
    {
      let first = parts[0]
      guard parts.allSatisfy({ $0.elementType == first.elementType }) else {
        throw InterchangeError(
          .notRepresentable("parts of one tensor that have other types of elements"), path: nil,
          field: "tensor \(name)")
      }
      var shape = first.shape
      if stacks {
        shape = [parts.count] + shape
      } else {
        shape[0] = parts.reduce(0) { $0 + $1.shape[0] }
      }
      let content: Content
      if first.shape.count == 1 {
        let isNorm = name.utf8.suffix(12).elementsEqual("_norm.weight".utf8)
        let offset: Float = model.norm.kind == .rmsOffset && isNorm ? 1 : 0
        var elements: [Float] = []
        for part in parts {
          let floats = try source.floats(of: part).map { $0 + offset }
          elements += headDimension.map { Self.inPairs(floats, $0) } ?? floats
        }
        content = .vector(elements)
      } else {
        content = .rows(of: parts, headDimension: headDimension)
      }
      let tensor = try TensorDescription(
        name: name, elementType: first.shape.count == 1 ? .float32 : first.elementType,
        shape: shape)
      entries.append((tensor, content))
    }
    let names = TensorNames(source)
    func found(_ name: String) -> TensorDescription? { names[name] }
    let ends = ["weight", "bias"]
    func addPlain(_ common: String, _ own: String) throws {
      for end in ends {
        guard let tensor = found("\(common).\(end)") else { continue }
        try add("\(own).\(end)", [tensor], headDimension: nil, stacks: false)
      }
    }
    try addPlain("embedding", family.names.tokenEmbedding)
    if model.hasLearnedPositions { try addPlain("positions", family.names.positionEmbedding) }
    if let types = found("token_types.weight") {
      // llama.cpp adds the first row as it is, and adds no other floats to those of 32 bits.
      let tensor = try TensorDescription(
        name: "\(family.names.tokenTypes).weight", elementType: .float32, shape: types.shape)
      entries.append((tensor, .vector(try source.floats(of: types))))
    }
    if model.normalizesEmbedding {
      try addPlain("embedding_norm", family.names.embeddingNorm)
    }
    for layer in model.layers.indices {
      var done: Set<[UInt8]> = []
      for (_, part) in family.names.parts where done.insert(Array(part.name.utf8)).inserted {
        // All parts that are in one tensor, in its order, which is that of the table.
        let members = family.names.parts.filter { $0.own.name.utf8.elementsEqual(part.name.utf8) }
        for end in ends {
          let parts = members.compactMap { found("blocks.\(layer).\($0.common).\(end)") }
          guard !parts.isEmpty else { continue }
          let isTurned = members.count == 1 && ["query", "key"].contains(members[0].common)
          try add(
            "\(family.names.layers)\(layer).\(part.name).\(end)", parts,
            headDimension: family.pairsAreNeighbours && isTurned ? model.headDimension : nil,
            stacks: false)
        }
      }
      for (common, part) in family.names.expertParts {
        for end in ends {
          let parts = (0..<(model.experts?.count ?? 0)).compactMap {
            found("blocks.\(layer).experts.\($0).\(common).\(end)")
          }
          guard !parts.isEmpty else { continue }
          try add(
            "\(family.names.layers)\(layer).\(part.name).\(end)", parts, headDimension: nil,
            stacks: true)
        }
      }
    }
    if model.normPlace.isFinal { try addPlain("final_norm", family.names.finalNorm) }
    if model.hasHead {
      try addPlain(model.hasTiedHead && family.needsHead ? "embedding" : "head", family.names.head)
    }
    for (name, factors) in family.ropeFactors(model) {
      let tensor = try TensorDescription(
        name: "\(name).weight", elementType: .float32, shape: [factors.count])
      entries.append((tensor, .vector(factors)))
    }
    tensors = entries.map(\.0)
    contents = TensorMap(entries)
  }

  /// The elements of heads whose halves were pairs, pair by pair.
  private static func inPairs(_ elements: [Float], _ headDimension: Int) -> [Float] {
    elements.indices.map { elements[row($0, headDimension)] }
  }

  /// The row that stands at a place in the order of pairs.
  private static func row(_ place: Int, _ headDimension: Int) -> Int {
    let (head, inside) = (place / headDimension, place % headDimension)
    return head * headDimension + inside % 2 * (headDimension / 2) + inside / 2
  }

  /// The tensors of the source whose rows follow each other; none for a vector.
  ///
  /// - Throws: `TensorError` (`missing`, `otherDescription`).
  func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    switch try contents.value(of: tensor) {
    case .vector(let floats):
      return unsafe TensorOrigin(madeOf: [], readsParts: true) { range, destination in
        for (index, byte) in range.enumerated() {
          // SAFETY: the memory has as many bytes as the range.
          unsafe destination[index] = UInt8(
            truncatingIfNeeded: floats[byte / 4].bitPattern >> (byte % 4 * 8))
        }
      }
    case .rows(let parts, let headDimension):
      return unsafe TensorOrigin(madeOf: parts.map { ($0, source) }, readsParts: true) {
        range, destination in
        var start = 0
        for part in parts {
          let own = range.clamped(to: start..<(start + part.byteCount))
          if !own.isEmpty {
            let offset = own.lowerBound - range.lowerBound
            // SAFETY: the range lies in the reader's, and so its bytes in the memory.
            try unsafe read(
              part, bytes: (own.lowerBound - start)..<(own.upperBound - start), headDimension,
              into: .init(rebasing: destination[offset..<(offset + own.count)]))
          }
          start += part.byteCount
        }
      }
    }
  }

  /// Reads a range of one part, row by row where rows are put in another order.
  private func read(
    _ part: TensorDescription, bytes range: Range<Int>, _ headDimension: Int?,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller's buffer has as many bytes as the range, of which rows are parts.
    guard let headDimension else {
      return try unsafe source.read(part, bytes: range, into: destination)
    }
    let rowByteCount = part.byteCount / max(part.shape[0], 1)
    var next = range.lowerBound
    while next < range.upperBound {
      let (place, offset) = (next / rowByteCount, next % rowByteCount)
      let count = min(rowByteCount - offset, range.upperBound - next)
      let from = Self.row(place, headDimension) * rowByteCount + offset
      let to = next - range.lowerBound
      try unsafe source.read(
        part, bytes: from..<(from + count), into: .init(rebasing: destination[to..<(to + count)]))
      next += count
    }
  }
}
