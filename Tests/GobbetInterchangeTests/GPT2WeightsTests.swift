import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("The names of GPT-2") struct GPT2WeightsTests {
  static let width = 6
  static let layers = 2

  /// A model of random weights under Hugging Face's names: the canonical form.
  static func canonical(head: Bool = false) throws -> [(String, [Int], [Float])] {
    var generator = SeededGenerator(5)
    var tensors: [(String, [Int], [Float])] = []
    func append(_ name: String, _ shape: Int...) {
      let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) }
      tensors.append((name, shape, values))
    }
    let width = Self.width
    append("wte.weight", 11, width)
    append("wpe.weight", 5, width)
    for layer in 0..<layers {
      for (name, inputs, outputs) in [
        ("ln_1", 0, width), ("attn.c_attn", width, 3 * width), ("attn.c_proj", width, width),
        ("ln_2", 0, width), ("mlp.c_fc", width, 4 * width), ("mlp.c_proj", 4 * width, width),
      ] {
        if inputs == 0 {
          append("h.\(layer).\(name).weight", outputs)
        } else {
          append("h.\(layer).\(name).weight", inputs, outputs)
        }
        append("h.\(layer).\(name).bias", outputs)
      }
    }
    append("ln_f.weight", width)
    append("ln_f.bias", width)
    if head { append("lm_head.weight", 11, width) }
    return tensors
  }

  static func transposed(_ shape: [Int], _ values: [Float]) -> ([Int], [Float]) {
    let (rows, columns) = (shape[0], shape[1])
    let result = (0..<(rows * columns)).map { values[$0 % rows * columns + $0 / rows] }
    return ([columns, rows], result)
  }

  /// The columns `range` of a matrix, or elements of a vector.
  static func columns(
    _ range: Range<Int>, _ shape: [Int], _ values: [Float]
  ) -> ([Int], [Float]) {
    let width = shape[shape.count - 1]
    let kept = values.indices.filter { range.contains($0 % width) }.map { values[$0] }
    return (shape.dropLast() + [range.count], kept)
  }

  /// The canonical model as another program would name and lay it out.
  static func foreign(_ dialect: GPT2Dialect, head: Bool = false) throws -> MemorySource {
    var source = MemorySource()
    func append(_ name: String, _ shape: [Int], _ values: [Float]) throws {
      let bytes = values.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
      }
      try source.append(name, .float32, shape, bytes)
    }
    let bookNames = [
      ("attn.c_proj", "att.out_proj"), ("mlp.c_fc", "ff.layers.0"), ("mlp.c_proj", "ff.layers.2"),
      ("ln_1.weight", "norm1.scale"), ("ln_1.bias", "norm1.shift"), ("ln_2.weight", "norm2.scale"),
      ("ln_2.bias", "norm2.shift"), ("ln_f.weight", "final_norm.scale"),
      ("ln_f.bias", "final_norm.shift"), ("wte", "tok_emb"), ("wpe", "pos_emb"),
      ("lm_head", "out_head"), ("h.", "trf_blocks."),
    ]
    let ggufNames = [
      ("ln_1", "attn_norm"), ("attn.c_attn", "attn_qkv"), ("attn.c_proj", "attn_output"),
      ("ln_2", "ffn_norm"), ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down"),
      ("ln_f", "output_norm"), ("wte", "token_embd"), ("wpe", "position_embd"),
      ("lm_head", "output"), ("h.", "blk."),
    ]
    for (name, shape, values) in try canonical(head: head) {
      let isLinear = name.hasPrefix("h.") && shape.count == 2
      switch dialect {
      case .huggingFace: try append("transformer." + name, shape, values)
      case .transposed, .gguf:
        let (shape, values) = isLinear ? transposed(shape, values) : (shape, values)
        let renamed = dialect == .gguf ? rename(name, ggufNames) : "_orig_mod.transformer." + name
        try append(renamed, shape, values)
      case .book where name.contains("c_attn"):
        for (index, part) in ["W_query", "W_key", "W_value"].enumerated() {
          var (shape, values) = columns(
            (index * width)..<((index + 1) * width), shape, values)
          if isLinear { (shape, values) = transposed(shape, values) }
          try append(
            rename(name, [("attn.c_attn", "att.\(part)"), ("h.", "trf_blocks.")]), shape, values)
        }
      case .book:
        let (shape, values) = isLinear ? transposed(shape, values) : (shape, values)
        try append(rename(name, bookNames), shape, values)
      case .openAI:
        let isNorm = name.contains("ln_")
        let path = rename(
          name,
          [
            ("h.", "h"), (".weight", name.hasPrefix("w") ? "" : isNorm ? ".g" : ".w"),
            (".bias", ".b"),
          ])
        try append(
          "model/" + path.split(separator: ".").joined(separator: "/"),
          isLinear ? [1] + shape : shape, values)
      }
    }
    return source
  }

  /// `name` with the first occurrence of each left side replaced.
  static func rename(_ name: String, _ pairs: [(String, String)]) -> String {
    pairs.reduce(name) { name, pair in
      let parts = name.split(separator: pair.0, maxSplits: 1, omittingEmptySubsequences: false)
      return parts.joined(separator: pair.1)
    }
  }

  @Test("each dialect gives the same tensors under the same names", arguments: GPT2Dialect.allCases)
  func dialects(dialect: GPT2Dialect) throws {
    var configuration = GPT2Configuration()
    configuration.headCount = 2
    for head in dialect == .openAI ? [false] : [false, true] {
      let source = try Self.foreign(dialect, head: head)
      let weights = try #require(try GPT2Weights(source, configuration: configuration))
      #expect(weights.dialect == dialect)
      let expected = try Self.canonical(head: head)
      #expect(weights.tensors.map(\.name) == expected.map(\.0))
      #expect(weights.tensors.map(\.shape) == expected.map(\.1))
      for (name, _, values) in expected {
        #expect(try weights.floats(named: name) == values, "\(dialect) \(name)")
      }
      let json =
        #"{"vocab_size":11,"n_positions":5,"n_embd":6,"n_layer":2,"n_head":2,"#
        + #""layer_norm_epsilon":1e-05,"tie_word_embeddings":\#(!head)}"#
      #expect(weights.metadata(forKey: "gpt.configuration") == json)
    }
  }

  @Test("masks are left out, and a head that repeats the embedding")
  func buffers() throws {
    var source = try Self.foreign(.huggingFace)
    for layer in 0..<Self.layers {
      try source.append(
        "transformer.h.\(layer).attn.bias", .bool, [1, 1, 5, 5], Array(repeating: 1, count: 25))
      try source.append("h.\(layer).attn.masked_bias", .float32, [], [0, 0, 0, 0])
    }
    let embedding = try source.bytes(of: source.tensors[0])
    try source.append("lm_head.weight", .float32, [11, 6], embedding)
    var configuration = GPT2Configuration()
    configuration.headCount = 3
    let weights = try #require(try GPT2Weights(source, configuration: configuration))
    #expect(weights.tensors.map(\.name) == (try Self.canonical().map(\.0)))
    #expect(weights.metadata(forKey: "gpt.configuration")?.contains("embeddings\":true") == true)
  }

  @Test(
    "a head with elements of its own is kept, whatever the configuration says",
    arguments: [nil, true, false])
  func ownHead(isTied: Bool?) throws {
    let source = try Self.foreign(.huggingFace, head: true)
    let said = isTied.map { ",\"tie_word_embeddings\":\($0)" } ?? ""
    let configuration = try GPT2Configuration(json: "{\"n_head\":2\(said)}")
    let weights = try #require(try GPT2Weights(source, configuration: configuration))
    #expect(weights.configuration.hasTiedHead == false)
    let head = try #require(source.tensors.last)
    #expect(try weights.floats(named: "lm_head.weight") == source.floats(of: head))
    #expect(throws: InterchangeError.self) {
      try GPT2Configuration(json: #"{"tie_word_embeddings":"yes"}"#)
    }
  }

  @Test(
    "what wrappers add to names isn't part of them",
    arguments: [
      "model.", "net.", "_forward_module.model.", "model._orig_mod.transformer.",
      "_fsdp_wrapped_module.",
    ])
  func wrappers(prefix: String) throws {
    var source = MemorySource()
    let plain = try Self.foreign(.huggingFace)
    for tensor in plain.tensors {
      let inner = Self.rename(
        tensor.name,
        [
          ("transformer.", prefix), ("h.0.", "h.0._checkpoint_wrapped_module."),
          ("h.1.attn.", "h.1._fsdp_wrapped_module.attn._orig_mod."),
        ])
      try source.append(inner, tensor.elementType, tensor.shape, try plain.bytes(of: tensor))
    }
    var configuration = GPT2Configuration()
    configuration.headCount = 2
    let weights = try #require(try GPT2Weights(source, configuration: configuration))
    try expectEqual(weights, try #require(try GPT2Weights(plain, configuration: configuration)))
  }

  @Test("weights of another model, or with a tensor missing or left over, are not recognised")
  func others() throws {
    var source = try Self.foreign(.book)
    try source.append("trf_blocks.0.att.more", .uint8, [1], [0])
    #expect(try GPT2Weights(source) == nil)
    #expect(
      GPT2Weights.misfit(of: source.tensors)
        == "tensor trf_blocks.0.att.more: a GPT-2 has no place for it")
    var partial = MemorySource()
    let whole = try Self.foreign(.huggingFace)
    for tensor in whole.tensors.dropFirst() {
      try partial.append(
        tensor.name, tensor.elementType, tensor.shape, try whole.bytes(of: tensor))
    }
    #expect(try GPT2Weights(partial, configuration: GPT2Configuration()) == nil)
    #expect(GPT2Weights.misfit(of: partial.tensors)?.hasSuffix(": missing") == true)
    #expect(GPT2Weights.misfit(of: whole.tensors) == nil)
    #expect(try GPT2Weights(MemorySource()) == nil)
    #expect(GPT2Weights.misfit(of: []) == nil)
  }

  @Test("a configuration that the tensors contradict is an error, and so is none that is needed")
  func contradictions() throws {
    let source = try Self.foreign(.huggingFace)
    let missing = #expect(throws: InterchangeError.self) { _ = try GPT2Weights(source) }
    #expect(missing?.field == "n_head")
    var configuration = GPT2Configuration()
    configuration.headCount = 4
    let heads = #expect(throws: InterchangeError.self) {
      _ = try GPT2Weights(source, configuration: configuration)
    }
    #expect(heads?.field == "n_head")
    configuration.headCount = 2
    configuration.vocabularySize = 12
    let size = #expect(throws: InterchangeError.self) {
      _ = try GPT2Weights(source, configuration: configuration)
    }
    #expect(size?.field == "vocab_size")
  }

  @Test("the small model and its config.json agree")
  func smallModel() throws {
    let folder = fixturesFolder + "/tinymodel"
    let source = try SafetensorsReader(folder + "/model.safetensors")
    let weights = try #require(
      try GPT2Weights(
        source, configuration: GPT2Configuration(contentsOf: folder + "/config.json")))
    #expect(weights.dialect == .huggingFace)
    #expect(weights.tensors.count == source.tensors.count)
    for tensor in weights.tensors {
      #expect(try weights.bytes(of: tensor) == source.bytes(of: tensor))
    }
  }

  @Test(
    "a config.json of a variant is refused by its name",
    arguments: [
      (#"{"model_type":"llama"}"#, "model_type"),
      (#"{"activation_function":"tanh"}"#, "activation_function"),
      (#"{"scale_attn_by_inverse_layer_idx":true}"#, "scale_attn_by_inverse_layer_idx"),
      (#"{"n_embd":8,"n_inner":16}"#, "n_inner"), (#"{"n_head":"4"}"#, "n_head"),
      (#"{"n_head":4,"n_head":4}"#, "n_head"),
      (#"{"layer_norm_epsilon":-1}"#, "layer_norm_epsilon"),
    ])
  func variants(json: String, field: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("config.json", Array(json.utf8))
    let error = #expect(throws: InterchangeError.self) { try GPT2Configuration(contentsOf: path) }
    #expect(error?.field == field)
  }

  /// The weights of ``canonical(head:)``.
  private func weights() throws -> GPT2Weights {
    var configuration = GPT2Configuration()
    configuration.headCount = 2
    return try #require(
      try GPT2Weights(Self.foreign(.huggingFace), configuration: configuration))
  }

  @Test("a checkpoint of llm.c and a GGUF file give the model that was written")
  func written() throws {
    let folder = try TemporaryFolder()
    let weights = try weights()
    try LLMCCheckpoint.write(weights, to: folder.file("a.bin"))
    let checkpoint = try LLMCCheckpoint(folder.file("a.bin"))
    #expect(try readFile(folder.file("a.bin")).count == 1024 + 4 * (128 * 6 + 5 * 6 + 2 * 510 + 12))
    let fromCheckpoint = try #require(
      try GPT2Weights(checkpoint, configuration: checkpoint.configuration))
    #expect(fromCheckpoint.dialect == .transposed)
    try expectEqual(fromCheckpoint, weights)

    try weights.writeGGUF(to: folder.file("a.gguf"))
    let file = try GGUFReader(folder.file("a.gguf"))
    let configuration = try #require(file.gpt2Configuration)
    let fromGGUF = try #require(try GPT2Weights(file, configuration: configuration))
    #expect(fromGGUF.dialect == .gguf)
    #expect(fromGGUF.configuration == weights.configuration)
    for tensor in weights.tensors {
      #expect(try fromGGUF.bytes(of: tensor) == weights.bytes(of: tensor))
    }
  }

  @Test("the small model in GGUF has its vocabulary and its sizes")
  func smallModelInGGUF() throws {
    let folder = try TemporaryFolder()
    let fixture = fixturesFolder + "/tinymodel"
    let weights = try #require(
      try GPT2Weights(
        SafetensorsReader(fixture + "/model.safetensors"),
        configuration: GPT2Configuration(contentsOf: fixture + "/config.json")))
    let vocabulary = try TokenizerJSON.vocabulary(contentsOf: fixture + "/tokenizer.json")
    try weights.writeGGUF(to: folder.file("a.gguf"), as: .q8_0, vocabulary: vocabulary)
    let file = try GGUFReader(folder.file("a.gguf"))
    #expect(try file.vocabulary() == vocabulary)
    #expect(file.gpt2Configuration?.layerNormEpsilon == 1e-5)
    #expect(file.types.contains(.q8_0))
    #expect(try GPT2Weights(file, configuration: #require(file.gpt2Configuration)) != nil)
  }

  @Test("every truncation of a checkpoint is an error, and no changed byte of its header traps")
  func checkpointAttacks() throws {
    let folder = try TemporaryFolder()
    try LLMCCheckpoint.write(try weights(), to: folder.file("a.bin"))
    let bytes = try readFile(folder.file("a.bin"))
    for count in Array(0..<40) + [1023, 1024, bytes.count - 1] {
      let path = try folder.write("cut.bin", Array(bytes.prefix(count)))
      #expect(throws: InterchangeError.self) { _ = try LLMCCheckpoint(path) }
    }
    for offset in 0..<32 {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] where bytes[offset] != value {
        var changed = bytes
        changed[offset] = value
        let path = try folder.write("changed.bin", changed)
        if let checkpoint = try? LLMCCheckpoint(path) {
          for tensor in checkpoint.tensors { _ = try checkpoint.bytes(of: tensor) }
        }
      }
    }
  }
}
