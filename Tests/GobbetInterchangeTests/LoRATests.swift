import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Low-rank adapters") struct LoRATests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func bytes(_ floats: [Float]) -> [UInt8] {
    floats.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
  }

  /// Small whole numbers, so that all sums are exact.
  private static func values(_ count: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<count).map { _ in Float(Int.random(in: -4...4, using: &generator)) }
  }

  /// The sum over k of `a`[i, k] × `b`[k, j], times `scale`.
  private static func product(
    _ a: (Int, Int) -> Float, _ b: (Int, Int) -> Float, _ rows: Int, _ rank: Int, _ columns: Int,
    _ scale: Float
  ) -> [Float] {
    (0..<(rows * columns)).map { index in
      (0..<rank).reduce(0) { $0 + a(index / columns, $1) * b($1, index % columns) } * scale
    }
  }

  private func configuration(_ text: String) throws -> LoRAConfiguration {
    try LoRAConfiguration(contentsOf: folder.write("adapter_config.json", Array(text.utf8)))
  }

  @Test("PEFT's matrices are added to layers of either layout", arguments: [false, true])
  func peft(isInputMajor: Bool) throws {
    var generator = SeededGenerator(1)
    let (inputs, outputs, rank) = (6, 4, 2)
    let a = Self.values(rank * inputs, &generator)
    let b = Self.values(outputs * rank, &generator)
    let weight = Self.values(inputs * outputs, &generator)
    var base = MemorySource()
    try base.append(
      "model.layer.weight", .float32, isInputMajor ? [inputs, outputs] : [outputs, inputs],
      Self.bytes(weight))
    try base.append("model.other", .int32, [1], [1, 2, 3, 4])
    base.metadata = [("k", "v")]
    var matrices = MemorySource()
    try matrices.append(
      "base_model.model.model.layer.lora_A.weight", .float32, [rank, inputs], Self.bytes(a))
    try matrices.append(
      "base_model.model.model.layer.lora_B.weight", .float32, [outputs, rank], Self.bytes(b))
    let settings = try configuration(
      #"{"peft_type":"LORA","r":2,"lora_alpha":8,"fan_in_fan_out":\#(isInputMajor),"bias":"none"}"#)
    let merged = try MergedWeights(
      base, LoRAAdapter(matrices, settings, path: "a"), path: "w")
    #expect(merged.updateCount == 1)
    #expect(merged.metadata.map(\.1) == ["v"])
    let delta =
      isInputMajor
      ? Self.product({ a[$1 * inputs + $0] }, { b[$1 * rank + $0] }, inputs, rank, outputs, 4)
      : Self.product({ b[$0 * rank + $1] }, { a[$0 * inputs + $1] }, outputs, rank, inputs, 4)
    #expect(try merged.floats(named: "model.layer.weight") == zip(weight, delta).map { $0 + $1 })
    let tensor = try #require(merged.tensor(named: "model.layer.weight"))
    #expect(
      try merged.bytes(of: tensor, in: 8..<20) == Array(merged.bytes(of: tensor)[8..<20]))
    let other = try #require(merged.tensor(named: "model.other"))
    #expect(try merged.bytes(of: other) == [1, 2, 3, 4])
  }

  @Test("the book's matrices find their columns in Hugging Face's layers, square ones too")
  func book() throws {
    var generator = SeededGenerator(2)
    let width = GPT2WeightsTests.width
    let base = try GPT2WeightsTests.foreign(.huggingFace, head: false)
    var configuration = GPT2Configuration()
    configuration.headCount = 2
    let canonical = try #require(try GPT2Weights(base, configuration: configuration))
    var matrices = MemorySource()
    var factors: [String: ([Float], [Float])] = [:]
    for (name, inputs, outputs) in [
      ("att.W_key", width, width), ("att.out_proj", width, width),
      ("ff.layers.2", 4 * width, width),
    ] {
      let (a, b) = (Self.values(inputs * 3, &generator), Self.values(3 * outputs, &generator))
      factors[name] = (a, b)
      try matrices.append("trf_blocks.1.\(name).lora.A", .float32, [inputs, 3], Self.bytes(a))
      try matrices.append("trf_blocks.1.\(name).lora.B", .float32, [3, outputs], Self.bytes(b))
    }
    let merged = try MergedWeights(
      canonical, LoRAAdapter(matrices, LoRAConfiguration(alpha: 6), path: "a"), path: "w")
    for (name, place, first, columns, inputs) in [
      ("att.W_key", "h.1.attn.c_attn.weight", width, 3 * width, width),
      ("att.out_proj", "h.1.attn.c_proj.weight", 0, width, width),
      ("ff.layers.2", "h.1.mlp.c_proj.weight", 0, width, 4 * width),
    ] {
      let (a, b) = try #require(factors[name])
      let delta = Self.product(
        { a[$0 * 3 + $1] }, { b[$0 * width + $1] }, inputs, 3, width, 2)
      var expected = try canonical.floats(named: place)
      for row in 0..<inputs {
        for column in 0..<width {
          expected[row * columns + first + column] += delta[row * width + column]
        }
      }
      #expect(try merged.floats(named: place) == expected, "\(name)")
    }
    let untouched = try #require(merged.tensor(named: "h.0.attn.c_attn.weight"))
    #expect(try merged.bytes(of: untouched) == canonical.bytes(of: untouched))
  }

  @Test("a model of the book's with its adapters inside becomes one without")
  func wholeModel() throws {
    var model = MemorySource()
    try model.append("l.linear.weight", .float32, [2, 2], Self.bytes([1, 2, 3, 4]))
    try model.append("l.linear.bias", .float32, [2], Self.bytes([5, 6]))
    try model.append("l.lora.A", .float32, [2, 1], Self.bytes([1, 10]))
    try model.append("l.lora.B", .float32, [1, 2], Self.bytes([1, 100]))
    let adapter = try LoRAAdapter(
      model, LoRAConfiguration(alpha: 1), path: "a", allowingOthers: true)
    let merged = try MergedWeights(model, adapter, path: "w")
    #expect(merged.tensors.map(\.name) == ["l.weight", "l.bias"])
    // W is [outputs, inputs]; the update [inputs, outputs] is 1 100, 10 1000.
    #expect(try merged.floats(named: "l.weight") == [2, 12, 103, 1004])
    #expect(try merged.floats(named: "l.bias") == [5, 6])
  }

  @Test("rank-stabilised adapters and single modules are scaled as they say")
  func scales() throws {
    func scale(_ text: String) throws -> Float {
      var base = MemorySource()
      try base.append("m.q.weight", .float32, [1, 2], Self.bytes([0, 0]))
      var matrices = MemorySource()
      try matrices.append(
        "m.q.lora_A.weight", .float32, [4, 2], Self.bytes([1, 1, 0, 0, 0, 0, 0, 0]))
      try matrices.append("m.q.lora_B.weight", .float32, [1, 4], Self.bytes([1, 0, 0, 0]))
      let adapter = try LoRAAdapter(matrices, configuration(text), path: "a")
      return try MergedWeights(base, adapter, path: "w").floats(named: "m.q.weight")[0]
    }
    #expect(try scale(#"{"peft_type":"LORA","lora_alpha":8}"#) == 2)
    #expect(try scale(#"{"peft_type":"LORA","lora_alpha":8,"use_rslora":true}"#) == 4)
    #expect(
      try scale(#"{"peft_type":"LORA","lora_alpha":8,"alpha_pattern":{"q":12,"v":1}}"#) == 3)
    let error = #expect(throws: InterchangeError.self) {
      try scale(#"{"peft_type":"LORA","r":8,"lora_alpha":8}"#)
    }
    #expect(error?.description.hasSuffix("have rank 4, the configuration says 8") == true)
  }

  @Test("an adapter of another kind is refused by the kind's name")
  func kinds() throws {
    let kind = #expect(throws: InterchangeError.self) {
      _ = try configuration(#"{"peft_type":"LOKR","r":4}"#)
    }
    #expect(kind?.description.contains("of the kind LOKR") == true)
  }

  @Test(
    "configurations of another computation are refused by the field",
    arguments: [
      (#"{"peft_type":"LOHA","lora_alpha":8}"#, "peft_type"),
      (#"{"peft_type":"LORA","lora_alpha":8,"use_qalora":true}"#, "use_qalora"),
      (#"{"peft_type":"LORA","lora_alpha":8,"bias":"some"}"#, "bias"),
      (#"{"peft_type":"LORA"}"#, "lora_alpha"),
      (
        #"{"peft_type":"LORA","lora_alpha":8,"alpha_pattern":{"(?=a).*":1}}"#,
        "alpha_pattern.(?=a).*"
      ),
      (#"{"peft_type":"LORA","lora_alpha":8,"rank_pattern":{"q":"x"}}"#, "rank_pattern.q"),
      (#"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"pissa"}"#, "init_lora_weights"),
      (
        #"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"pissa_niter_4"}"#,
        "init_lora_weights"
      ),
      (#"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"OLoRA"}"#, "init_lora_weights"),
      (#"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"corda"}"#, "init_lora_weights"),
      (#"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"eva"}"#, "init_lora_weights"),
      (#"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"loftq"}"#, "init_lora_weights"),
      (#"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"lora_ga"}"#, "init_lora_weights"),
      (#"{"peft_type":"LORA","lora_alpha":8,"init_lora_weights":"mica"}"#, "init_lora_weights"),
      (
        #"{"peft_type":"LORA","lora_alpha":8,"alora_invocation_tokens":[1]}"#,
        "alora_invocation_tokens"
      ),
      (#"{"peft_type":"LORA","lora_alpha":8,"layer_replication":[[0,1]]}"#, "layer_replication"),
      (#"{"peft_type":"LORA","lora_alpha":8,"target_parameters":["head"]}"#, "target_parameters"),
      (#"{"peft_type":"LORA","lora_alpha":8,"use_tomorrow":true}"#, "use_tomorrow"),
    ])
  func refusedConfigurations(text: String, field: String) throws {
    let error = #expect(throws: InterchangeError.self) { try configuration(text) }
    #expect(error?.field == field)
  }

  @Test("what does not fit is an error that names the tensor")
  func misfits() throws {
    var base = MemorySource()
    try base.append("l.weight", .float32, [2, 3], Self.bytes([Float](repeating: 0, count: 6)))
    try base.append("s.weight", .float32, [2, 2], Self.bytes([Float](repeating: 0, count: 4)))
    func merge(
      _ tensors: [(String, [Int])], alpha: Double? = 1
    ) -> InterchangeError? {
      do {
        var matrices = MemorySource()
        for (name, shape) in tensors {
          try matrices.append(
            name, .float32, shape, [UInt8](repeating: 0, count: 4 * shape.reduce(1, *)))
        }
        let adapter = try LoRAAdapter(matrices, LoRAConfiguration(alpha: alpha), path: "a")
        _ = try MergedWeights(base, adapter, path: "w")
        return nil
      } catch {
        return error as? InterchangeError
      }
    }
    func pair(_ name: String, _ a: [Int], _ b: [Int]) -> [(String, [Int])] {
      [("\(name).lora_A.weight", a), ("\(name).lora_B.weight", b)]
    }
    #expect(merge(pair("l", [1, 3], [2, 1])) == nil)
    #expect(merge(pair("l", [1, 3], [2, 1]), alpha: nil)?.field == "l.lora_A.weight")
    #expect(merge(pair("l", [1, 3], [2, 2]))?.field == "l.lora_A.weight")
    #expect(merge(pair("l", [1, 4], [2, 1]))?.field == "l")
    #expect(merge(pair("x", [1, 3], [2, 1]))?.field == "x")
    // Square, and nothing says how it lies.
    #expect(merge(pair("s", [1, 2], [2, 1]))?.field == "s")
    #expect(merge([("l.lora_A.weight", [1, 3])])?.field == "l.lora_A.weight")
    #expect(merge([("l.lora_B.weight", [2, 1])])?.field == "l.lora_B.weight")
    #expect(merge([("stray", [1])])?.field == "stray")
    #expect(merge([]) != nil)
  }
}
