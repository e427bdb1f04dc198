public import GobbetData

/// The weights of a GPT-2 under Hugging Face's names and in its layouts, whatever they were called.
///
/// Tensors are renamed, transposed and put side by side as they are read, those in blocks as
/// `float32`; masks are left out, and a head with the elements of the token embedding too, unless the
/// configuration says that it is not tied.
public struct GPT2Weights: TensorDecorator {
  /// Whose names the source has.
  public let dialect: GPT2Dialect
  /// The tensors, embeddings first, then block by block.
  public let tensors: [TensorDescription]
  /// What the source has, and the configuration under ``GPT2Configuration/metadataKey``.
  public let metadata: [(String, String)]
  /// Its sizes.
  public let configuration: GPT2Configuration
  /// The causal masks of the source, which aren't parameters and are left out, by their names.
  public let maskNames: [String]
  /// What transformers put in front of the names that the source has, or had before it became a
  /// Gobbet file: `transformer.` in a saved language model, else nothing.
  package let namePrefix: String
  private let source: any TensorSource
  private let assemblies: TensorMap<TensorAssembly>

  /// The weights in `source`, or nil if they are not a GPT-2's in a known dialect, whole and without
  /// anything more.
  ///
  /// The configuration is asked for only if they are.
  /// - Throws: `InterchangeError` if configuration and tensors disagree or the number of heads is not
  ///   known; errors of the source, and what `configuration` throws.
  public init?(
    _ source: some TensorSource,
    configuration: @autoclosure () throws -> GPT2Configuration = .init()
  ) throws {
    // Blocks cannot be transposed.
    let source = try source.widened()
    let names = GPT2Names(source.tensors)
    guard let dialect = names.dialect else { return nil }
    let layerCount = names.layerCount(dialect)
    guard let rules = try? names.rules(dialect, layerCount) else { return nil }

    var assemblies: [TensorAssembly] = []
    for rule in rules {
      let parts = rule.parts.compactMap { names[$0] }
      let assembly = try TensorAssembly(
        name: rule.canonical, parts: parts, isTransposed: rule.isLinear && dialect.isOutputMajor)
      guard let assembly else { return nil }
      assemblies.append(assembly)
    }
    let configuration = try configuration()
    let embedding = assemblies[0]
    var isTied = true
    if let head = assemblies.last(where: { $0.result.name == "lm_head.weight" }) {
      // What the tensors say counts: a merged or fine-tuned head often lies beside a configuration
      // that calls it tied, or does not say. One that is the embedding is kept where it is called a
      // tensor of its own.
      isTied = try configuration.hasTiedHead != false && Self.isEqual(head, embedding, source)
      if isTied { assemblies.removeAll { $0.result.name == "lm_head.weight" } }
    }
    self.source = source
    self.dialect = dialect
    maskNames = (0..<layerCount).flatMap { dialect.buffers(layer: $0) }
      .compactMap { names[$0]?.name }
    tensors = assemblies.map(\.result)
    self.assemblies = TensorMap(assemblies.map { ($0.result, $0) })
    let sizes = try configuration.completed(
      embedding: embedding.result, positions: assemblies[1].result, layerCount: layerCount,
      isTied: isTied)
    self.configuration = sizes
    namePrefix = dialect == .huggingFace ? Self.namePrefix(of: source) : ""
    let key = GPT2Configuration.metadataKey
    metadata =
      source.metadata.filter {
        !$0.0.utf8.elementsEqual(key.utf8) && !$0.0.utf8.elementsEqual(Self.namePrefixKey.utf8)
      } + [(key, sizes.json)]
  }

  private static func namePrefix(of source: some TensorSource) -> String {
    let isPrefixed = source.tensors.allSatisfy {
      $0.name.utf8.starts(with: languageModelPrefix.utf8)
        || $0.name.utf8.starts(with: "lm_head.".utf8)
    }
    return isPrefixed || source.metadata(forKey: namePrefixKey) == languageModelPrefix
      ? languageModelPrefix : ""
  }

  /// Why tensors whose names are nearly a GPT-2's are not its weights: one line, or nil where nothing
  /// is wrong or the names are quite different.
  public static func misfit(of tensors: [TensorDescription]) -> String? {
    let names = GPT2Names(tensors)
    guard let dialect = names.dialect else { return nil }
    do {
      _ = try names.rules(dialect, names.layerCount(dialect))
      return nil
    } catch {
      switch error {
      case .missing(let name): return "tensor \(name): missing"
      case .surplus(let name): return "tensor \(name): a GPT-2 has no place for it"
      }
    }
  }

  private static func isEqual(
    _ head: TensorAssembly, _ embedding: TensorAssembly, _ source: some TensorSource
  ) throws -> Bool {
    guard head.result.shape == embedding.result.shape,
      head.result.elementType == embedding.result.elementType
    else { return false }
    // Both are as long, so that the pieces of the one are pieces of the other.
    let other = embedding.parts[0]
    let whole = source.readsParts(of: other) ? nil : try source.bytes(of: other)
    var offset = 0
    var isEqual = true
    try source.forEachPiece(of: head.parts[0]) { piece in
      let range = offset..<(offset + piece.count)
      offset = range.upperBound
      guard isEqual else { return }
      let expected = try whole.map { Array($0[range]) } ?? source.bytes(of: other, in: range)
      isEqual = piece.indices.allSatisfy { piece[$0] == expected[$0] }
    }
    return isEqual
  }

  /// The tensor under its name in the source, or those that it is put together from.
  ///
  /// - Throws: `TensorError` (`missing`, `otherDescription`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    try assemblies.value(of: tensor).origin(in: source)
  }
}
