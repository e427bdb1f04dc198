import Gobbet
import TestSupport

/// A GPT-2 of random weights in a folder, with its configuration and its vocabulary beside it.
struct SmallWeights {
  let folder: TemporaryFolder
  /// The safetensors file.
  let path: String
  static let rowCount = 264

  /// `prefix` stands in front of names; a head of its own is the last tensor.
  init(head: Bool = false, prefix: String = "transformer.", seed: UInt64 = 3) throws {
    folder = try TemporaryFolder()
    var generator = SeededGenerator(seed)
    var tensors: [(String, [Int], [UInt8])] = []
    func append(_ name: String, _ shape: Int...) {
      let bytes = (0..<shape.reduce(1, *)).flatMap { _ in
        let bits = Float.random(in: -1...1, using: &generator).bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
      }
      tensors.append((name, shape, bytes))
    }
    let width = 32
    append(prefix + "wte.weight", Self.rowCount, width)
    append(prefix + "wpe.weight", 8, width)
    for (name, inputs, outputs) in [
      ("ln_1", 0, width), ("attn.c_attn", width, 3 * width), ("attn.c_proj", width, width),
      ("ln_2", 0, width), ("mlp.c_fc", width, 4 * width), ("mlp.c_proj", 4 * width, width),
    ] {
      let weight = "\(prefix)h.0.\(name).weight"
      if inputs == 0 { append(weight, outputs) } else { append(weight, inputs, outputs) }
      append("\(prefix)h.0.\(name).bias", outputs)
    }
    append(prefix + "ln_f.weight", width)
    append(prefix + "ln_f.bias", width)
    if head { append("lm_head.weight", Self.rowCount, width) }
    path = try folder.write("model.safetensors", Self.safetensors(tensors))
    try folder.write("config.json", Array(Self.configuration.utf8))
    try TokenizerJSON.write(Self.vocabulary(), to: folder.file("tokenizer.json"))
  }

  static let configuration = """
    {"model_type":"gpt2","vocab_size":264,"n_positions":8,"n_embd":32,"n_layer":1,"n_head":2,\
    "layer_norm_epsilon":1e-05,"eos_token_id":256}
    """

  /// All bytes, and the end of a text.
  static func vocabulary(specials: [String] = ["<|endoftext|>"]) throws -> Vocabulary {
    var table = TokenTable()
    for byte in UInt8.min...UInt8.max { try table.append([byte]) }
    return try Vocabulary(
      tokens: table, merges: [], mergeRule: .learnedPairs, pattern: .gpt2,
      specialTokens: SpecialTokens(
        specials.enumerated().map { SpecialToken($1, id: TokenID(256 + $0)) }))
  }

  /// The bytes of a safetensors file of 32-bit floats.
  static func safetensors(
    _ tensors: [(name: String, shape: [Int], bytes: [UInt8])], type: String = "F32"
  ) -> [UInt8] {
    var members: [String] = []
    var data: [UInt8] = []
    for (name, shape, bytes) in tensors {
      let offsets = "[\(data.count),\(data.count + bytes.count)]"
      members.append(
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}")
      data += bytes
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    while !header.count.isMultiple(of: 8) { header.append(0x20) }
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
  }
}

/// The name of a file of a format, as the command takes it.
func fileName(_ format: FileFormat) -> String {
  switch format {
  case .gobbet: "m.gobbet"
  case .tiktoken: "m.tiktoken"
  case .tokenizerJSON: "tokenizer.json"
  case .vocabularyAndMerges: "vocab.json"
  case .sentencePiece: "m.model"
  case .safetensors: "m.safetensors"
  case .safetensorsIndex: "m.safetensors.index.json"
  case .gguf: "m.gguf"
  case .llmC: "m.bin"
  case .npy: "m.npy"
  default: "m.npz"
  }
}

/// All files in a folder, by their names.
func contents(_ folder: TemporaryFolder) throws -> [String: [UInt8]] {
  var contents: [String: [UInt8]] = [:]
  for name in try folder.names() { contents[name] = try readFile(folder.file(name)) }
  return contents
}
