import GobbetData
import GobbetGPT
import TestSupport
import Testing

@Suite("Models of every shape") struct ConfigurationGradientTests {
  @Test("a full context is within 1e-4 of double precision", arguments: RandomModel.all)
  func oracle(shape: RandomModel) throws {
    let source = try shape.source()
    let ids = Self.ids(shape)
    let expected = try OracleModel(configuration: shape.configuration, source: source).logits(ids)
    let model = try GPT(source)
    #expect(model.headWidth == expected[0].count)
    let logits = try ForwardPass(model).logits(of: ids, .all)
    #expect(Distance(logits.elements, expected.joined().map { Float($0) }).largest <= 1e-4)
  }

  @Test(
    "every precision, set of instructions, number of threads and way gives the same bits",
    arguments: RandomModel.all, Precision.allCases)
  func bits(shape: RandomModel, precision: Precision) throws {
    let ids = Self.ids(shape)
    let model = try GPT(shape.source(), precision: precision)
    let whole = try ForwardPass(model).logits(of: ids, .all)
    #expect(!whole.elements.contains { !$0.isFinite })
    for variant in KernelVariant.available {
      for threadCount in [1, 2] {
        let pass = try ForwardPass(model, threadCount: threadCount, variant: variant)
        #expect(try pass.logits(of: ids, .all) == whole, "\(variant), \(threadCount)")
        let cache = try KeyValueCache(model)
        for (position, id) in ids.enumerated() {
          #expect(try pass.logits(of: [id], cache: cache)[0] == whole[position])
        }
      }
    }
  }

  @Test("weights packed by any number of threads are the same", arguments: Precision.allCases)
  func packing(precision: Precision) throws {
    let shape = RandomModel.all[0]
    let ids = Self.ids(shape)
    let one = try GPT(shape.source(), precision: precision)
    let three = try GPT(shape.source(), precision: precision, threadCount: 3)
    let logits = try ForwardPass(one).logits(of: ids, .all)
    #expect(try ForwardPass(three).logits(of: ids, .all) == logits)
  }

  private static func ids(_ shape: RandomModel) -> [UInt32] {
    var random = SeededGenerator(7)
    let configuration = shape.configuration
    return (0..<configuration.contextLength).map { _ in
      UInt32.random(in: 0..<UInt32(configuration.vocabularySize), using: &random)
    }
  }
}
