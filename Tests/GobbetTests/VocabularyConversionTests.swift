import Gobbet
import TestSupport
import Testing

@Suite("Converting vocabularies") struct VocabularyConversionTests {
  @Test(
    "a trained vocabulary goes out in every format and encodes the same when it comes back",
    arguments: ["v.tiktoken", "tokenizer.json", "vocab.json", "copy.gobbet"])
  func everyFormat(name: String) async throws {
    let folder = try TemporaryFolder()
    let trained = try await TrainingJob(
      inputs: [fixturesFolder + "/corpus/de"], pattern: .gpt2,
      options: TrainingOptions(vocabularySize: 1200)
    ).result().vocabulary
    let path = folder.file("v.gobbet")
    try trained.write(to: path)
    let output = folder.file(name)
    let format = try #require(FileFormat(ofFileNamed: output))
    _ = try FileConversion().convert(path, to: output, format: format)
    #expect(try folder.names().contains("merges.txt") == (name == "vocab.json"))
    let returned = try Vocabulary(recognizing: output, pattern: .gpt2)
    let text = String(decoding: try fixture("corpus-heldout/de.txt"), as: UTF8.self)
    #expect(Tokenizer(returned).encoded(text) == Tokenizer(trained).encoded(text))
  }

  @Test("an added token that is not special is user-defined in GGUF, and is read as such")
  func userDefined() throws {
    let folder = try TemporaryFolder()
    for name in ["model.safetensors", "config.json"] {
      try writeFile(folder.file(name), fixture("tinymodel/\(name)"))
    }
    let tokenizer = String(decoding: try fixture("tinymodel/tokenizer.json"), as: UTF8.self)
    let parts = tokenizer.split(separator: #""special": true"#, omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    // Under its own name llama.cpp takes it for a control token, whatever a file says.
    let changed = parts.joined(separator: #""special": false"#)
      .split(separator: "<|endoftext|>").joined(separator: "<|thing|>")
    try writeFile(folder.file("tokenizer.json"), Array(changed.utf8))
    let output = folder.file("m.gguf")
    _ = try FileConversion().convert(folder.file("model.safetensors"), to: output, format: .gguf)
    let tokens = try Vocabulary(recognizing: output).specialTokens
    #expect(tokens.map(\.text) == ["<|thing|>"])
    #expect(tokens.map(\.matching) == [.ordinary])
  }
}
