import GobbetData
import GobbetGPT
import TestSupport

/// A random Llama with its matrices in GGUF's blocks.
struct BlockModel: Sendable, CustomStringConvertible {
  let description: String
  /// What the matrices of a layer are, in turn; the embedding, which is the head as well, is the first.
  let types: [ElementType]

  static let types: [ElementType] = [
    .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_K, .q5_K, .q6_K, .mxfp4,
  ]

  /// One model of each type, one that mixes types as Q4_K_M does, and one that mixes them with floats.
  static let all: [BlockModel] =
    types.map { BlockModel(description: "\($0)", types: [$0]) } + [
      BlockModel(description: "mixed", types: [.q8_0, .q5_0, .q4_K, .q6_K, .q5_K]),
      BlockModel(description: "with floats", types: [.float32, .q8_0, .q4_K]),
    ]

  /// Numbers of a head that are a block of 32, and of a width that are one of 256.
  static let architecture: Architecture = {
    var architecture = Architecture(
      vocabularySize: 300, contextLength: 96, layerCount: 2,
      layerSizes: .init(hiddenSize: 256, headCount: 4, feedForwardSize: 512))
    architecture.keyValueHeadCount = 2
    architecture.hasTiedHead = true
    return architecture
  }()

  /// The names and shapes of the matrices.
  private static var matrices: [(name: String, shape: [Int])] {
    let size = architecture.hiddenSize
    let keys = architecture.keyValueHeadCount * architecture.headDimension
    let inside = architecture.feedForwardSize
    var matrices = [("embedding.weight", [architecture.vocabularySize, size])]
    for layer in architecture.layers.indices {
      for (part, outputs, inputs) in [
        ("query", size, size), ("key", keys, size), ("value", keys, size),
        ("attention_output", size, size), ("gate", inside, size), ("up", inside, size),
        ("down", size, inside),
      ] {
        matrices.append(("blocks.\(layer).\(part).weight", [outputs, inputs]))
      }
    }
    return matrices
  }

  func source(seed: UInt64 = 1) throws -> MemorySource {
    var random = SeededGenerator(seed)
    var source = MemorySource()
    for (index, matrix) in Self.matrices.enumerated() {
      let type = types[index % types.count]
      let count = matrix.shape.reduce(1, *)
      if type == .float32 {
        let values = (0..<count).map { _ in Float.random(in: -0.1...0.1, using: &random) }
        try source.set(matrix.name, matrix.shape, values)
      } else {
        try source.set(matrix.name, type, matrix.shape, Self.blocks(type, count, &random))
      }
    }
    let size = Self.architecture.hiddenSize
    let layers = Self.architecture.layers.indices.flatMap {
      ["blocks.\($0).attention_norm", "blocks.\($0).feed_forward_norm"]
    }
    for norm in layers + ["final_norm"] {
      let gain = (0..<size).map { _ in Float.random(in: 0.7...1.3, using: &random) }
      try source.set("\(norm).weight", [size], gain)
    }
    return source
  }

  /// Random blocks, of weights around 0.1.
  static func blocks(
    _ type: ElementType, _ count: Int, _ random: inout SeededGenerator
  ) -> [UInt8] {
    guard let layout = type.blockLayout else { return [] }
    var bytes: [UInt8] = []
    for _ in 0..<(count / layout.elementCount) {
      var block = (0..<layout.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
      // The upper bytes of 16-bit floats are powers of two here, the lower ones are random.
      func set(_ offset: Int, _ upper: UInt8) {
        block[offset + 1] = upper | UInt8.random(in: 0...3, using: &random)
      }
      switch type {
      case .q4_0: set(0, 0x24)
      case .q4_1:
        set(0, 0x24)
        set(2, 0xB0)
      case .q5_0: set(0, 0x20)
      case .q5_1:
        set(0, 0x20)
        set(2, 0xB0)
      case .q8_0: set(0, 0x14)
      case .q4_K:
        set(0, 0x10)
        set(2, 0x1C)
      case .q5_K:
        set(0, 0x0C)
        set(2, 0x1C)
      case .q6_K: set(208, 0x04)
      default: block[0] = 121 + UInt8.random(in: 0...2, using: &random)
      }
      bytes += block
    }
    return bytes
  }

  func model(_ precision: Precision = .stored, threadCount: Int = 1) throws -> GPT {
    try GPT(
      source(), architecture: Self.architecture, precision: precision, threadCount: threadCount)
  }

  /// Random tokens.
  static let ids: [UInt32] = {
    var random = SeededGenerator(5)
    return (0..<90).map { _ in
      UInt32.random(in: 0..<UInt32(architecture.vocabularySize), using: &random)
    }
  }()
}
