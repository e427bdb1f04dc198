import GobbetData
import GobbetGPT
import TestSupport
import Testing

@Suite("What a model cannot work with") struct BadInputTests {
  static let shape = RandomModel.all[0]

  @Test("each tensor that is missing, misshapen or not finite is named")
  func tensors() throws {
    let source = try Self.shape.source()
    for tensor in source.tensors {
      var missing = source
      missing.remove(tensor.name)
      #expect(Self.code(missing) == .missingTensor(tensor.name))
      var misshapen = source
      let shape = tensor.shape + [1]
      try misshapen.set(tensor.name, shape, source.floats(of: tensor))
      #expect(
        Self.code(misshapen) == .wrongShape(tensor.name, expected: tensor.shape, found: shape))
      for bad in [Float.nan, .infinity, -.infinity] {
        var damaged = source
        var values = try source.floats(of: tensor)
        values[values.count - 1] = bad
        try damaged.set(tensor.name, tensor.shape, values)
        for precision in Precision.allCases {
          #expect(Self.code(damaged, precision) == .notFinite(tensor.name))
        }
      }
    }
  }

  @Test("a tensor without a place is named, a causal mask is not")
  func surplus() throws {
    var source = try Self.shape.source()
    try source.set("h.1.attn.bias", [1, 1, 2, 2], [1, 0, 1, 1])
    try source.set("h.1.attn.masked_bias", [], [-1e4])
    #expect(Self.code(source) == nil)
    try source.set("h.2.ln_1.weight", [2], [1, 1])
    #expect(Self.code(source) == .surplusTensor("h.2.ln_1.weight"))
  }

  @Test("a final norm with a bias over norms without, and layers without number, are refused")
  func inconsistent() throws {
    let shape = try #require(RandomModel.all.first { !$0.hasBias })
    var source = try shape.source()
    #expect(Self.code(source) == nil)
    try source.set("ln_f.bias", [48], [Float](repeating: 0, count: 48))
    #expect(Self.code(source) == .missingTensor("h.0.ln_1.bias"))
    var endless = Self.shape.configuration
    endless.layerCount = 1 << 31
    let configuration = endless
    let error = #expect(throws: GPTError.self) {
      _ = try GPT(Self.shape.source(), configuration: configuration)
    }
    #expect(error?.code == .missingTensor("h.2147483647.ln_1.weight"))
  }

  @Test(
    "tokens outside the vocabulary, none, or more than the context are refused, and change nothing")
  func tokens() throws {
    let model = try GPT(Self.shape.source())
    let pass = try ForwardPass(model)
    let cache = try KeyValueCache(model)
    let first = try pass.logits(of: [1, 2, 3], cache: cache)
    func code(_ ids: [UInt32]) -> GPTError.Code? {
      do {
        _ = try pass.logits(of: ids, cache: cache)
        return nil
      } catch { return error.code }
    }
    #expect(code([]) == .noTokens)
    #expect(code([4, 50]) == .unknownToken(50, index: 1, bound: 50))
    #expect(
      code([UInt32](repeating: 0, count: 18))
        == .contextExceeded(tokenCount: 21, contextLength: 20))
    #expect(cache.count == 3)
    cache.rewind()
    #expect(try pass.logits(of: [1, 2, 3], cache: cache) == first)
  }

  @Test(
    "a configuration that is none says why",
    arguments: [
      ("", "byte 0: no {"), ("{}", "no vocab_size"), ("{\"n_head\":\"4\"}", "byte 10: "),
      ("{\"n_head\":1,\"n_head\":1}", "a second key n_head"), ("{} x", "text after"),
      ("{\"vocab_size\":1.5}", "vocab_size isn't an integer"),
      ("{\"vocab_size\":01}", "neither"), ("{\"vocab_size\":true}", "vocab_size isn't a number"),
      (
        "{\"vocab_size\":8,\"n_positions\":8,\"n_embd\":8,\"n_layer\":1,\"n_head\":3}",
        "3 heads do not divide a width of 8"
      ),
      (
        "{\"vocab_size\":0,\"n_positions\":8,\"n_embd\":8,\"n_layer\":1,\"n_head\":2}",
        "vocab_size is 0"
      ),
      (
        "{\"vocab_size\":1e300,\"n_positions\":8,\"n_embd\":8,\"n_layer\":1,\"n_head\":2}",
        "vocab_size isn't an integer"
      ),
    ])
  func configurations(json: String, part: String) throws {
    let error = #expect(throws: ConfigurationError.self) { _ = try GPTConfiguration(json: json) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }

  @Test("a configuration comes back from its text")
  func configurationRoundTrip() throws {
    let configuration = Self.shape.configuration
    #expect(try GPTConfiguration(json: configuration.json) == configuration)
    var source = try Self.shape.source()
    source.metadata = []
    #expect(Self.code(source) == .missingConfiguration)
    let model = try GPT(source, configuration: configuration)
    #expect(model.architecture == configuration.architecture)
  }

  private static func code(
    _ source: MemorySource, _ precision: Precision = .float32
  ) -> GPTError.Code? {
    do {
      _ = try GPT(source, precision: precision)
      return nil
    } catch { return (error as? GPTError)?.code }
  }
}
