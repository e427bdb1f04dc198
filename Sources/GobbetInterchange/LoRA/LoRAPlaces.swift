internal import GobbetData

/// Finds the weights that low-rank updates are for.
struct LoRAPlaces {
  /// Where an update goes.
  struct Place {
    /// The name of the weight.
    let tensor: String
    /// The first of its columns, where several layers stand side by side.
    let firstColumn: Int
    /// Whether the weight is [outputs, inputs].
    let isOutputMajor: Bool
  }

  private let tensors: [TensorDescription]
  /// Every tensor by its name without prefixes.
  let byModule: [[UInt8]: TensorDescription]
  private let dialect: GPT2Dialect?
  /// The weights of linear layers, under the names of the dialect.
  private let linearParts: Set<[UInt8]>
  /// Where a layer is in weights with Hugging Face's names, by its name in any dialect.
  private let foreignParts: [[UInt8]: ForeignPart]

  /// A part of a weight that stands alone in another dialect.
  private struct ForeignPart {
    let canonical: String
    let part: Int
    let partCount: Int
  }

  init(_ tensors: [TensorDescription]) {
    self.tensors = tensors
    byModule = Dictionary(
      tensors.map { (Array(LoRAAdapter.module($0.name).utf8), $0) },
      uniquingKeysWith: { first, _ in first })
    let names = GPT2Names(tensors)
    dialect = names.dialect
    let layerCount = dialect.map { names.layerCount($0) } ?? 0
    let rules = dialect?.rules(layerCount: layerCount) ?? []
    linearParts = Set(rules.filter(\.isLinear).flatMap(\.parts).map { Array($0.utf8) })
    var foreignParts: [[UInt8]: ForeignPart] = [:]
    // A layer under a name of another dialect than that of the weights, which are Hugging Face's then.
    for other in dialect == .huggingFace ? GPT2Dialect.allCases : [] {
      for rule in other.rules(layerCount: layerCount)
      where byModule[Array(rule.canonical.utf8)] != nil {
        for (part, name) in rule.parts.enumerated() where foreignParts[Array(name.utf8)] == nil {
          foreignParts[Array(name.utf8)] = ForeignPart(
            canonical: rule.canonical, part: part, partCount: rule.parts.count)
        }
      }
    }
    self.foreignParts = foreignParts
  }

  /// The place of an update; `isInputMajor` is what its configuration says of weights.
  ///
  /// - Throws: `InterchangeError`.
  func place(
    of update: LoRAAdapter.Update, isInputMajor: Bool?, _ path: String
  ) throws(InterchangeError) -> Place {
    let field = update.module
    if let weight = byModule[Array("\(update.module).weight".utf8)] {
      let shapes = [
        [update.outputCount, update.inputCount], [update.inputCount, update.outputCount],
      ]
      let isOutputMajor = try isOutputMajor(
        weight, update, isInputMajor: isInputMajor, path)
      guard weight.shape == shapes[isOutputMajor ? 0 : 1] else {
        throw InterchangeError(
          .damaged("the weight is \(weight.shape), the update \(shapes[isOutputMajor ? 0 : 1])"),
          path: path, field: field)
      }
      return Place(tensor: weight.name, firstColumn: 0, isOutputMajor: isOutputMajor)
    }
    if let foreign = foreignParts[Array("\(update.module).weight".utf8)],
      let weight = byModule[Array(foreign.canonical.utf8)]
    {
      let shape = [update.inputCount, update.outputCount * foreign.partCount]
      let isHead = foreign.canonical == "lm_head.weight"
      guard weight.shape == (isHead ? shape.reversed() : shape) else {
        throw InterchangeError(
          .damaged("the weight is \(weight.shape), the update makes \(shape)"), path: path,
          field: field)
      }
      return Place(
        tensor: weight.name, firstColumn: foreign.part * update.outputCount, isOutputMajor: isHead)
    }
    throw InterchangeError(
      .damaged("the weights have no such layer"), path: path, field: field)
  }

  private func isOutputMajor(
    _ weight: TensorDescription, _ update: LoRAAdapter.Update, isInputMajor: Bool?, _ path: String
  ) throws(InterchangeError) -> Bool {
    if update.isOfEmbedding { return false }
    let name = LoRAAdapter.module(weight.name)
    if let dialect, linearParts.contains(Array(name.utf8)) { return dialect.isOutputMajor }
    if let isInputMajor { return !isInputMajor }
    guard update.inputCount != update.outputCount else {
      // The book's layers, like all of PyTorch's, are [outputs, inputs].
      if !update.isTransposed { return true }
      throw InterchangeError(
        .unsupported("a square weight without fan_in_fan_out"), path: path, field: update.module)
    }
    return weight.shape == [update.outputCount, update.inputCount]
  }
}
