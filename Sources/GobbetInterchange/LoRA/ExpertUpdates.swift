internal import GobbetData
internal import GobbetSystem

/// Updates of parameters that aren't linear layers, as PEFT's `target_parameters` trains them: the matrices
/// of all experts in one tensor, for which both halves of the update hold every expert's.
///
/// The rows of A stand expert by expert; of the columns of B each expert has every n-th. The layers may
/// hold the parameter as one tensor, or each expert's matrices apart.
/// - Source: `ParamWrapper` in `lora/layer.py` of peft 0.21.2.
struct ParameterUpdate: Sendable {
  /// The module that has the parameter, without what wrappers put in front.
  let module: String
  /// The parameter's name in the module.
  let parameter: String
  /// The layer's name as PEFT's patterns know it.
  let layer: String
  let down: TensorDescription
  let up: TensorDescription

  /// A tensor of the weights, an update of it, and the first element that it changes.
  typealias Placed = (
    tensor: TensorDescription, update: LoRAAdapter.Update, firstElement: Int, isOutputMajor: Bool
  )

  /// The updates of the tensors that `weights` have for the parameter.
  ///
  /// - Throws: `InterchangeError` if there are none, or they have other shapes.
  func placed(
    in weights: [[UInt8]: TensorDescription], _ configuration: LoRAConfiguration, path: String
  ) throws(InterchangeError) -> [Placed] {
    let name = "\(module).\(parameter)"
    func fail(_ reason: String) -> InterchangeError {
      InterchangeError(.damaged(reason), path: path, field: name)
    }
    let (inputs, outputs) = (down.shape[1], up.shape[0])
    if let tensor = weights[Array(name.utf8)] {
      guard tensor.shape.count == 3 else {
        guard tensor.shape == [outputs, inputs] else {
          throw fail("the parameter is \(tensor.shape), the update \([outputs, inputs])")
        }
        return [(tensor, try update(configuration, nil, experts: 1), 0, true)]
      }
      let sizes = Array(tensor.shape.dropFirst())
      // Square ones are [outputs, inputs], but for gpt-oss's, which have biases beside them.
      let isInputMajor =
        sizes == [inputs, outputs]
        && (inputs != outputs || weights[Array("\(name)_bias".utf8)] != nil)
      guard isInputMajor || sizes == [outputs, inputs] else {
        throw fail("the experts are \(sizes), the update \([outputs, inputs])")
      }
      let count = tensor.shape[0]
      return try (0..<count).map { expert throws(InterchangeError) in
        let part = LoRAAdapter.ExpertShare(
          expert: expert, expertCount: count, outputs: 0..<outputs)
        return (
          tensor, try update(configuration, part, experts: count),
          expert * inputs * outputs, !isInputMajor
        )
      }
    }
    let layers = separateExperts(in: weights)
    guard !layers.isEmpty else { throw fail("the weights have no such parameter") }
    var placed: [Placed] = []
    for (expert, tensors) in layers.enumerated() {
      var first = 0
      for tensor in tensors {
        guard tensor.shape.count == 2, tensor.shape[1] == inputs, first + tensor.shape[0] <= outputs
        else { throw fail("\(tensor.name) is \(tensor.shape), the update \([outputs, inputs])") }
        let part = LoRAAdapter.ExpertShare(
          expert: expert, expertCount: layers.count, outputs: first..<(first + tensor.shape[0]))
        first += tensor.shape[0]
        placed.append((tensor, try update(configuration, part, experts: layers.count), 0, true))
      }
      guard first == outputs else {
        throw fail("expert \(expert) has \(first) outputs, the update \(outputs)")
      }
    }
    return placed
  }

  /// Each expert's own tensors, in the order in which they stand in the parameter.
  private func separateExperts(
    in weights: [[UInt8]: TensorDescription]
  ) -> [[TensorDescription]] {
    guard let parts = Self.parts[parameter] else { return [] }
    let modules = [module, module.replacingSuffix("mlp.experts", by: "block_sparse_moe.experts")]
    for module in modules {
      for names in parts {
        var experts: [[TensorDescription]] = []
        while true {
          let found = names.compactMap {
            weights[Array("\(module).\(experts.count).\($0).weight".utf8)]
          }
          guard found.count == names.count else { break }
          experts.append(found)
        }
        if !experts.isEmpty { return experts }
      }
    }
    return []
  }

  /// What stands for a parameter where each expert's matrices are apart.
  private static let parts = [
    "gate_up_proj": [["gate_proj", "up_proj"], ["w1", "w3"]],
    "down_proj": [["down_proj"], ["w2"]],
  ]

  private func update(
    _ configuration: LoRAConfiguration, _ part: LoRAAdapter.ExpertShare?, experts: Int
  ) throws(InterchangeError) -> LoRAAdapter.Update {
    guard down.shape[0].isMultiple(of: experts) else {
      throw InterchangeError(
        .damaged("\(down.shape[0].counted("row")) for \(experts.counted("expert"))"),
        path: configuration.path,
        field: down.name)
    }
    let scale = try configuration.scale(
      of: "\(layer).\(parameter)", rank: down.shape[0] / experts)
    guard let scale else {
      throw InterchangeError(
        .damaged("nothing says alpha"), path: configuration.path, field: down.name)
    }
    return LoRAAdapter.Update(
      module: module, down: down, up: up, isTransposed: true, scale: Float(scale),
      magnitudes: nil, part: part)
  }
}

extension LoRAConfiguration {
  /// The order in which modules have parameters, which is that of their wrappers from the inside out.
  private static let parameterOrder = [
    "gate_up_proj", "gate_up_proj_bias", "gate_proj", "w1", "up_proj", "w3", "down_proj", "w2",
    "down_proj_bias", "weight", "bias",
  ]

  /// The parameter that the matrices under a name are for, and its module; nil for linear layers.
  ///
  /// Where several parameters of a module are adapted, the outer wrappers are those of the later ones.
  /// - Throws: `InterchangeError` if nothing tells their order.
  func parameter(
    ofMatricesNamed name: String
  ) throws(InterchangeError) -> (module: String, parameter: String)? {
    var (module, depth) = (name, 0)
    while module.hasSuffix(".base_layer") {
      module = String(module.dropLast(".base_layer".count))
      depth += 1
    }
    var found: [String] = []
    for target in targetParameters {
      let parts = target.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count > 1, let parameter = parts.last.map(String.init) else { continue }
      let owner = parts.dropLast().joined(separator: ".")
      if module == owner || module.hasSuffix(".\(owner)"), !found.contains(parameter) {
        found.append(parameter)
      }
    }
    guard !found.isEmpty else { return nil }
    let order = Self.parameterOrder
    guard found.count == 1 || found.allSatisfy(order.contains), depth < found.count else {
      throw InterchangeError(
        .unsupported("parameters whose order is not known: \(found.joined(separator: ", "))"),
        path: path, field: name)
    }
    found.sort { (order.firstIndex(of: $0) ?? 0) < (order.firstIndex(of: $1) ?? 0) }
    return (module, found[found.count - 1 - depth])
  }
}

extension String {
  /// The text with another ending, if it has this one.
  fileprivate func replacingSuffix(_ suffix: String, by other: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.utf8.count) + other : self
  }
}
