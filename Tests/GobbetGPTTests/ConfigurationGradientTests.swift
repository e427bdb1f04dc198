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

  @Test(
    "weights that are read and packed part by part are the same",
    arguments: RandomModel.all, Precision.allCases)
  func parts(shape: RandomModel, precision: Precision) throws {
    let ids = Self.ids(shape)
    var source = try shape.source()
    let whole = try GPT(source, precision: precision)
    source.readsParts = true
    let parts = try GPT(source, precision: precision, threadCount: 3, partByteCount: 1)
    let logits = try ForwardPass(whole).logits(of: ids, .all)
    #expect(try ForwardPass(parts).logits(of: ids, .all) == logits)
  }

  @Test("of several tensors that are not finite, the first is named, on any number of threads")
  func firstFault() throws {
    var source = try RandomModel.all[0].source()
    source.readsParts = true
    for name in ["h.0.mlp.c_proj.weight", "h.1.attn.c_attn.weight", "h.1.mlp.c_fc.weight"] {
      let tensor = try #require(source.tensor(named: name))
      var values = try source.floats(of: tensor)
      values[values.count - 1] = .nan
      try source.set(name, tensor.shape, values)
    }
    for threadCount in [1, 2, 5] {
      let damaged = source
      let error = #expect(throws: GPTError.self) {
        _ = try GPT(
          damaged, precision: .int8, threadCount: threadCount, partByteCount: 1)
      }
      #expect(error?.code == .notFinite("h.0.mlp.c_proj.weight"))
    }
  }

  private static func ids(_ shape: RandomModel) -> [UInt32] {
    var random = SeededGenerator(7)
    let configuration = shape.configuration
    return (0..<configuration.contextLength).map { _ in
      UInt32.random(in: 0..<UInt32(configuration.vocabularySize), using: &random)
    }
  }
}
