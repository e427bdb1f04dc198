internal import GobbetData

extension FamilySettings {
  /// What a family does where its `config.json` is silent on rotations.
  struct RotationDefaults {
    var base = 10_000.0
    /// The share of a head that is turned, and may be another; nil for all of it in every model.
    var share: Double?
    /// What `original_max_position_embeddings` beside the other settings is by default, which decides then;
    /// nil where it has no place there.
    var originalContextLength: Int?
    /// The old names of base and share.
    var baseKey = "rope_theta"
    var shareKey = "partial_rotary_factor"
  }

  /// The rotation of all layers.
  func rotation(
    of architecture: Architecture, _ defaults: RotationDefaults = .init()
  ) throws(InterchangeError) -> Architecture.Rotation {
    try rotation(try value("rope_parameters"), architecture, defaults, usesOldNames: true)
  }

  /// The rotations of layers that see everything and of those that see a window.
  ///
  /// `localDefaults` are for the latter, whose base once was `rope_local_base_freq`; nil if there the
  /// base is the same, without scaling.
  func rotations(
    of architecture: Architecture, _ defaults: RotationDefaults,
    local localDefaults: RotationDefaults?
  ) throws(InterchangeError) -> (full: Architecture.Rotation, local: Architecture.Rotation) {
    let parameters = try value("rope_parameters")
    let full = try parameters?.member("full_attention")
    let local = try parameters?.member("sliding_attention")
    let isNested = full != nil || local != nil
    let fullRotation = try rotation(
      isNested ? full : parameters, architecture, defaults, usesOldNames: true)
    if let local, !local.isNull {
      return (
        fullRotation,
        try rotation(local, architecture, localDefaults ?? defaults, usesOldNames: false)
      )
    }
    if isNested || parameters == nil, let localDefaults {
      var plain = fullRotation
      plain.scaling = .none
      plain.base = try number(localDefaults.baseKey, default: localDefaults.base)
      return (fullRotation, plain)
    }
    var plain = fullRotation
    plain.scaling = .none
    return (fullRotation, parameters == nil || isNested ? plain : fullRotation)
  }

  private func rotation(
    _ parameters: JSONValue?, _ architecture: Architecture, _ defaults: RotationDefaults,
    usesOldNames: Bool
  ) throws(InterchangeError) -> Architecture.Rotation {
    let oldBase = usesOldNames ? try optionalNumber(defaults.baseKey) : nil
    let oldShare = usesOldNames ? try optionalNumber(defaults.shareKey) : nil
    let scaling = usesOldNames ? try value("rope_scaling") : nil
    let group = RotationGroup(parameters, scaling)
    let base = try group.number("rope_theta") ?? oldBase ?? defaults.base
    let share = try group.number("partial_rotary_factor") ?? oldShare ?? defaults.share ?? 1
    guard share > 0, share <= 1 else {
      throw InterchangeError(
        .damaged("a share of \(share)"), path: nil, field: "partial_rotary_factor")
    }
    guard share == 1 || defaults.share != nil else {
      throw InterchangeError(
        .unsupported("a share of \(share), where the family turns whole heads"), path: nil,
        field: "partial_rotary_factor")
    }
    var rotation = Architecture.Rotation(
      base: base, dimension: Int(Double(architecture.headDimension) * share))
    var length: Int?
    if let usual = defaults.originalContextLength {
      length = try size("original_max_position_embeddings", default: usual)
    }
    rotation.scaling = try group.scaling(
      contextLength: architecture.contextLength, originalContextLength: length)
    return rotation
  }
}

/// The settings of one rotation, under their new name, their old one, or both.
private struct RotationGroup {
  private let groups: [JSONValue]

  init(_ groups: JSONValue?...) { self.groups = groups.compactMap { $0 }.filter { !$0.isNull } }

  private func value(_ key: String) throws(InterchangeError) -> JSONValue? {
    for group in groups {
      if let value = try group.member(key), !value.isNull { return value }
    }
    return nil
  }

  func number(_ key: String) throws(InterchangeError) -> Double? {
    guard let value = try value(key) else { return nil }
    guard let number = value.double else { throw value.error(.damaged("not a number")) }
    return number
  }

  private func requiredNumber(_ key: String) throws(InterchangeError) -> Double {
    guard let number = try number(key) else {
      throw groups[0].error(.damaged("is missing"), key: key.utf8)
    }
    return number
  }

  private func size(_ key: String) throws(InterchangeError) -> Int? {
    guard let value = try value(key) else { return nil }
    guard let size = value.size, size > 0 else { throw value.error(.damaged("not a size")) }
    return size
  }

  /// Positive numbers.
  private func factors(_ key: String) throws(InterchangeError) -> [Double] {
    guard let value = try value(key), value.isArray else {
      throw groups[0].error(.damaged("is missing, or not a list"), key: key.utf8)
    }
    var numbers: [Double] = []
    try value.forEach { (_, element) throws(InterchangeError) in
      guard let number = element.double else { throw element.error(.damaged("not a number")) }
      numbers.append(number)
    }
    return numbers
  }

  /// The factor, or else how many times as long as that of the training the context is.
  private func factor(_ contextLength: Int, _ original: Int) throws(InterchangeError) -> Double {
    try number("factor") ?? Double(contextLength) / Double(original)
  }

  /// What YaRN multiplies turned vectors by; nil for what it does by itself.
  private func yarnMagnitude(_ factor: Double) throws(InterchangeError) -> Double? {
    if let magnitude = try number("attention_factor") { return magnitude }
    guard let share = try number("mscale"), let whole = try number("mscale_all_dim"),
      share != 0, whole != 0
    else { return nil }
    return Architecture.Rotation.yarnMagnitude(factor, share)
      / Architecture.Rotation.yarnMagnitude(factor, whole)
  }

  func scaling(
    contextLength: Int, originalContextLength: Int?
  ) throws(InterchangeError) -> Architecture.Scaling {
    var type = try value("rope_type")
    if type == nil { type = try value("type") }
    var original = originalContextLength
    if original == nil { original = try size("original_max_position_embeddings") }
    let length = original ?? contextLength
    let hasFactors = try value("short_factor") != nil
    switch type?.string {
    case nil, "default": return .none
    // It changes frequencies beyond `max_position_embeddings`, which is where the context ends here.
    case "dynamic": return .none
    case "linear": return .linear(factor: try requiredNumber("factor"))
    case "llama3":
      return .llama3(
        factor: try requiredNumber("factor"), lowFactor: try requiredNumber("low_freq_factor"),
        highFactor: try requiredNumber("high_freq_factor"), originalContextLength: length)
    // Phi-3's first files say "su", or "yarn" and mean this.
    case "longrope", "su",
      "yarn" where hasFactors:
      let usual = Architecture.Rotation.longRopeMagnitude(
        try factor(contextLength, length), originalContextLength: length)
      return .longRope(
        short: try factors("short_factor"), long: try factors("long_factor"),
        originalContextLength: length, magnitude: try number("attention_factor") ?? usual)
    case "yarn":
      let factor = try factor(contextLength, length)
      return .yarn(
        factor: factor, fast: try number("beta_fast") ?? 32, slow: try number("beta_slow") ?? 1,
        originalContextLength: length, magnitude: try yarnMagnitude(factor),
        roundsBounds: try value("truncate")?.bool ?? true)
    default:
      throw type?.error(.unsupported("rotary scaling of type \(type?.string ?? "unknown")"))
        ?? InterchangeError(.damaged("no type"), path: nil, field: "rope_type")
    }
  }
}
