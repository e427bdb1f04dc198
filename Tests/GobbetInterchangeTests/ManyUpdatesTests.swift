import GobbetData
import GobbetInterchange
import Testing

/// Tensors without data.
private struct Names: TensorSource {
  let tensors: [TensorDescription]
  let metadata: [(String, String)] = []

  func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    throw TensorError(.missing, tensor: tensor.name)
  }
}

@Suite("Adapters of many layers") struct ManyUpdatesTests {
  private static func tensor(_ name: String, _ shape: [Int]) throws -> TensorDescription {
    try TensorDescription(name: name, elementType: .float32, shape: shape)
  }

  @Test(
    "20,000 updates find their other halves and their weights in seconds", .timeLimit(.minutes(1)))
  func plainNames() throws {
    let count = 20_000
    var matrices: [TensorDescription] = []
    for end in ["A", "B"] {
      for index in 0..<count {
        let shape = end == "A" ? [1, 2] : [3, 1]
        matrices.append(try Self.tensor("m\(index).lora_\(end).weight", shape))
      }
    }
    let adapter = try LoRAAdapter(
      Names(tensors: matrices), LoRAConfiguration(alpha: 1), path: "adapter")
    let weights = try (0..<count).map { try Self.tensor("m\($0).weight", [3, 2]) }
    let merged = try MergedWeights(Names(tensors: weights), adapter, path: "weights")
    #expect(merged.updateCount == count)
  }

  @Test(
    "so do those of a GPT-2 of 1,000 layers, under the names of another program",
    .timeLimit(.minutes(1)))
  func foreignNames() throws {
    let layerCount = 1000
    var weights: [TensorDescription] = []
    var matrices: [TensorDescription] = []
    for layer in 0..<layerCount {
      weights.append(try Self.tensor("h.\(layer).ln_1.weight", [4]))
      weights.append(try Self.tensor("h.\(layer).attn.c_attn.weight", [4, 12]))
      weights.append(try Self.tensor("h.\(layer).mlp.c_fc.weight", [4, 16]))
      for part in ["query", "key", "value"] {
        let name = "trf_blocks.\(layer).att.W_\(part).lora"
        matrices.append(try Self.tensor("\(name).A", [4, 1]))
        matrices.append(try Self.tensor("\(name).B", [1, 4]))
      }
    }
    let adapter = try LoRAAdapter(
      Names(tensors: matrices), LoRAConfiguration(alpha: 1), path: "adapter")
    let merged = try MergedWeights(Names(tensors: weights), adapter, path: "weights")
    #expect(merged.updateCount == 3 * layerCount)
  }
}
