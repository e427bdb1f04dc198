internal import GobbetData

extension FamilySettings {
  /// What a family does where its `config.json` is silent on rotations.
  struct RotationDefaults {
    var base = 10_000.0
    /// The share of a head that is turned.
    var share = 1.0
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
    let share = try group.number("partial_rotary_factor") ?? oldShare ?? defaults.share
    guard share > 0, share <= 1 else {
      throw InterchangeError(
        .damaged("a share of \(share)"), path: nil, field: "partial_rotary_factor")
    }
    var rotation = Architecture.Rotation(
      base: base, dimension: Int(Double(architecture.headDimension) * share))
    rotation.scaling = try group.scaling(contextLength: architecture.contextLength)
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

  func scaling(contextLength: Int) throws(InterchangeError) -> Architecture.Scaling {
    var type = try value("rope_type")
    if type == nil { type = try value("type") }
    let original = try size("original_max_position_embeddings") ?? contextLength
    switch type?.string {
    case nil, "default": return .none
    case "linear": return .linear(factor: try requiredNumber("factor"))
    case "llama3":
      return .llama3(
        factor: try requiredNumber("factor"), lowFactor: try requiredNumber("low_freq_factor"),
        highFactor: try requiredNumber("high_freq_factor"), originalContextLength: original)
    case "yarn":
      for key in ["mscale", "mscale_all_dim"] {
        if let value = try value(key) { throw value.error(.unsupported("a \(key) of yarn")) }
      }
      return .yarn(
        factor: try requiredNumber("factor"), fast: try number("beta_fast") ?? 32,
        slow: try number("beta_slow") ?? 1, originalContextLength: original,
        magnitude: try number("attention_factor"),
        roundsBounds: try value("truncate")?.bool ?? true)
    default:
      throw type?.error(.unsupported("rotary scaling of type \(type?.string ?? "unknown")"))
        ?? InterchangeError(.damaged("no type"), path: nil, field: "rope_type")
    }
  }
}
