internal import GobbetData
internal import GobbetSystem

extension FamilyWeights {
  /// The search for a model's tensors among those of a file.
  struct Search {
    /// What was found, in the order of the search.
    private(set) var found: [TensorPart] = []
    private let tensors: [TensorDescription]
    private var byName: [[UInt8]: TensorDescription] = [:]
    private var used: Set<[UInt8]> = []
    private let architecture: Architecture
    private let names: FamilyNames
    private let shapes: PartShapes
    private let path: String?
    /// What stands before all names.
    private let prefix: String

    init(
      _ tensors: [TensorDescription], _ architecture: Architecture, _ names: FamilyNames,
      path: String?
    ) {
      self.tensors = tensors
      self.architecture = architecture
      self.names = names
      shapes = PartShapes(architecture, names.sizeKeys)
      self.path = path
      for tensor in tensors { byName[Array(tensor.name.utf8)] = tensor }
      let embedding = "\(names.optionalPrefix)\(names.tokenEmbedding).weight"
      prefix = byName[Array(embedding.utf8)] != nil ? names.optionalPrefix : ""
    }

    /// Finds a tensor outside the layers, and its bias if it has one.
    mutating func find(
      _ common: String, _ own: String, hasBias: Bool
    ) throws(InterchangeError) {
      for end in hasBias ? ["weight", "bias"] : ["weight"] {
        let tensor = try tensor("\(own).\(end)")
        try append("\(common).\(end)", tensor, [0..<rowCount(of: tensor)])
        try checkShape(common, isBias: end == "bias", at: tensor.name)
      }
    }

    /// Finds a part of a layer, and its bias if it has one.
    mutating func find(
      _ common: String, _ layer: Int, _ part: FamilyNames.Part, hasBias: Bool, expert: Int? = nil
    ) throws(InterchangeError) {
      let part = expert.map { part.numbered($0) } ?? part
      let (plain, common) = (common, expert.map { "experts.\($0).\(common)" } ?? common)
      for end in hasBias ? ["weight", "bias"] : ["weight"] {
        let name = "blocks.\(layer).\(common).\(end)"
        switch part {
        case .own(let own):
          let tensor = try tensor("\(names.layers)\(layer).\(own).\(end)")
          try append(name, tensor, [0..<rowCount(of: tensor)])
        case .bare(let own):
          let tensor = try tensor("\(names.layers)\(layer).\(own)")
          try append(name, tensor, [0..<rowCount(of: tensor)])
        case .slice(let own):
          let tensor = try tensor("\(names.layers)\(layer).\(own).\(end)")
          guard tensor.shape.count > 1, tensor.shape[0] == architecture.experts?.count else {
            throw error(
              .damaged("shape \(tensor.shape), which is not that of the experts"), at: tensor.name)
          }
          do {
            found.append(.rows(try RowSelection(name: name, of: tensor, slice: expert ?? 0)))
          } catch {
            throw InterchangeError(.tensor("\(error)"), path: path, field: tensor.name)
          }
        case .stacked(let own, let first, let step):
          let tensor = try tensor(
            "\(names.layers)\(layer).\(own)\(end == "bias" ? "_bias" : "")")
          guard tensor.shape[0] == architecture.experts?.count,
            let expert = ExpertPart(
              name: name, of: tensor, expert: expert ?? 0, first: first, step: step)
          else {
            throw error(
              .damaged("shape \(tensor.shape), which is not that of the experts"), at: tensor.name)
          }
          found.append(.expert(expert))
        case .joined(let own, let join):
          let tensor = try tensor("\(names.layers)\(layer).\(own).\(end)")
          let (rows, count) = rows(of: join)
          guard tensor.shape.first == count else {
            throw error(
              .damaged("shape \(tensor.shape), expected \(count.counted("row"))"), at: tensor.name)
          }
          try append(name, tensor, rows)
        }
        try checkShape(
          plain, isBias: end == "bias", isExpert: expert != nil,
          at: found.last?.tensor.name ?? name)
      }
    }

    /// Refuses what was found last if its shape isn't what the sizes of the model say.
    private func checkShape(
      _ common: String, isBias: Bool, isExpert: Bool = false, at name: String
    ) throws(InterchangeError) {
      guard let shape = found.last?.description.shape,
        let flaw = shapes.flaw(shape, of: common, isBias: isBias, isExpert: isExpert)
      else { return }
      throw error(.damaged(flaw), at: name)
    }

    /// Leaves a tensor out that may be there.
    mutating func skip(_ name: String) { used.insert(Array(name.utf8)) }

    /// Refuses the first tensor that the model has no place for.
    func requireAllFound() throws(InterchangeError) {
      for tensor in tensors where !used.contains(Array(tensor.name.utf8)) {
        if names.buffers.contains(where: tensor.name.hasSuffix) { continue }
        let isOfHead = { (head: String) in
          tensor.name.hasPrefix(head) || tensor.name.hasPrefix(prefix + head)
        }
        if names.heads.contains(where: isOfHead) { continue }
        throw error(.unsupported("the model has no place for this tensor"), at: tensor.name)
      }
    }

    /// The rows of a part in a joined tensor, and how many that must have.
    private func rows(of join: FamilyNames.Join) -> ([Range<Int>], count: Int) {
      let head = architecture.headDimension
      let queries = architecture.headCount * head
      let keys = architecture.keyValueHeadCount * head
      switch join {
      case .projections(let index):
        let bounds = [0, queries, queries + keys, queries + 2 * keys]
        return ([bounds[index]..<bounds[index + 1]], bounds[3])
      case .headwiseProjections(let index):
        let runs = (0..<architecture.headCount).map { number in
          let first = (3 * number + index) * head
          return first..<(first + head)
        }
        return (runs, 3 * queries)
      case .gateAndUp(let index):
        let size = architecture.feedForwardSize
        return ([(index * size)..<((index + 1) * size)], 2 * size)
      }
    }

    private func rowCount(of tensor: TensorDescription) -> Int { tensor.shape.first ?? 0 }

    private mutating func tensor(_ name: String) throws(InterchangeError) -> TensorDescription {
      let name = prefix + name
      guard let tensor = byName[Array(name.utf8)] ?? byName[Array(Self.oldName(name).utf8)] else {
        throw error(.damaged("is missing"), at: name)
      }
      guard !tensor.shape.isEmpty else { throw error(.damaged("has no rows"), at: name) }
      used.insert(Array(tensor.name.utf8))
      return tensor
    }

    /// What a norm's weight or bias was called by TensorFlow, as old files of BERT still call it.
    private static func oldName(_ name: String) -> String {
      for (new, old) in [(".weight", ".gamma"), (".bias", ".beta")] where name.hasSuffix(new) {
        return name.dropLast(new.count) + old
      }
      return name
    }

    private mutating func append(
      _ name: String, _ tensor: TensorDescription, _ rows: [Range<Int>]
    ) throws(InterchangeError) {
      do {
        found.append(.rows(try RowSelection(name: name, of: tensor, rows: rows)))
      } catch {
        throw InterchangeError(.tensor("\(error)"), path: path, field: tensor.name)
      }
    }

    private func error(_ code: InterchangeError.Code, at name: String) -> InterchangeError {
      InterchangeError(code, path: path, field: "tensor \(name)")
    }
  }
}
