import Gobbet
import TestSupport
import Testing

@Suite("Rows for more tokens") struct ResizedEmbeddingsTests {
  private static let families = [
    "bert", "gemma2", "gemma3", "gpt_neox", "gpt_oss", "granite", "llama2", "llama3", "mistral",
    "nanochat", "olmo2", "olmo3", "phi3", "qwen2", "qwen3", "qwen3_moe", "smollm3", "starcoder2",
  ]

  /// Converts with new rows, and opens what comes of it.
  private func resized(
    _ input: String, _ resizing: EmbeddingResizing, to name: String = "model.safetensors",
    in folder: TemporaryFolder
  ) throws -> (old: WeightsInput, new: WeightsInput) {
    var conversion = FileConversion()
    conversion.resizing = resizing
    let output = folder.file(name)
    let format = try #require(FileFormat(ofFileNamed: name))
    _ = try conversion.convert(input, to: output, format: format, replacing: true)
    return (
      try #require(try WeightsInput(recognizing: input)),
      try #require(try WeightsInput(recognizing: output))
    )
  }

  /// The mean of the rows of a tensor, one after the other.
  private func mean(_ floats: [Float], rowCount: Int) -> [Float] {
    let width = floats.count / rowCount
    return (0..<width).map { column in
      let sum = (0..<rowCount).reduce(0.0) { $0 + Double(floats[$1 * width + column]) }
      return Float(sum / Double(rowCount))
    }
  }

  @Test(
    "the embedding of every family, and its head, get rows that are the mean of the old ones",
    arguments: families)
  func everyFamily(family: String) throws {
    let folder = try TemporaryFolder()
    let input = "\(fixturesFolder)/models/\(family)/model.safetensors"
    let model = try #require(
      try FamilyModel(contentsOf: "\(fixturesFolder)/models/\(family)/config.json"))
    let old = model.architecture.vocabularySize
    var resizing = EmbeddingResizing(rowCount: old + 3)
    resizing.multiple = 8
    let new = (old + 3 + 7) / 8 * 8
    let (before, after) = try resized(input, resizing, in: folder)
    var resizedCount = 0
    for tensor in before.source.tensors {
      let found = try #require(after.source.tensor(named: tensor.name))
      let bytes = try before.source.bytes(of: tensor)
      let newBytes = try after.source.bytes(of: found)
      guard found.shape != tensor.shape else {
        #expect(bytes == newBytes)
        continue
      }
      resizedCount += 1
      #expect(found.shape == [new] + tensor.shape.dropFirst() && tensor.shape[0] == old)
      #expect(Array(newBytes.prefix(bytes.count)) == bytes)
      let floats = try after.source.floats(of: found)
      let expected = mean(try before.source.floats(of: tensor), rowCount: old)
      for row in old..<new {
        let own = Array(floats[(row * expected.count)..<((row + 1) * expected.count)])
        #expect(own == expected, "\(tensor.name)")
      }
    }
    let isTied = model.architecture.hasTiedHead || family == "bert"
    #expect(resizedCount == (isTied ? 1 : 2))
    let written = try #require(try FamilyModel(contentsOf: folder.file("config.json")))
    #expect(written.architecture.vocabularySize == new)
    if family != "bert" { _ = try GPT(path: folder.file("model.safetensors")) }
  }

  @Test("a GPT-2 keeps its tied head, and its configuration says the new size")
  func gpt2() throws {
    let folder = try TemporaryFolder()
    let input = fixturesFolder + "/tinymodel/model.safetensors"
    for name in ["model.safetensors", "model.gobbet", "model.gguf"] {
      var resizing = EmbeddingResizing(rowCount: 1030)
      resizing.newRows = .zero
      let (before, after) = try resized(input, resizing, to: name, in: folder)
      let old = try #require(try GPT2Weights(before.source, configuration: before.configuration))
      let text = after.source.metadata(forKey: GPT2Configuration.metadataKey)
      let configuration = try text.map { try GPT2Configuration(json: $0) }
      let new = try #require(
        try GPT2Weights(after.source, configuration: configuration ?? after.configuration))
      #expect(new.configuration.vocabularySize == 1030)
      let floats = try new.floats(named: "wte.weight")
      let known = try old.floats(named: "wte.weight")
      #expect(Array(floats.prefix(known.count)) == known)
      #expect(floats.dropFirst(known.count).allSatisfy { $0 == 0 })
    }
  }

  @Test("rows are neither taken away nor made for blocks, and no unknown model has any")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let llama = fixturesFolder + "/models/llama3/model.safetensors"
    for count in [1, 8] {
      #expect(throws: ConversionOptionError.self) {
        _ = try resized(llama, EmbeddingResizing(rowCount: count), in: folder)
      }
    }
    var conversion = FileConversion()
    conversion.ggufType = .q8_0
    let blocks = folder.file("blocks.gobbet")
    _ = try conversion.convert(llama, to: blocks, format: .gobbet)
    let error = #expect(throws: InterchangeError.self) {
      _ = try resized(
        blocks, EmbeddingResizing(rowCount: 1000), to: "more.gobbet", in: folder)
    }
    #expect(error?.description.contains("q8_0") ?? false, "\(String(describing: error))")
    #expect(throws: LoadingError.self) {
      _ = try resized(
        fixturesFolder + "/tinymodel/reference.safetensors", EmbeddingResizing(rowCount: 9000),
        in: folder)
    }
    #expect(try folder.names() == ["blocks.gobbet"])
  }
}
