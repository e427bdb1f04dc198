import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("What adapters hold beside matrices") struct LoRAExtrasTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func configuration(_ settings: String) throws -> LoRAConfiguration {
    try LoRAConfiguration(
      contentsOf: folder.write(
        "adapter_config.json",
        Array(#"{"peft_type":"LORA","r":2,"lora_alpha":4,\#(settings)}"#.utf8)))
  }

  @Test("with DoRA every output gets the length that was trained", arguments: [false, true])
  func magnitudes(isInputMajor: Bool) throws {
    var generator = SeededGenerator(1)
    let (inputs, outputs, rank) = (5, 3, 2)
    func values(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }
    let (weight, a, b, lengths) = (
      values(inputs * outputs), values(rank * inputs), values(outputs * rank),
      values(outputs).map { abs($0) + 1 }
    )
    var (base, matrices) = (MemorySource(), MemorySource())
    let shape = isInputMajor ? [inputs, outputs] : [outputs, inputs]
    try base.append("model.q.weight", .float32, shape, GGUFBlockTests.bytes(weight))
    let name = "base_model.model.model.q"
    try matrices.append(
      "\(name).lora_magnitude_vector", .float32, [outputs], GGUFBlockTests.bytes(lengths))
    try matrices.append(
      "\(name).lora_A.weight", .float32, [rank, inputs], GGUFBlockTests.bytes(a))
    try matrices.append(
      "\(name).lora_B.weight", .float32, [outputs, rank], GGUFBlockTests.bytes(b))
    let settings = #""use_dora":true,"fan_in_fan_out":\#(isInputMajor)"#
    let merged = try MergedWeights(
      base, LoRAAdapter(matrices, configuration(settings), path: "a"), path: "w")
    let found = try merged.floats(named: "model.q.weight")
    for output in 0..<outputs {
      func place(_ input: Int) -> Int {
        isInputMajor ? input * outputs + output : output * inputs + input
      }
      let sums = (0..<inputs).map { input in
        weight[place(input)]
          + 2 * (0..<rank).reduce(Float(0)) { $0 + b[output * rank + $1] * a[$1 * inputs + input] }
      }
      let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for input in 0..<inputs {
        #expect(abs(found[place(input)] - sums[input] * lengths[output] / length) < 1e-6)
      }
    }
    // Lengths without the setting, and the setting without lengths, aren't an adapter.
    let without = try configuration(#""fan_in_fan_out":false"#)
    #expect(throws: InterchangeError.self) { _ = try LoRAAdapter(matrices, without, path: "a") }
    var pair = MemorySource()
    try pair.append("q.lora_A.weight", .float32, [rank, inputs], GGUFBlockTests.bytes(a))
    try pair.append("q.lora_B.weight", .float32, [outputs, rank], GGUFBlockTests.bytes(b))
    let with = try configuration(settings)
    #expect(throws: InterchangeError.self) { _ = try LoRAAdapter(pair, with, path: "a") }
  }

  @Test("whole layers and rows of an embedding take the places of those of the weights")
  func replacements() throws {
    var (base, adapter) = (MemorySource(), MemorySource())
    try base.append("transformer.wte.weight", .bfloat16, [3, 2], [UInt8](repeating: 0, count: 12))
    try base.append("transformer.ln_f.weight", .float32, [2], GGUFBlockTests.bytes([1, 1]))
    try base.append("lm_head.weight", .float32, [1, 2], GGUFBlockTests.bytes([0, 0]))
    try adapter.append(
      "base_model.model.transformer.wte.token_adapter.trainable_tokens_delta", .float32, [2, 2],
      GGUFBlockTests.bytes([1, 2, 3, 4]))
    try adapter.append(
      "base_model.model.transformer.ln_f.weight", .float32, [2], GGUFBlockTests.bytes([5, 6]))
    let settings = try configuration(
      #""modules_to_save":["ln_f"],"trainable_token_indices":{"wte":[2,0]}"#)
    let merged = try MergedWeights(base, LoRAAdapter(adapter, settings, path: "a"), path: "w")
    #expect(merged.updateCount == 2)
    #expect(try merged.floats(named: "transformer.wte.weight") == [3, 4, 0, 0, 1, 2])
    #expect(try merged.floats(named: "transformer.ln_f.weight") == [5, 6])
    #expect(try merged.floats(named: "lm_head.weight") == [0, 0])
    for (text, reason) in [
      (#""modules_to_save":["ln_f"]"#, "for 0 ids"),
      (
        #""modules_to_save":["other"],"trainable_token_indices":{"wte":[2,0]}"#,
        "isn't a matrix of a low-rank adapter"
      ),
      (#""modules_to_save":["ln_f"],"trainable_token_indices":{"wte":[2]}"#, "for 1 id"),
      (#""modules_to_save":["ln_f"],"trainable_token_indices":{"wte":[2,3]}"#, "do not fit"),
    ] {
      let settings = try configuration(text)
      let error = #expect(throws: InterchangeError.self) {
        _ = try MergedWeights(base, LoRAAdapter(adapter, settings, path: "a"), path: "w")
      }
      #expect("\(try #require(error))".contains(reason))
    }
  }

  @Test(
    "an update of all experts reaches each one, in one tensor of either order or apart",
    arguments: ["experts, outputs, inputs", "experts, inputs, outputs", "apart"])
  func experts(layout: String) throws {
    var generator = SeededGenerator(3)
    let (experts, rank, inputs, outputs) = (3, 2, 5, 4)
    func values(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }
    let (weight, a, b) = (
      values(experts * inputs * outputs), values(experts * rank * inputs),
      values(outputs * rank * experts)
    )
    func place(_ expert: Int, _ output: Int, _ input: Int) -> Int {
      layout.hasSuffix("outputs")
        ? (expert * inputs + input) * outputs + output
        : (expert * outputs + output) * inputs + input
    }
    var (base, adapter) = (MemorySource(), MemorySource())
    let module = "model.layers.0.mlp.experts"
    if layout == "apart" {
      for expert in 0..<experts {
        let start = expert * inputs * outputs
        let half = inputs * outputs / 2
        try base.append(
          "\(module).\(expert).gate_proj.weight", .float32, [outputs / 2, inputs],
          GGUFBlockTests.bytes(Array(weight[start..<(start + half)])))
        try base.append(
          "\(module).\(expert).up_proj.weight", .float32, [outputs / 2, inputs],
          GGUFBlockTests.bytes(Array(weight[(start + half)..<(start + 2 * half)])))
      }
    } else {
      let shape = layout.hasSuffix("outputs") ? [inputs, outputs] : [outputs, inputs]
      try base.append(
        "\(module).gate_up_proj", .float32, [experts] + shape, GGUFBlockTests.bytes(weight))
    }
    try adapter.append(
      "base_model.model.\(module).lora_A.weight", .float32, [experts * rank, inputs],
      GGUFBlockTests.bytes(a))
    try adapter.append(
      "base_model.model.\(module).lora_B.weight", .float32, [outputs, rank * experts],
      GGUFBlockTests.bytes(b))
    let settings = try configuration(#""target_parameters":["mlp.experts.gate_up_proj"]"#)
    let merged = try MergedWeights(base, LoRAAdapter(adapter, settings, path: "a"), path: "w")
    #expect(merged.updateCount == 1)
    let found = try merged.tensors.flatMap { try merged.floats(of: $0) }
    for expert in 0..<experts {
      for output in 0..<outputs {
        for input in 0..<inputs {
          let sum = (0..<rank).reduce(Float(0)) {
            $0 + b[output * rank * experts + $1 * experts + expert]
              * a[(expert * rank + $1) * inputs + input]
          }
          let index = place(expert, output, input)
          #expect(abs(found[index] - weight[index] - 2 * sum) < 1e-5)
        }
      }
    }
    // A parameter that the weights do not have is no reason to write something else.
    let other = try configuration(#""target_parameters":["mlp.experts.down_proj"]"#)
    #expect(throws: InterchangeError.self) {
      _ = try MergedWeights(base, LoRAAdapter(adapter, other, path: "a"), path: "w")
    }
  }

  @Test("embeddings get their update transposed, and biases those that were trained")
  func embeddingsAndBiases() throws {
    var (base, adapter) = (MemorySource(), MemorySource())
    try base.append(
      "model.embed_tokens.weight", .float32, [3, 2], GGUFBlockTests.bytes([0, 0, 0, 0, 0, 0]))
    try base.append("model.q.weight", .float32, [2, 2], GGUFBlockTests.bytes([1, 0, 0, 1]))
    try base.append("model.q.bias", .float32, [2], GGUFBlockTests.bytes([1, 2]))
    try base.append("model.k.bias", .float32, [2], GGUFBlockTests.bytes([3, 4]))
    let prefix = "base_model.model.model"
    try adapter.append(
      "\(prefix).embed_tokens.lora_embedding_A", .float32, [2, 3],
      GGUFBlockTests.bytes([1, 2, 3, 0, 0, 0]))
    try adapter.append(
      "\(prefix).embed_tokens.lora_embedding_B", .float32, [2, 2],
      GGUFBlockTests.bytes([1, 0, 10, 0]))
    try adapter.append(
      "\(prefix).embed_tokens.base_layer.weight", .float32, [3, 2],
      GGUFBlockTests.bytes([1, 1, 1, 1, 1, 1]))
    try adapter.append(
      "\(prefix).k.bias", .float32, [2], GGUFBlockTests.bytes([5, 6]))
    let trained = try configuration(#""bias":"all","fan_in_fan_out":false"#)
    let merged = try MergedWeights(base, LoRAAdapter(adapter, trained, path: "a"), path: "w")
    // The scale is 2; A and B make [1, 2, 3] times [1, 10].
    #expect(
      try merged.floats(named: "model.embed_tokens.weight") == [3, 21, 5, 41, 7, 61])
    #expect(try merged.floats(named: "model.k.bias") == [5, 6])
    #expect(try merged.floats(named: "model.q.bias") == [1, 2])
    // Biases without the setting aren't part of an adapter.
    let without = try configuration(#""bias":"none","fan_in_fan_out":false"#)
    #expect(throws: InterchangeError.self) { _ = try LoRAAdapter(adapter, without, path: "a") }
    var pair = MemorySource()
    try pair.append(
      "\(prefix).q.lora_A.weight", .float32, [2, 2], GGUFBlockTests.bytes([0, 0, 0, 0]))
    try pair.append(
      "\(prefix).q.lora_B.weight", .float32, [2, 2], GGUFBlockTests.bytes([0, 0, 0, 0]))
    let biased = try configuration(#""lora_bias":true,"fan_in_fan_out":false"#)
    #expect(throws: InterchangeError.self) { _ = try LoRAAdapter(pair, biased, path: "a") }
    try pair.append("\(prefix).q.lora_B.bias", .float32, [2], GGUFBlockTests.bytes([0.5, 1]))
    let shifted = try MergedWeights(base, LoRAAdapter(pair, biased, path: "a"), path: "w")
    #expect(try shifted.floats(named: "model.q.bias") == [2, 4])
  }
}
