package import GobbetData

extension FamilyModel {
  /// The model that the metadata of a GGUF file describes; nil if its architecture isn't a family that
  /// is computed from there.
  ///
  /// What GGUF does not say is what llama.cpp computes: Gemma 3's pattern of six layers and the base of
  /// its windows, for one. Llama's queries and keys are stored for pairs of neighbours.
  /// - Throws: `InterchangeError` for a value that is missing, damaged, or not known here; an error of
  ///   the file.
  public init?(gguf reader: GGUFReader) throws {
    try self.init(gguf: reader, path: reader.path) { reader[$0] }
  }

  /// The model that a Gobbet file describes which was converted from GGUF; nil as above.
  ///
  /// - Throws: as ``init(gguf:)``.
  package init?(keptFromGGUF source: some TensorSource, path: String) throws {
    guard let name = source.metadata(forKey: "general.architecture") else { return nil }
    // The lists of a vocabulary are long, and say nothing of the model.
    let own = source.metadata.filter { key, _ in
      key == "general.architecture" || key == "gguf.types" || key.hasPrefix(name + ".")
        || key.hasSuffix("_token_id")
    }
    let values = try GGUFTypedText.values(own, path: path)
    try self.init(gguf: source, path: path) { key in
      values.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
  }

  private init?(
    gguf source: some TensorSource, path: String?, _ value: @escaping (String) -> GGUFValue?
  ) throws {
    guard let name = value("general.architecture")?.string, let family = GGUFFamily.named(name),
      !family.isOfBlocksOnly || source.tensors.contains(where: \.elementType.isInBlocks)
    else { return nil }
    let settings = GGUFSettings(
      architecture: name, path: path, value: value,
      shape: { source.tensor(named: $0)?.shape }, floats: { try source.floats(named: $0) })
    let architecture = try family.architecture(settings)
    if let flaw = architecture.flaw {
      throw InterchangeError(.damaged(flaw), path: path, field: name)
    }
    self.init(
      family: name, architecture: architecture, names: family.names,
      biases: family.biases { settings.shape($0) != nil })
    textEnds = TextEnds(gguf: value)
  }
}

/// A family as GGUF files name it, and what llama.cpp computes of it.
struct GGUFFamily: Sendable {
  /// The value of `general.architecture`.
  let architecture: String
  /// The families of `config.json` that become it.
  let modelTypes: [String]
  let names: FamilyNames
  /// The biases that llama.cpp has a place for.
  var biases = Biases.optional(.projections)
  var norm = Architecture.Norm.Kind.rms
  /// Whether pairs of a head are neighbours: llama.cpp's converter reorders the rows of some families.
  var pairsAreNeighbours = false
  /// Whether llama.cpp wants a tensor for the head even if it is the token embedding.
  var needsHead = false
  /// Whether llama.cpp divides frequencies by other factors in longer contexts.
  var hasLongFactors = false
  /// Whether it is read from files with matrices in blocks only.
  var isOfBlocksOnly = false
  /// Reads what the family has beyond the common settings.
  let read: @Sendable (GGUFSettings, inout Architecture) throws(InterchangeError) -> Void

  /// The family of that `general.architecture`; nil if it isn't one of these.
  static func named(_ architecture: String) -> GGUFFamily? {
    all.first { $0.architecture.utf8.elementsEqual(architecture.utf8) }
  }

  /// What llama.cpp computes of a file with these settings.
  func architecture(_ settings: GGUFSettings) throws -> Architecture {
    var result = try settings.decoder(norm)
    var rotation = try settings.rotation(result)
    rotation.pairsAreNeighbours = pairsAreNeighbours
    for layer in result.layers.indices { result.layers[layer].rotation = rotation }
    try read(settings, &result)
    result.hasTiedHead = settings.shape("output.weight") == nil
    return result
  }

  /// Which parts have a bias in llama.cpp's tensors of an architecture.
  ///
  /// llama.cpp doesn't load a file with a tensor that it has no place for, or without one that it asks
  /// for. Queries, keys and values may have one in every architecture.
  /// - Source: `load_arch_tensors` in `src/models` of llama.cpp, as of llama-cpp-python 0.3.36.
  enum Biases: Sendable {
    /// Parts that may have one.
    case optional(Set<String>)
    /// Parts that must have one; queries, keys and values may.
    case required(Set<String>)

    /// What keeps a model with these biases out, in a few words; nil for nothing.
    ///
    /// `parts` are those that the model has.
    func difference(from biases: Set<String>, parts: Set<String>) -> String? {
      let (required, possible): (Set<String>, Set<String>) =
        switch self {
        case .optional(let parts): ([], parts)
        case .required(let parts): (parts, parts.union(Set.projections))
        }
      if let part = biases.subtracting(possible).min() { return "a bias of \(part)" }
      return required.intersection(parts).subtracting(biases).min().map { "no bias of \($0)" }
    }
  }

  /// The parts that have a bias: those of which the first layer has one.
  func biases(_ isThere: (String) -> Bool) -> Set<String> {
    var parts: Set<String> = []
    for (common, part) in names.parts + names.expertParts {
      if isThere("\(names.layers)0.\(part.name).bias") { parts.insert(common) }
    }
    return parts
  }
}

extension Set<String> {
  /// Queries, keys and values, by their common names.
  static let projections: Self = ["query", "key", "value"]
  /// All parts that have matrices.
  static let all = FamilyArchitecture.attention.union(FamilyArchitecture.feedForward)
    .union(["router"])
}

extension FamilyNames.Part {
  /// The name of the tensor that the part is, or is in, without what stands around it.
  var name: String {
    switch self {
    case .own(let name), .joined(let name, _), .bare(let name), .slice(let name): name
    case .stacked(let name, _, _): name
    }
  }
}
