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
    // Lengths without the setting, and the setting without lengths, are no adapter.
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
        "no matrix of a low-rank adapter"
      ),
      (#""modules_to_save":["ln_f"],"trainable_token_indices":{"wte":[2]}"#, "for 1 ids"),
      (#""modules_to_save":["ln_f"],"trainable_token_indices":{"wte":[2,3]}"#, "do not fit"),
    ] {
      let settings = try configuration(text)
      let error = #expect(throws: InterchangeError.self) {
        _ = try MergedWeights(base, LoRAAdapter(adapter, settings, path: "a"), path: "w")
      }
      #expect("\(try #require(error))".contains(reason))
    }
  }
}
