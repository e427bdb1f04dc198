import GobbetBPE
import GobbetData
import GobbetGPT
import TestSupport
import Testing

/// Texts that are turned otherwise when they are longer than those of the training.
@Suite("Long texts") struct LongTextTests {
  private static let short = (0..<32).map { 1 + Double($0) / 40 }
  private static let long = (0..<32).map { 1 + Double($0) / 4 }

  /// A model whose rotation is scaled so.
  private static func model(_ scaling: Architecture.Scaling) throws -> GPT {
    var architecture = BlockModel.architecture
    for layer in architecture.layers.indices {
      var rotation = Architecture.Rotation(base: 10_000, dimension: 64)
      rotation.scaling = scaling
      architecture.layers[layer].rotation = rotation
    }
    return try GPT(
      try BlockModel.all[0].source(), architecture: architecture, precision: .float32)
  }

  private static let scaled = Architecture.Scaling.longRope(
    short: short, long: long, originalContextLength: 20, magnitude: 1)
  private static let ids = (0..<60).map { TokenID($0 * 37 % 300) }

  @Test(
    "a text of up to the original length is turned by the short factors, a longer one by the long")
  func factors() throws {
    let pass = try ForwardPass(try Self.model(Self.scaled))
    for (count, factors) in [(1, Self.short), (20, Self.short), (21, Self.long), (60, Self.long)] {
      let ids = Array(Self.ids.prefix(count))
      let expected = try ForwardPass(try Self.model(.factors(factors))).logits(of: ids, .all)
      #expect(try pass.logits(of: ids, .all) == expected, "\(count)")
    }
  }

  @Test("short and long texts have the same bits in one batch as alone")
  func batch() throws {
    let model = try Self.model(Self.scaled)
    let pass = try ForwardPass(model, threadCount: 2)
    let texts = [12, 40, 20, 21, 3].map { Array(Self.ids.prefix($0)) }
    let together = try pass.logits(
      of: texts.map { ForwardPass.Continuation($0, try KeyValueCache(model)) }, .all)
    for (text, logits) in zip(texts, together) {
      #expect(try pass.logits(of: text, .all) == logits, "\(text.count)")
    }
  }

  @Test("a continuation that outgrows the original length has the tokens of one without a cache")
  func generation() throws {
    let pass = try ForwardPass(try Self.model(Self.scaled))
    for count in [5, 19, 20, 30] {
      let prompt = Array(Self.ids.prefix(count))
      var settings = GenerationSettings()
      settings.maximumTokenCount = 30
      var generator = try TokenGenerator(pass, prompt: prompt, settings)
      var found: [TokenID] = []
      while let id = try generator.next() { found.append(id) }
      var expected = prompt
      for _ in 0..<30 {
        let logits = try pass.logits(of: expected)[0]
        let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
        expected.append(TokenID(best - logits.startIndex))
      }
      #expect(found == Array(expected.dropFirst(count)), "\(count)")
    }
  }

  @Test("a cached sequence that outgrows the original length is an error, not other numbers")
  func cache() throws {
    let model = try Self.model(Self.scaled)
    let pass = try ForwardPass(model)
    let cache = try KeyValueCache(model)
    let whole = try pass.logits(of: Array(Self.ids.prefix(20)), .all)
    _ = try pass.logits(of: Array(Self.ids.prefix(12)), cache: cache)
    #expect(
      try pass.logits(of: Array(Self.ids[12..<20]), .all, cache: cache) == whole.rows(12..<20))
    let error = #expect(throws: GPTError.self) { try pass.logits(of: [1], cache: cache) }
    #expect(error?.code == .contextExceeded(tokenCount: 21, contextLength: 20))
    #expect(cache.count == 20)
    // After the first token, it may be as long as it likes.
    cache.rewind()
    let long = try pass.logits(of: Array(Self.ids.prefix(25)), .all, cache: cache)
    #expect(long == (try pass.logits(of: Array(Self.ids.prefix(25)), .all)))
  }
}
