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
    let format = try #require(ConversionFormat(ofFileNamed: output))
    _ = try FileConversion().convert(path, to: output, format: format)
    #expect(try folder.names().contains("merges.txt") == (name == "vocab.json"))
    let returned = try Vocabulary(recognizing: output, pattern: .gpt2)
    let text = String(decoding: try fixture("corpus-heldout/de.txt"), as: UTF8.self)
    #expect(Tokenizer(returned).encoded(text) == Tokenizer(trained).encoded(text))
  }
}
