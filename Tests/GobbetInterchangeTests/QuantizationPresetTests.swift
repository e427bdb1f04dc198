import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("llama.cpp's mixes of types") struct QuantizationPresetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func tensor(_ name: String, _ shape: [Int]) throws -> TensorDescription {
    try TensorDescription(name: name, elementType: .bfloat16, shape: shape)
  }

  /// The tensors of a model in GGUF, by the widths of its rows.
  private static func model(
    layers: Int, hidden: Int, attention: Int, feedForward: Int, experts: Int = 1, hasHead: Bool
  ) throws -> [TensorDescription] {
    var tensors = [try tensor("token_embd.weight", [1000, hidden])]
    if hasHead { tensors.append(try tensor("output.weight", [1000, hidden])) }
    tensors.append(try tensor("output_norm.weight", [hidden]))
    for layer in 0..<layers {
      let experts = experts > 1 ? [experts] : []
      let end = experts.isEmpty ? ".weight" : "_exps.weight"
      for (name, shape) in [
        ("attn_norm.weight", [hidden]), ("attn_q.weight", [attention, hidden]),
        ("attn_k.weight", [256, hidden]), ("attn_v.weight", [256, hidden]),
        ("attn_output.weight", [hidden, attention]), ("ffn_norm.weight", [hidden]),
        ("ffn_gate\(end)", experts + [feedForward, hidden]),
        ("ffn_up\(end)", experts + [feedForward, hidden]),
        ("ffn_down\(end)", experts + [hidden, feedForward]),
      ] { tensors.append(try tensor("blk.\(layer).\(name)", shape)) }
      if !experts.isEmpty {
        tensors.append(try tensor("blk.\(layer).ffn_gate_inp.weight", [8, hidden]))
      }
    }
    return tensors
  }

  private static func types(
    _ preset: QuantizationPreset, _ tensors: [TensorDescription]
  ) -> [String: ElementType] {
    Dictionary(
      uniqueKeysWithValues: zip(tensors.map(\.name), preset.types(of: tensors)))
  }

  @Test("Gemma 3 270M gets the types that llama.cpp gave it, rows of 640 too")
  func gemma() throws {
    let tensors = try Self.model(
      layers: 18, hidden: 640, attention: 1024, feedForward: 2048, hasHead: false)
    let types = Self.types(.q4_K_M, tensors)
    let counts = types.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    #expect(counts[.q5_0] == 81 && counts[.q4_K] == 27 && counts[.q8_0] == 10)
    #expect(counts[.q6_K] == 9)
    #expect(types["token_embd.weight"] == .q8_0)
    let more = [0, 1, 4, 7, 10, 13, 15, 16, 17]
    for layer in 0..<18 {
      #expect(types["blk.\(layer).attn_q.weight"] == .q5_0)
      #expect(types["blk.\(layer).attn_output.weight"] == .q4_K)
      #expect(types["blk.\(layer).attn_v.weight"] == (more.contains(layer) ? .q8_0 : .q5_0))
      #expect(types["blk.\(layer).ffn_down.weight"] == (more.contains(layer) ? .q6_K : .q4_K))
      #expect(types["blk.\(layer).attn_norm.weight"] == .bfloat16)
    }
  }

  @Test("of eight layers the first and the last two get more bits, and one in between")
  func layers() throws {
    let tensors = try Self.model(
      layers: 8, hidden: 512, attention: 512, feedForward: 1024, hasHead: true)
    for (preset, base) in [(QuantizationPreset.q4_K_M, ElementType.q4_K), (.q5_K_M, .q5_K)] {
      let types = Self.types(preset, tensors)
      #expect(types["output.weight"] == .q6_K)
      #expect(types["token_embd.weight"] == base)
      for layer in 0..<8 {
        let expected = [0, 3, 6, 7].contains(layer) ? .q6_K : base
        #expect(types["blk.\(layer).attn_v.weight"] == expected)
        #expect(types["blk.\(layer).ffn_down.weight"] == expected)
        #expect(types["blk.\(layer).ffn_up.weight"] == base)
      }
    }
    #expect(Self.types(.q6_K, tensors).values.allSatisfy { $0 == .q6_K || $0 == .bfloat16 })
    #expect(Self.types(.q8_0, tensors).values.allSatisfy { $0 == .q8_0 || $0 == .bfloat16 })
  }

  @Test("keys and values of eight experts have 8 bits, and the router keeps its elements")
  func experts() throws {
    let eight = Self.types(
      .q4_K_M,
      try Self.model(
        layers: 4, hidden: 512, attention: 512, feedForward: 512, experts: 8, hasHead: true))
    let four = Self.types(
      .q4_K_M,
      try Self.model(
        layers: 4, hidden: 512, attention: 512, feedForward: 512, experts: 4, hasHead: true))
    #expect(eight["blk.1.attn_k.weight"] == .q8_0 && four["blk.1.attn_k.weight"] == .q4_K)
    #expect(eight["blk.1.attn_v.weight"] == .q8_0 && four["blk.1.attn_v.weight"] == .q4_K)
    #expect(eight["blk.1.attn_output.weight"] == .q5_K)
    #expect(four["blk.1.attn_output.weight"] == .q4_K)
    #expect(eight["blk.3.ffn_down_exps.weight"] == .q6_K)
    #expect(eight["blk.0.ffn_gate_inp.weight"] == .bfloat16)
  }

  @Test("the names of Hugging Face's files give the same types")
  func names() throws {
    let names = [
      ("token_embd.weight", "model.embed_tokens.weight"), ("output.weight", "lm_head.weight"),
      ("attn_norm.weight", "input_layernorm.weight"), ("attn_q.weight", "self_attn.q_proj.weight"),
      ("attn_k.weight", "self_attn.k_proj.weight"), ("attn_v.weight", "self_attn.v_proj.weight"),
      ("attn_output.weight", "self_attn.o_proj.weight"),
      ("output_norm.weight", "model.norm.weight"),
      ("ffn_norm.weight", "post_attention_layernorm.weight"),
      ("ffn_gate.weight", "mlp.gate_proj.weight"), ("ffn_up.weight", "mlp.up_proj.weight"),
      ("ffn_down.weight", "mlp.down_proj.weight"),
    ]
    let tensors = try Self.model(
      layers: 9, hidden: 512, attention: 512, feedForward: 1024, hasHead: true)
    let renamed = try tensors.map { tensor in
      let parts = tensor.name.split(separator: ".", maxSplits: 2).map(String.init)
      let isInLayer = parts[0] == "blk"
      let own = isInLayer ? parts[2] : tensor.name
      let other = try #require(names.first { $0.0 == own }).1
      return try Self.tensor(isInLayer ? "model.layers.\(parts[1]).\(other)" : other, tensor.shape)
    }
    for preset in QuantizationPreset.allCases {
      #expect(preset.types(of: renamed) == preset.types(of: tensors))
    }
  }

  @Test(
    "blocks of 256 have less squared error than ggml's",
    arguments: [
      // Of the same elements, by ggml_quantize_chunk of ggml 0.13.1 (pywhispercpp 1.5.1).
      (ElementType.q4_K, 3_731_603.6908475673), (.q5_K, 878_995.7474769175),
      (.q6_K, 124_611.38447961572),
    ])
  func errors(type: ElementType, theirs: Double) throws {
    let floats = (0..<16_384).map { index in
      Float((index * 7919 + 13) % 2003 - 1001) / 317
        * Float(sign: .plus, exponent: index / 32 % 19 - 9, significand: 1)
    }
    var source = MemorySource()
    try source.append("a.weight", .float32, [2, 8192], GGUFBlockTests.bytes(floats))
    let quantized = try ConvertedWeights(source) { _ in type }
    let found = try quantized.floats(named: "a.weight")
    let error = zip(floats, found).reduce(0.0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    }
    #expect(error <= theirs)
    #expect(error > 0.9 * theirs)
  }

  @Test(
    "blocks of 256 hold what they can: zeros, constants, one element, and nothing that is not finite",
    arguments: [ElementType.q4_K, .q5_K, .q6_K])
  func edges(type: ElementType) throws {
    func quantized(_ floats: [Float]) throws -> [Float] {
      var source = MemorySource()
      try source.append("a.weight", .float32, [1, 256], GGUFBlockTests.bytes(floats))
      return try ConvertedWeights(source) { _ in type }.floats(named: "a.weight")
    }
    #expect(try quantized([Float](repeating: 0, count: 256)).allSatisfy { $0 == 0 })
    #expect(try quantized([Float](repeating: 1e-30, count: 256)).allSatisfy { abs($0) < 1e-29 })
    for value in [Float(1), -1, 1024] {
      let found = try quantized([Float](repeating: value, count: 256))
      #expect(found.allSatisfy { abs($0 - value) <= abs(value) / 500 })
    }
    var one = [Float](repeating: 0, count: 256)
    one[77] = -3
    let found = try quantized(one)
    #expect(abs(found[77] + 3) < 0.01)
    #expect(found.indices.allSatisfy { $0 == 77 || abs(found[$0]) < 0.01 })
    for value in [Float.nan, .infinity, -.infinity, 1e9] {
      one[77] = value
      #expect(throws: TensorError(.notRepresentable(type), tensor: "a.weight")) {
        _ = try quantized(one)
      }
    }
  }
}
