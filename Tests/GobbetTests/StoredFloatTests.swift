import Foundation
import Gobbet
import GobbetGPT
import TestSupport
import Testing

/// Models whose floats are computed with as their file has them.
@Suite("Weights computed with in the floats of the file") struct StoredFloatTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A model, converted to a type and format; beside it what its kind needs.
  private func model(
    _ name: String, _ type: ElementType, _ format: FileFormat, _ codec: WeightCodec = .raw
  ) throws -> String {
    let source = fixturesFolder + (name == "gpt2" ? "/tinymodel" : "/models/\(name)")
    let place = folder.file("\(name)-\(type)-\(codec)")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let path = place + "/model." + (format == .safetensors ? "safetensors" : "\(format)")
    var conversion = FileConversion()
    if type != .float32 { conversion.elementType = type }
    if format == .gobbet { conversion.codec = codec }
    _ = try conversion.convert(
      source + "/model.safetensors", to: path, format: format, replacing: true)
    let configuration = place + "/config.json"
    if !FileManager.default.fileExists(atPath: configuration) {
      try FileManager.default.copyItem(atPath: source + "/config.json", toPath: configuration)
    }
    return path
  }

  @Test(
    "the bits are those of float32, with every set of instructions, cached and in pieces",
    arguments: ["gpt2", "llama3", "phi3", "gpt_neox", "gemma3", "qwen3_moe"],
    [ElementType.bfloat16, .float16, .float32])
  func bits(name: String, type: ElementType) throws {
    let ids = (0..<60).map { TokenID($0 * 7 % 45 + 3) }
    for (format, codec) in [
      (FileFormat.safetensors, WeightCodec.raw), (.gobbet, .raw), (.gobbet, .compact),
    ] {
      let path = try model(name, type, format, codec)
      let wide = try ForwardPass(GPT(path: path, precision: .float32)).logits(of: ids, .all)
      let stored = try GPT(path: path, threadCount: 2)
      // How the weights came into memory is of no matter to the kernels.
      for variant in KernelVariant.available where format == .safetensors {
        let pass = try ForwardPass(stored, threadCount: 2, variant: variant)
        #expect(try pass.logits(of: ids, .all) == wide, "\(variant), \(format), \(codec)")
      }
      let cache = try KeyValueCache(stored)
      let pass = try ForwardPass(stored)
      for part in [0..<1, 1..<40, 40..<41, 41..<60] {
        let rows = try pass.logits(of: Array(ids[part]), .all, cache: cache)
        #expect(rows == wide.rows(part), "\(format), \(codec), \(part)")
      }
    }
  }

  @Test(
    "matrices of 16 bits take half the memory that floats take", arguments: ["gpt2", "llama3"],
    [ElementType.bfloat16, .float16])
  func memory(name: String, type: ElementType) throws {
    let path = try model(name, type, .safetensors)
    let wide = try GPT(path: path, precision: .float32)
    let stored = try GPT(path: path)
    let reader = try SafetensorsReader(path)
    let matrices = reader.tensors.filter { $0.shape.count == 2 && $0.name != "wpe.weight" }
    // The outputs of a matrix are filled up to whole panels of 32; GPT-2's are such.
    let wanted = matrices.reduce(0) { $0 + ($1.shape[0] + 31) / 32 * 32 * $1.shape[1] * 2 }
    #expect(stored.weightByteCount <= wanted * 102 / 100)
    #expect(2 * stored.weightByteCount <= wide.weightByteCount)
  }

  @Test("a weight that isn't finite is refused by name", arguments: [0, 1])
  func notFinite(place: Int) throws {
    let path = try model("llama3", .bfloat16, .safetensors)
    let reader = try SafetensorsReader(path)
    let tensor = try #require(reader.tensor(named: "model.layers.1.mlp.down_proj.weight"))
    let sound = try reader.bytes(of: tensor)
    var bytes = try readFile(path)
    let range = try #require(bytes.firstRange(of: sound))
    let last = place == 0 ? range.lowerBound + 1 : range.upperBound - 1
    bytes[last] = 0x7F
    bytes[last - 1] = 0x80
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    for precision in Precision.allCases {
      #expect {
        _ = try GPT(path: path, precision: precision)
      } throws: { "\($0)".contains("tensor blocks.1.down.weight: holds an infinity or a NaN") }
    }
  }
}
