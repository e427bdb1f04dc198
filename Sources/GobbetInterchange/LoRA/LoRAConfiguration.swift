internal import GobbetSystem

/// How a low-rank adapter is scaled, and how the layers it is for are laid out.
public struct LoRAConfiguration: Hashable, Sendable {
  /// What the product of the two matrices is multiplied by, before it is divided by the rank or the
  /// rank's square root.
  public var alpha: Double?
  /// Whether the square root of the rank divides, as in rank-stabilised adapters.
  public var usesRootOfRank = false
  /// Whether weights are [inputs, outputs]; nil where nothing says so.
  public var isInputMajor: Bool?
  /// The rank of layers that no pattern names; nil where nothing says so.
  var rank: Int?
  /// Other values of `alpha` for layers that a pattern matches; the first one counts.
  var alphas: [Exception] = []
  /// Other ranks, likewise.
  var ranks: [Exception] = []
  /// Whether the lengths of rows are trained apart from their directions, as in DoRA.
  var usesMagnitudes = false
  /// Whether the second matrix of each pair comes with biases.
  var hasBiases = false
  /// Whether biases of the weights themselves were trained.
  var trainsBiases = false
  /// The ends of the names of parameters that aren't layers and were adapted.
  var targetParameters: [String] = []
  /// The names of layers that were trained as a whole.
  var savedModules: [String] = []
  /// The ids of the rows of embeddings that were trained, by the end of the embedding's name; an empty
  /// name stands for the only one.
  var tokenIndices: [String: [Int]] = [:]
  /// The file that says all this, for errors.
  var path: String?

  /// A value for the layers that a pattern matches.
  struct Exception: Hashable, Sendable {
    let pattern: LayerPattern
    let value: Double
  }

  /// Creates a configuration with that `alpha`.
  public init(alpha: Double? = nil) { self.alpha = alpha }

  /// Reads PEFT's `adapter_config.json`.
  ///
  /// - Throws: `FileError`; `InterchangeError` with the field: another kind of adapter, a setting that
  ///   computes something else or wants another base model, and any setting that is not known.
  public init(contentsOf path: String) throws { try self.init(OpenedFile(path)) }

  /// Reads an open `adapter_config.json`.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  package init(_ file: OpenedFile) throws {
    let path = file.path
    let root = try JSONDocument(file.bytes(limit: 1 << 24), path: path).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    guard let kind = try root.member("peft_type")?.string else {
      throw root.error(.damaged("no kind of adapter"), key: "peft_type".utf8)
    }
    guard kind == "LORA" else {
      throw root.error(
        .unsupported(
          "an adapter of the kind \(kind.cropped()), not LORA; merge with PEFT's merge_and_unload()"
        ),
        key: "peft_type".utf8)
    }
    try Self.checkSettings(of: root)
    guard let alpha = try root.member("lora_alpha")?.double, alpha.isFinite else {
      throw root.error(.damaged("not a number"), key: "lora_alpha".utf8)
    }
    self.alpha = alpha
    self.path = path
    usesRootOfRank = try root.member("use_rslora")?.bool ?? false
    isInputMajor = try root.member("fan_in_fan_out")?.bool
    rank = try root.member("r")?.size
    alphas = try Self.exceptions(try root.member("alpha_pattern"))
    ranks = try Self.exceptions(try root.member("rank_pattern"))
    usesMagnitudes = try root.member("use_dora")?.bool ?? false
    hasBiases = try root.member("lora_bias")?.bool ?? false
    trainsBiases = try root.member("bias")?.string.map { $0 != "none" } ?? false
    try root.member("target_parameters")?.forEach { (_, value) throws(InterchangeError) in
      // Without a module, nothing tells which matrices are the parameter's.
      guard let name = value.string, name.utf8.contains(UInt8(ascii: ".")) else {
        throw root.error(
          .unsupported("a parameter without its module; merge with PEFT's merge_and_unload()"),
          key: "target_parameters".utf8)
      }
      targetParameters.append(name)
    }
    try root.member("modules_to_save")?.forEach { savedModules += $1.string.map { [$0] } ?? [] }
    if let tokens = try root.member("trainable_token_indices") {
      func indices(_ list: JSONValue) throws(InterchangeError) -> [Int] {
        var indices: [Int] = []
        try list.forEach { (_, value) throws(InterchangeError) in
          guard let index = value.size else { throw list.error(.damaged("not an id")) }
          indices.append(index)
        }
        return indices
      }
      if tokens.isArray {
        tokenIndices[""] = try indices(tokens)
      } else if tokens.isObject {
        try tokens.forEach { (key, value) throws(InterchangeError) in
          tokenIndices[String(decoding: key, as: UTF8.self)] = try indices(value)
        }
      }
    }
  }

  /// The keys of `alpha_pattern` or `rank_pattern` in the order of the file, which is PEFT's, too.
  private static func exceptions(
    _ patterns: JSONValue?
  ) throws(InterchangeError) -> [Exception] {
    guard let patterns, !patterns.isNull else { return [] }
    guard patterns.isObject else { throw patterns.error(.damaged("not an object")) }
    var exceptions: [Exception] = []
    try patterns.forEach { (key, value) throws(InterchangeError) in
      guard let number = value.double, number.isFinite else {
        throw patterns.error(.damaged("not a number"), key: key)
      }
      guard let pattern = LayerPattern(String(decoding: key, as: UTF8.self)) else {
        throw patterns.error(
          .unsupported("this regular expression; merge with PEFT's merge_and_unload()"), key: key)
      }
      exceptions.append(Exception(pattern: pattern, value: number))
    }
    return exceptions
  }

  /// What the product of the matrices of a layer is multiplied by; nil if nothing says alpha.
  ///
  /// - Throws: `InterchangeError` if a pattern is not understood for this name, or the matrices have
  ///   another rank than the configuration says.
  func scale(of layer: String, rank: Int) throws(InterchangeError) -> Double? {
    let expected = try value(of: layer, ranks, "rank_pattern") ?? self.rank.map(Double.init)
    if let expected, expected != Double(rank) {
      throw InterchangeError(
        .damaged(
          "the matrices have rank \(rank), the configuration says "
            + (Int(exactly: expected).map(String.init) ?? "\(expected)")),
        path: path, field: layer)
    }
    guard let alpha = try value(of: layer, alphas, "alpha_pattern") ?? alpha else { return nil }
    return alpha / (usesRootOfRank ? Double(rank).squareRoot() : Double(rank))
  }

  private func value(
    of layer: String, _ exceptions: [Exception], _ field: String
  ) throws(InterchangeError) -> Double? {
    for exception in exceptions {
      guard let isMatch = exception.pattern.matches(layer) else {
        throw InterchangeError(
          .unsupported("this regular expression for the layer \(layer)"), path: path,
          field: "\(field).\(exception.pattern.key)")
      }
      if isMatch { return exception.value }
    }
    return nil
  }
}
