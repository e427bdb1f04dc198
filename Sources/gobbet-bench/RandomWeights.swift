import Gobbet

/// The weights of a GPT-2 of 124M parameters, drawn anew whenever they are read.
struct RandomWeights: TensorSource {
  let tensors: [TensorDescription]
  let metadata: [(String, String)]

  init() throws {
    let configuration = try GPTConfiguration(
      vocabularySize: 50_257, contextLength: 1024, width: 768, layerCount: 12, headCount: 12)
    metadata = [(GPTConfiguration.metadataKey, configuration.json)]
    let width = configuration.width
    var shapes: [(name: String, shape: [Int])] = [
      ("wte.weight", [configuration.vocabularySize, width]),
      ("wpe.weight", [configuration.contextLength, width]),
    ]
    func norm(_ name: String) {
      shapes += [("\(name).weight", [width]), ("\(name).bias", [width])]
    }
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) {
      shapes += [("\(name).weight", [inputs, outputs]), ("\(name).bias", [outputs])]
    }
    for layer in 0..<configuration.layerCount {
      norm("h.\(layer).ln_1")
      linear("h.\(layer).attn.c_attn", width, 3 * width)
      linear("h.\(layer).attn.c_proj", width, width)
      norm("h.\(layer).ln_2")
      linear("h.\(layer).mlp.c_fc", width, 4 * width)
      linear("h.\(layer).mlp.c_proj", 4 * width, width)
    }
    norm("ln_f")
    tensors = try shapes.map {
      try TensorDescription(name: $0.name, elementType: .float32, shape: $0.shape)
    }
  }

  /// Gains are 1, biases 0, weights spread evenly with GPT-2's standard deviation of 0.02.
  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws {
    let isVector = tensor.shape.count == 1
    var state = UInt64(tensor.byteCount)
    for index in 0..<tensor.elementCount {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let even = Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31 * 0.0346
      let value: Float = isVector ? (tensor.name.hasSuffix("weight") ? 1 : 0) : even
      unsafe destination.storeBytes(
        of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
    }
  }
}
