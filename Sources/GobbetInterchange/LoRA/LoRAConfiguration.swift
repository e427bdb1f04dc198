/// How a low-rank adapter is scaled, and how the layers lie that it is for.
public struct LoRAConfiguration: Hashable, Sendable {
  /// What the product of the two matrices is multiplied by, times the rank, or its root.
  public var alpha: Double?
  /// Whether the root of the rank divides, as in rank-stabilised adapters.
  public var usesRootOfRank = false
  /// Whether weights are [inputs, outputs]; nil where nothing says so.
  public var isInputMajor: Bool?
  /// Other values of `alpha` for modules whose names end so.
  var alphas: [(module: String, alpha: Double)] = []

  /// A configuration with that `alpha`.
  public init(alpha: Double? = nil) { self.alpha = alpha }

  /// Reads PEFT's `adapter_config.json`.
  ///
  /// - Throws: `FileError`; ``InterchangeError``: another kind of adapter, or a variant of this one that
  ///   computes something else.
  public init(contentsOf path: String) throws {
    let root = try JSONDocument(try wholeFile(path, limit: 1 << 24), path: path).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    guard let kind = try root.member("peft_type")?.string, kind == "LORA" else {
      throw root.error(.unsupported("an adapter that is not LORA"), key: "peft_type".utf8)
    }
    for key in ["use_dora", "use_qalora", "lora_bias"] {
      if try root.member(key)?.bool == true {
        throw root.error(.unsupported("true"), key: key.utf8)
      }
    }
    if let bias = try root.member("bias"), bias.string.map({ $0 != "none" }) ?? !bias.isNull {
      throw bias.error(.unsupported("trained biases"))
    }
    guard let alpha = try root.member("lora_alpha")?.double, alpha.isFinite else {
      throw root.error(.damaged("not a number"), key: "lora_alpha".utf8)
    }
    self.alpha = alpha
    usesRootOfRank = try root.member("use_rslora")?.bool ?? false
    isInputMajor = try root.member("fan_in_fan_out")?.bool
    if let patterns = try root.member("alpha_pattern"), patterns.isObject {
      var alphas: [(module: String, alpha: Double)] = []
      try patterns.forEach { (key, value) throws(InterchangeError) in
        let isPlain = key.allSatisfy { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "(") }
        guard isPlain, let alpha = value.double, alpha.isFinite else {
          throw patterns.error(.unsupported("a pattern, or no number"), key: key)
        }
        alphas.append((String(decoding: key, as: UTF8.self), alpha))
      }
      self.alphas = alphas
    }
  }

  /// What the product of the matrices of a module is multiplied by; nil if nothing says alpha.
  func scale(of module: String, rank: Int) -> Double? {
    let own = alphas.first { name, _ in
      module.utf8.elementsEqual(name.utf8) || module.hasSuffix("." + name)
    }
    guard let alpha = own?.alpha ?? alpha else { return nil }
    return alpha / (usesRootOfRank ? Double(rank).squareRoot() : Double(rank))
  }

  /// Compares all that is said.
  public static func == (left: Self, right: Self) -> Bool {
    left.alpha == right.alpha && left.usesRootOfRank == right.usesRootOfRank
      && left.isInputMajor == right.isInputMajor
      && left.alphas.elementsEqual(right.alphas) { $0 == $1 }
  }

  /// Hashes what most differs.
  public func hash(into hasher: inout Hasher) { hasher.combine(alpha) }
}
