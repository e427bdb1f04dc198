import Foundation
import GobbetData
import GobbetGPT
import TestSupport
import Testing

@Suite("What precision costs")
struct PrecisionTests {
  /// How far predictions are from those of PyTorch's weights in 32 bits, over 2,048 tokens.
  static func divergence(_ precision: Precision) throws -> (mean: Double, agreement: Double) {
    let small = try SmallModel()
    let ids = try small.reference.ids(named: "val.ids")
    let exact = try ForwardPass(small.model)
    let rounded = try ForwardPass(try GPT(small.source, precision: precision))
    var divergence = 0.0
    var agreed = 0
    for first in stride(from: 0, to: 2048, by: 256) {
      let window = Array(ids[first..<(first + 256)])
      let expected = try exact.logits(of: window, .all)
      let found = try rounded.logits(of: window, .all)
      for row in 0..<256 {
        let truth = logarithms(expected[row])
        let guess = logarithms(found[row])
        divergence += zip(truth, guess).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        agreed +=
          truth.firstIndex(of: truth.max() ?? 0) == guess.firstIndex(of: guess.max() ?? 0)
          ? 1 : 0
      }
    }
    return (divergence / 2048, Double(agreed) / 2048)
  }

  static func logarithms(_ logits: ArraySlice<Float>) -> [Double] {
    let values = logits.map { Double($0) }
    let top = values.max() ?? 0
    let sum = values.reduce(0) { $0 + exp($1 - top) }
    return values.map { $0 - top - log(sum) }
  }

  @Test("bfloat16 diverges by at most 2e-5 nats")
  func bfloat16() throws {
    let (mean, agreement) = try Self.divergence(.bfloat16)
    #expect(mean <= 2e-5)
    #expect(agreement >= 0.995)
  }

  @Test("int8 diverges by at most 5e-5 nats")
  func int8() throws {
    let (mean, agreement) = try Self.divergence(.int8)
    #expect(mean <= 5e-5)
    #expect(agreement >= 0.99)
  }

  @Test("the loss over eight windows is PyTorch's: 3.719096 nats", arguments: [1, 2])
  func loss(threadCount: Int) throws {
    let small = try SmallModel()
    let ids = try small.reference.ids(named: "val.ids")
    let pass = try ForwardPass(small.model, threadCount: threadCount)
    let windows = stride(from: 0, to: 2048, by: 256).map { first in
      ForwardPass.Window(
        inputs: Array(ids[first..<(first + 256)]),
        targets: ids[(first + 1)...(first + 256)].map { $0 })
    }
    let loss = try pass.loss(windows)
    #expect(loss.tokenCount == 2048)
    #expect(abs(loss.mean - 3.719096263627534) <= 1e-6)
    #expect(abs(loss.perplexity - 41.22711882082077) <= 1e-4)
    var onebyone = Loss()
    for window in windows { onebyone.add(try pass.loss([window])) }
    #expect(abs(onebyone.mean - loss.mean) <= 1e-12)
  }

  @Test("masked targets do not count, and a continuation's log-probabilities are PyTorch's")
  func continuation() throws {
    let small = try SmallModel()
    let pass = try ForwardPass(small.model)
    for prompt in 0..<3 {
      let ids = try small.reference.ids(named: "prompt\(prompt).ids")
      let greedy = try small.reference.ids(named: "prompt\(prompt).greedy64")
      let expected = try small.reference.floats(named: "prompt\(prompt).greedy_logprob")
      let found = try pass.logProbabilities(of: greedy, after: ids)
      #expect(Distance(found.map { Float($0) }, expected).largest <= 1e-5)
      let inputs = ids + greedy.dropLast()
      let masked = [UInt32?](repeating: nil, count: ids.count - 1)
      let loss = try pass.loss([.init(inputs: inputs, targets: masked + greedy.map { $0 })])
      #expect(loss.tokenCount == 64)
      #expect(abs(loss.sum + found.reduce(0, +)) <= 1e-9)
    }
  }
}
