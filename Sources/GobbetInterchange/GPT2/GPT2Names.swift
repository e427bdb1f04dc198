internal import GobbetData

/// The tensors of a source by their names, without the prefixes that wrappers put in front.
struct GPT2Names {
  private var tensors: [[UInt8]: TensorDescription] = [:]
  /// Whether two names differ in their prefixes only.
  private var isAmbiguous = false

  /// What wrappers put in front: `torch.compile`, data parallelism, Hugging Face's language model,
  /// Lightning and DeepSpeed.
  private static let prefixes = [
    "_orig_mod.", "module.", "transformer.", "model.", "net.", "_forward_module.",
    "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.",
  ]

  /// What wrappers of single modules put inside: `torch.compile`, FSDP and activation checkpoints.
  private static let infixes = [
    "._orig_mod.", "._fsdp_wrapped_module.", "._checkpoint_wrapped_module.",
  ]

  /// The name without what wrappers add to it.
  private static func unwrapped(_ name: String) -> [UInt8] {
    var bytes = Array(name.utf8)
    for infix in infixes.map({ Array($0.utf8) }) {
      while let start = bytes.indices.first(where: { bytes[$0...].starts(with: infix) }) {
        bytes.removeSubrange(start..<(start + infix.count - 1))
      }
    }
    var rest = bytes[...]
    while let prefix = prefixes.first(where: { rest.starts(with: $0.utf8) }) {
      rest = rest.dropFirst(prefix.utf8.count)
    }
    return Array(rest)
  }

  init(_ tensors: [TensorDescription]) {
    for tensor in tensors {
      let name = Self.unwrapped(tensor.name)
      if self.tensors.updateValue(tensor, forKey: name) != nil { isAmbiguous = true }
    }
  }

  /// The tensor of that name.
  subscript(name: String) -> TensorDescription? { tensors[Array(name.utf8)] }

  /// Whose names they are; nil if nobody's.
  ///
  /// Hugging Face and nanoGPT are told apart by the shape of a layer that is not square.
  var dialect: GPT2Dialect? {
    guard !isAmbiguous,
      let dialect = GPT2Dialect.allCases.first(where: { self[$0.firstNorm(layer: 0)] != nil })
    else { return nil }
    guard dialect == .huggingFace else { return dialect }
    guard let shape = self["h.0.mlp.c_fc.weight"]?.shape, shape.count == 2 else { return nil }
    return shape[0] < shape[1] ? .huggingFace : .transposed
  }

  /// Blocks, counted from the first to the last without a gap.
  func layerCount(_ dialect: GPT2Dialect) -> Int {
    var count = 0
    while self[dialect.firstNorm(layer: count)] != nil { count += 1 }
    return count
  }

  /// What keeps tensors from being those of a GPT-2.
  enum Misfit: Error {
    case missing(String)
    case surplus(String)
  }

  /// The rules whose tensors are there.
  ///
  /// - Throws: `Misfit` if one is missing, or a tensor is left over.
  func rules(
    _ dialect: GPT2Dialect, _ layerCount: Int
  ) throws(Misfit) -> [GPT2Dialect.Rule] {
    var left = Set(tensors.keys)
    var rules: [GPT2Dialect.Rule] = []
    for rule in dialect.rules(layerCount: layerCount) {
      let missing = rule.parts.filter { !left.contains(Array($0.utf8)) }
      if missing.count == rule.parts.count, rule.isOptional { continue }
      if let first = missing.first { throw .missing(first) }
      left.subtract(rule.parts.map { Array($0.utf8) })
      rules.append(rule)
    }
    for layer in 0..<layerCount {
      for buffer in dialect.buffers(layer: layer) { left.remove(Array(buffer.utf8)) }
    }
    let surplus = left.min { $0.lexicographicallyPrecedes($1) }
    if let surplus, let tensor = tensors[surplus] { throw .surplus(tensor.name) }
    return rules
  }
}
