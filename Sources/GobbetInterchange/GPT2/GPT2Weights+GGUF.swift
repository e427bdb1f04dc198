public import GobbetBPE
internal import GobbetData

extension GPT2Weights {
  /// Writes the model to a GGUF file that llama.cpp runs.
  ///
  /// With a `type`, matrices are stored as that, as ``GGUFWriter`` says. With a vocabulary the file
  /// holds it too.
  /// - Throws: as ``GGUFWriter``; ``InterchangeError`` (`notRepresentable`) for a vocabulary that
  ///   llama.cpp has no words for.
  public func writeGGUF(
    to path: String, as type: GGUFType? = nil, vocabulary: Vocabulary? = nil,
    replacing: Bool = false, progress: (Int) throws -> Void = { _ in }
  ) throws {
    var values: [(key: String, value: GGUFValue)] = [("general.architecture", .string("gpt2"))]
    let sizes = [
      ("gpt2.context_length", configuration.contextLength),
      ("gpt2.embedding_length", configuration.width),
      ("gpt2.feed_forward_length", configuration.width.map { 4 * $0 }),
      ("gpt2.block_count", configuration.layerCount),
      ("gpt2.attention.head_count", configuration.headCount),
    ]
    for case (let key, let size?) in sizes { values.append((key, .uint32(UInt32(size)))) }
    values.append(
      (
        "gpt2.attention.layer_norm_epsilon", .float32(Float(configuration.layerNormEpsilon))
      ))
    // What else a GGUF file said of itself.
    let own = ["general.architecture", "general.alignment", "general.file_type"]
    for (key, value) in metadata where key.hasPrefix("general.") && !own.contains(key) {
      values.append((key, .string(value)))
    }
    if let vocabulary { values += try Self.values(of: vocabulary, path) }
    let layers = configuration.layerCount ?? 0
    let renamed = try RenamedWeights(self, as: .gguf, layerCount: layers)
    try GGUFWriter.write(
      renamed, to: path, values: values, as: type, replacing: replacing, progress: progress)
  }

  private static func values(
    of vocabulary: Vocabulary, _ path: String
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    try vocabulary.requireText(path, of: "llama.cpp")
    guard let name = GGUFReader.patterns.first(where: { $0.pattern == vocabulary.pattern })?.name
    else {
      throw InterchangeError(
        .notRepresentable("the pattern \(vocabulary.pattern.name ?? "without a name")"), path: path)
    }
    let visible = try VisibleText(vocabulary, path: path)
    var texts = [GGUFValue](repeating: .string(""), count: vocabulary.idBound)
    // Unused (5) until a token takes the place: normal (1), control (3) or user-defined (4).
    var kinds = [GGUFValue](repeating: .int32(5), count: vocabulary.idBound)
    for id in texts.indices { texts[id] = .string("[PAD\(id)]") }
    for entry in visible.entries {
      texts[Int(entry.id)] = .string(String(decoding: entry.text, as: UTF8.self))
      let added = vocabulary.specialTokens.token(withID: entry.id)
      kinds[Int(entry.id)] = .int32(added.map { $0.isSpecial ? 3 : 4 } ?? 1)
    }
    let merges = visible.merges.map { left, right in
      GGUFValue.string(String(decoding: left + [UInt8(ascii: " ")] + right, as: UTF8.self))
    }
    return [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(name)),
      ("tokenizer.ggml.tokens", .array(elementType: 8, texts)),
      ("tokenizer.ggml.token_type", .array(elementType: 5, kinds)),
      ("tokenizer.ggml.merges", .array(elementType: 8, merges)),
    ]
  }
}

/// A GPT-2 under the names and in the layouts of another dialect, one tensor for one.
private struct RenamedWeights: TensorSource {
  let tensors: [TensorDescription]
  let metadata: [(String, String)] = []
  private let source: GPT2Weights
  private let assemblies: [[UInt8]: TensorAssembly]

  init(_ source: GPT2Weights, as dialect: GPT2Dialect, layerCount: Int) throws {
    var assemblies: [TensorAssembly] = []
    for rule in dialect.rules(layerCount: layerCount) {
      guard let tensor = source.tensor(named: rule.canonical), let name = rule.parts.first else {
        continue
      }
      let assembly = try TensorAssembly(
        name: name, parts: [tensor], isTransposed: rule.isLinear && dialect.isOutputMajor)
      if let assembly { assemblies.append(assembly) }
    }
    self.source = source
    tensors = assemblies.map(\.result)
    self.assemblies = Dictionary(
      assemblies.map { (Array($0.result.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
  }

  func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard let assembly = assemblies[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe assembly.read(from: source, bytes: range, into: destination)
  }

  func readsParts(of tensor: TensorDescription) -> Bool {
    guard let part = assemblies[Array(tensor.name.utf8)]?.onlyPart else { return false }
    return source.readsParts(of: part)
  }
}
