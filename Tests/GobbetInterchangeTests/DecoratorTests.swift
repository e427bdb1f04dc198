import GobbetData
import GobbetInterchange
import TestSupport
import Testing

/// Tensors that are lent where they lie and read in parts, for all of which memory is refused.
private struct RefusingSource: TensorSource {
  let base: MemorySource
  var refuses = false

  struct Refusal: Error, Hashable {}

  var tensors: [TensorDescription] { base.tensors }
  var metadata: [(String, String)] { base.metadata }

  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws {
    unsafe try base.read(tensor, into: destination)
  }

  func readsParts(of tensor: TensorDescription) -> Bool { true }

  func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try unsafe base.bytes(of: tensor).withUnsafeBytes(body)
  }

  func requireMemory(for tensor: TensorDescription) throws {
    if refuses { throw Refusal() }
  }
}

@Suite("Sources around sources") struct DecoratorTests {
  /// The decorators that there are, each around a source that refuses memory, or does not.
  private static func decorators(refusing: Bool) throws -> [(String, any TensorSource)] {
    func source(_ base: MemorySource) -> RefusingSource {
      RefusingSource(base: base, refuses: refusing)
    }
    var floats = MemorySource()
    try floats.append("a", .float32, [2, 3], Array(0..<24))
    try floats.append("b", .int32, [1], [1, 2, 3, 4])
    let plain = source(floats)
    var scaled = floats
    try scaled.append("w", .float8E4M3, [2, 2], [1, 2, 3, 4])
    try scaled.append("w_scale_inv", .float32, [1, 1], [0, 0, 0x80, 0x3F])
    try scaled.append("e_blocks", .uint8, [1, 1, 1, 16], Array(0..<16))
    try scaled.append("e_scales", .uint8, [1, 1, 1], [127])
    var configuration = GPT2Configuration()
    configuration.headCount = 2
    func gpt2(_ dialect: GPT2Dialect) throws -> GPT2Weights {
      try #require(
        try GPT2Weights(
          source(GPT2WeightsTests.foreign(dialect)), configuration: configuration))
    }
    let phi3 = try phi3()
    let phi3Source = source(phi3.weights)
    var adapter = MemorySource()
    try adapter.append("a.lora_A.weight", .float32, [1, 3], Array(0..<12))
    try adapter.append("a.lora_B.weight", .float32, [2, 1], Array(0..<8))
    var layer = floats
    try layer.append("a.weight", .float32, [2, 3], Array(0..<24))
    var settings = LoRAConfiguration()
    settings.alpha = 1
    return [
      ("renamed", try RenamedWeights(plain) { ("x." + $0.name, $0.name == "a") }),
      ("converted", try ConvertedWeights(plain, as: .bfloat16)),
      ("selected", plain.selecting { $0.name == "a" }),
      ("shards", try WeightShards([plain])),
      ("dequantised", try #require(try DequantizedWeights(source(scaled), path: "w"))),
      ("GPT-2", try gpt2(.huggingFace)),
      ("GPT-2, transposed", try gpt2(.transposed)),
      ("GPT-2 of the book", try gpt2(.book)),
      ("phi3", try phi3.model.weights(in: phi3Source, path: nil)),
      (
        "merged",
        try MergedWeights(
          source(layer), LoRAAdapter(source(adapter), settings, path: "a"), path: "w")
      ),
    ]
  }

  /// A model whose file has queries, keys and values in one tensor, and gates with their projections.
  private static func phi3() throws -> (model: FamilyModel, weights: MemorySource) {
    let json = """
      {"model_type": "phi3", "vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1, \
      "num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 12, \
      "max_position_embeddings": 16, "tie_word_embeddings": false}
      """
    var weights = MemorySource()
    for (name, shape) in [
      ("model.embed_tokens", [8, 8]), ("model.layers.0.input_layernorm", [8]),
      ("model.layers.0.post_attention_layernorm", [8]),
      ("model.layers.0.self_attn.qkv_proj", [24, 8]), ("model.layers.0.self_attn.o_proj", [8, 8]),
      ("model.layers.0.mlp.gate_up_proj", [24, 8]), ("model.layers.0.mlp.down_proj", [8, 12]),
      ("model.norm", [8]), ("lm_head", [8, 8]),
    ] {
      let bytes = (0..<(4 * shape.reduce(1, *))).map { UInt8(truncatingIfNeeded: 7 * $0) & 0x3F }
      try weights.append("\(name).weight", .float32, shape, bytes)
    }
    return (try #require(try FamilyModel(json: Array(json.utf8), path: nil)), weights)
  }

  @Test("a bound of memory holds with every decorator")
  func bounds() throws {
    for (name, source) in try Self.decorators(refusing: true) {
      for tensor in source.tensors {
        #expect(throws: RefusingSource.Refusal.self, "\(name), \(tensor.name)") {
          try source.requireMemory(for: tensor)
        }
        #expect(throws: RefusingSource.Refusal.self, "\(name), \(tensor.name)") {
          _ = try source.bytes(of: tensor)
        }
      }
    }
  }

  @Test("every decorator lends what its source has as it is, and reads parts as it reads wholes")
  func parts() throws {
    for (name, source) in try Self.decorators(refusing: false) {
      var lentCount = 0
      for tensor in source.tensors {
        let whole = try source.bytes(of: tensor)
        let lent = try unsafe source.withBytesInPlace(of: tensor) { unsafe Array($0) }
        #expect(lent == nil || lent == whole, "\(name), \(tensor.name)")
        lentCount += lent == nil ? 0 : 1
        for range in [0..<0, 0..<1, 1..<(whole.count - 1), (whole.count / 2)..<whole.count] {
          #expect(
            try source.bytes(of: tensor, in: range) == Array(whole[range]),
            "\(name), \(tensor.name), \(range)")
        }
      }
      #expect(lentCount > 0, "\(name)")
    }
  }

  @Test("a tensor of another source is an error of every decorator")
  func others() throws {
    let other = try TensorDescription(name: "no such tensor", elementType: .int64, shape: [3])
    for (name, source) in try Self.decorators(refusing: false) where name != "selected" {
      #expect(throws: TensorError(.missing, tensor: other.name), "\(name)") {
        try source.requireMemory(for: other)
      }
      let first = source.tensors[0]
      let changed = try TensorDescription(
        name: first.name, elementType: .int64, shape: first.shape)
      if name != "shards" {
        #expect(throws: TensorError(.otherDescription, tensor: first.name), "\(name)") {
          try source.requireMemory(for: changed)
        }
      }
      #expect(!source.readsParts(of: other), "\(name)")
    }
  }
}
