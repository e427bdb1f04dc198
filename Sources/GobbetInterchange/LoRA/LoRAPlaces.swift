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
  private let byModule: [[UInt8]: TensorDescription]
  private let dialect: GPT2Dialect?
  private let layerCount: Int

  init(_ tensors: [TensorDescription]) {
    self.tensors = tensors
    byModule = Dictionary(
      tensors.map { (Array(LoRAAdapter.module($0.name).utf8), $0) },
      uniquingKeysWith: { first, _ in first })
    let names = GPT2Names(tensors)
    dialect = names.dialect
    layerCount = dialect.map { names.layerCount($0) } ?? 0
  }

  /// The place of an update; `isInputMajor` is what its configuration says of weights.
  ///
  /// - Throws: ``InterchangeError``.
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
    // A layer under a name of another dialect than that of the weights, which are Hugging Face's then.
    if dialect == .huggingFace {
      for other in GPT2Dialect.allCases {
        for rule in other.rules(layerCount: layerCount) {
          guard let part = rule.parts.firstIndex(of: "\(update.module).weight"),
            let weight = byModule[Array(rule.canonical.utf8)]
          else { continue }
          let shape = [update.inputCount, update.outputCount * rule.parts.count]
          let isHead = rule.canonical == "lm_head.weight"
          guard weight.shape == (isHead ? shape.reversed() : shape) else {
            throw InterchangeError(
              .damaged("the weight is \(weight.shape), the update makes \(shape)"), path: path,
              field: field)
          }
          return Place(
            tensor: weight.name, firstColumn: part * update.outputCount, isOutputMajor: isHead)
        }
      }
    }
    throw InterchangeError(
      .damaged("the weights have no such layer"), path: path, field: field)
  }

  private func isOutputMajor(
    _ weight: TensorDescription, _ update: LoRAAdapter.Update, isInputMajor: Bool?, _ path: String
  ) throws(InterchangeError) -> Bool {
    let name = LoRAAdapter.module(weight.name)
    if let dialect,
      dialect.rules(layerCount: layerCount).contains(where: {
        $0.isLinear && $0.parts.contains(name)
      })
    {
      return dialect.isOutputMajor
    }
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
