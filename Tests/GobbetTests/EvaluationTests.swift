import Gobbet
import TestSupport
import Testing

/// The small model over the text that it was not trained on.
@Suite("How well a model predicts") struct EvaluationTests {
  struct Small {
    let model: GPT
    let ids: [TokenID]

    init() throws {
      let generation = try TextGeneration(path: fixturesFolder + "/tinymodel/model.safetensors")
      model = generation.model
      let reference = try SafetensorsReader(fixturesFolder + "/tinymodel/reference.safetensors")
      let tensor = try #require(reference.tensor(named: "val.ids"))
      let bytes = try reference.bytes(of: tensor)
      ids = stride(from: 0, to: bytes.count, by: 4).map { at in
        bytes[at..<(at + 4)].reversed().reduce(0) { $0 << 8 | TokenID($1) }
      }
    }

    func loss(_ evaluation: Evaluation, of texts: [[TokenID]]) throws -> Evaluation.Progress {
      var left = texts[...]
      return try evaluation.loss(ofTexts: { left.popFirst() })
    }
  }

  @Test("the loss over eight windows is PyTorch's: 3.719096 nats")
  func reference() throws {
    let small = try Small()
    let result = try small.loss(Evaluation(small.model), of: [Array(small.ids.prefix(2049))])
    #expect(result.windowCount == 8 && result.loss.tokenCount == 2048)
    #expect(abs(result.loss.mean - 3.719096263627534) <= 1e-6)
    #expect(abs(result.loss.perplexity - 41.22711882082077) <= 1e-4)
  }

  @Test(
    "every token but the first is a target once, seen after all that is in its window",
    arguments: [(1, 16, 16), (2, 16, 4), (17, 16, 16), (18, 16, 5), (100, 32, 8), (70, 7, 1)])
  func strides(tokenCount: Int, length: Int, stride: Int) throws {
    let small = try Small()
    let ids = Array(small.ids.prefix(tokenCount))
    let evaluation = Evaluation(small.model, windowLength: length, stride: stride)
    let result = try small.loss(evaluation, of: [ids])
    #expect(result.windowCount == evaluation.windowCount(tokenCount: tokenCount))
    #expect(result.loss.tokenCount == tokenCount - 1)
    let pass = try ForwardPass(small.model)
    var sum = 0.0
    for target in 1..<max(tokenCount, 1) {
      // The first window that holds the token before the target.
      let window = max(0, (target - length + stride - 1) / stride) * stride
      sum -= try pass.logProbabilities(of: [ids[target]], after: Array(ids[window..<target]))[0]
    }
    #expect(abs(result.loss.sum - sum) <= 1e-9 * Double(tokenCount))
  }

  @Test("texts are each for themselves, and padding counts once")
  func texts() throws {
    let small = try Small()
    let evaluation = Evaluation(small.model, windowLength: 64)
    let texts = [Array(small.ids[0..<50]), [], [5], Array(small.ids[50..<300])]
    let whole = try small.loss(evaluation, of: texts).loss
    var added = Loss()
    for text in texts { added.add(try small.loss(evaluation, of: [text]).loss) }
    #expect(abs(whole.sum - added.sum) <= 1e-9 && whole.tokenCount == 49 + 249)
    var padded = evaluation
    padded.padding = 1023
    let text = Array(small.ids[0..<20]) + [TokenID](repeating: 1023, count: 10)
    let loss = try small.loss(padded, of: [text]).loss
    #expect(loss.tokenCount == 20)
    let expected = try small.loss(padded, of: [Array(text.prefix(21))]).loss
    #expect(abs(loss.sum - expected.sum) <= 1e-12)
  }

  @Test("a dataset is evaluated as its tokens are, on any number of threads, and can be stopped")
  func datasets() throws {
    let small = try Small()
    let folder = try TemporaryFolder()
    let path = folder.file("val.gobbet")
    let vocabulary = try Vocabulary(
      recognizing: fixturesFolder + "/tinymodel/tokenizer.json")
    var writer = try TokenDatasetWriter(path: path, vocabulary: vocabulary)
    try writer.append(document: Array(small.ids.prefix(1000)).span)
    _ = try writer.finish()
    let dataset = try TokenDataset(path: path)
    var evaluation = Evaluation(small.model, windowLength: 100, stride: 50)
    let expected = try small.loss(evaluation, of: [Array(small.ids.prefix(1000))]).loss
    #expect(try evaluation.loss(of: dataset).loss == expected)
    evaluation.threadCount = 3
    #expect(try evaluation.loss(of: dataset).loss == expected)
    let stopped = try evaluation.loss(of: dataset) { _ in false }
    #expect(stopped.windowCount > 0 && stopped.loss.tokenCount < 999)
  }
}
