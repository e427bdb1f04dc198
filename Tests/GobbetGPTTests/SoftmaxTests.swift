import Foundation
import GobbetGPT
import TestSupport
import Testing

@Suite("Softmax") struct SoftmaxTests {
  @Test("shares are within 4 units in the last place of double precision, down to 1e-37")
  func accuracy() throws {
    let model = try GPT(RandomModel.all[0].source())
    var random = SeededGenerator(3)
    for variant in KernelVariant.available {
      let pass = try ForwardPass(model, threadCount: 1, variant: variant)
      for _ in 0..<2_000 {
        let score = Float.random(in: -84...0, using: &random)
        var shares = [score, 0]
        pass.softmax(&shares)
        let exact = exp(Double(score)) / (1 + exp(Double(score)))
        #expect(abs(Double(shares[0]) - exact) <= 4 * Double(Float(exact).ulp), "\(variant)")
      }
    }
  }

  @Test("scores too low for a float have no share, and NaN is not hidden")
  func extremes() throws {
    let pass = try ForwardPass(try GPT(RandomModel.all[0].source()))
    var shares: [Float] = [0, -.infinity, -200, 0]
    pass.softmax(&shares)
    #expect(shares == [0.5, 0, 0, 0.5])
    var damaged: [Float] = [0, .nan, 1]
    pass.softmax(&damaged)
    #expect(!damaged.contains { !$0.isNaN })
  }
}
