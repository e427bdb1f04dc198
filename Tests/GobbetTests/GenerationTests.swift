import Foundation
import Gobbet
import TestSupport
import Testing

/// The small model through the whole way: safetensors → Gobbet weights → logits → text.
@Suite("The small model") struct GenerationTests {
  struct Answer: Decodable, Sendable, CustomTestStringConvertible {
    let prompt: String?
    let ids: [TokenID]?
    let greedy: [TokenID]?
    let text: String?
    var testDescription: String { prompt ?? "" }
  }

  /// PyTorch's answers; entries without a prompt are about something else.
  static var answers: [Answer] {
    get throws {
      try JSONDecoder().decode([Answer].self, from: Data(fixture("tinymodel/reference.json")))
        .filter { $0.prompt != nil }
    }
  }

  private func converted(_ folder: TemporaryFolder) throws -> String {
    let path = folder.file("tiny.gobbet")
    let result = try FileConversion().convert(
      fixturesFolder + "/tinymodel/model.safetensors", to: path, format: .gobbet)
    guard case .weights(52, .huggingFace, embedsVocabulary: true) = result.content else {
      Issue.record("\(result)")
      return path
    }
    return path
  }

  @Test("logits are within 1e-4 of PyTorch's, with and without the cache")
  func logits() throws {
    let folder = try TemporaryFolder()
    let generation = try TextGeneration(path: converted(folder))
    let reference = try SafetensorsReader(fixturesFolder + "/tinymodel/reference.safetensors")
    for (index, answer) in try Self.answers.enumerated() {
      let ids = try #require(answer.ids)
      #expect(generation.tokenizer.encoded(try #require(answer.prompt)) == ids)
      let expected = try reference.floats(named: "prompt\(index).logits")
      let pass = try ForwardPass(generation.model)
      let whole = try pass.logits(of: ids, .all)
      let cache = try KeyValueCache(generation.model)
      var largest: Float = 0
      for (position, id) in ids.enumerated() {
        let row = try pass.logits(of: [id], .last, cache: cache)[0]
        #expect(Array(row) == Array(whole[position]), "cached and uncached differ")
        for (column, logit) in row.enumerated() {
          largest = max(largest, abs(logit - expected[position * row.count + column]))
        }
      }
      #expect(largest <= 1e-4)
    }
  }

  @Test("the greedy 64 tokens and their text are PyTorch's")
  func greedy() throws {
    let folder = try TemporaryFolder()
    let generation = try TextGeneration(path: converted(folder))
    for answer in try Self.answers {
      var shown = ""
      var options = TextGeneration.Options()
      options.settings.maximumTokenCount = 64
      let result = try generation.continuation(of: try #require(answer.prompt), options) { piece in
        shown += piece
        return true
      }
      #expect(result.ids == answer.greedy)
      #expect(result.text == answer.text)
      #expect(shown == result.text)
    }
  }

  @Test("weights go to Gobbet and back to safetensors without a changed bit")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let packed = try converted(folder)
    let back = folder.file("back.safetensors")
    _ = try FileConversion().convert(packed, to: back, format: .safetensors)
    let original = try SafetensorsReader(fixturesFolder + "/tinymodel/model.safetensors")
    let returned = try SafetensorsReader(back)
    #expect(!returned.tensors.isEmpty)
    for tensor in returned.tensors {
      let theirs = try #require(
        original.tensor(named: tensor.name) ?? original.tensor(named: "transformer." + tensor.name),
        "\(tensor.name)")
      #expect(try returned.bytes(of: tensor) == original.bytes(of: theirs))
    }
  }

  @Test("ids that the model has and the vocabulary has not are never generated")
  func vocabularySize() throws {
    let folder = try TemporaryFolder()
    let tokenizer = fixturesFolder + "/tinymodel/tokenizer.json"
    let small = try Vocabulary(recognizing: tokenizer).truncated(to: 300)
    let generation = try TextGeneration(path: converted(folder), vocabulary: small)
    #expect(generation.model.architecture.vocabularySize == 1024)
    var options = TextGeneration.Options()
    // Nearly all tokens are as likely as any.
    options.settings.sampling.temperature = 1000
    options.settings.maximumTokenCount = 200
    let result = try generation.continuation(of: "ROMEO:", options)
    #expect(result.ids.count > 20)
    #expect(result.ids.allSatisfy { small.bytes(of: $0) != nil })
  }

  @Test("a seed gives the same text again, another seed another one")
  func sampling() throws {
    let folder = try TemporaryFolder()
    let generation = try TextGeneration(path: converted(folder))
    var options = TextGeneration.Options()
    options.settings.sampling.temperature = 1
    options.settings.sampling.topK = 40
    options.settings.maximumTokenCount = 40
    let texts = try [1, 1, 2].map { seed in
      options.settings.seed = UInt64(seed)
      return try generation.continuation(of: "ROMEO:", options).text
    }
    #expect(texts[0] == texts[1])
    #expect(texts[0] != texts[2])
  }

  @Test("generation ends at the end of the context, and a longer prompt is an error")
  func context() throws {
    let folder = try TemporaryFolder()
    let generation = try TextGeneration(path: converted(folder))
    let context = generation.model.architecture.contextLength
    let prompt = String(repeating: "!\n", count: context / 2)
    let count = generation.tokenizer.count(prompt)
    let result = try generation.continuation(of: prompt)
    #expect(result.ids.count <= max(0, context - count + 1))
    #expect(throws: GPTError.self) {
      _ = try generation.continuation(of: prompt + prompt + prompt)
    }
    #expect(throws: GPTError.self) { _ = try generation.continuation(of: "") }
  }
}
