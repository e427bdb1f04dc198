import GobbetBPE
import GobbetData
import GobbetGPT
import TestSupport
import Testing

@Suite("Continuing prompts") struct GeneratorTests {
  static let shape = RandomModel.all[0]

  private static func settings(
    _ change: (inout GenerationSettings) -> Void
  ) -> GenerationSettings {
    var settings = GenerationSettings()
    change(&settings)
    return settings
  }

  /// Everything that comes after a prompt.
  private static func tokens(
    _ pass: ForwardPass, _ prompt: [UInt32], _ settings: GenerationSettings
  ) throws -> [UInt32] {
    var generator = try TokenGenerator(pass, prompt: prompt, settings)
    var tokens: [UInt32] = []
    while let id = try generator.next() { tokens.append(id) }
    return tokens
  }

  @Test("the same seed continues the same, on any number of threads")
  func seeds() throws {
    let model = try GPT(Self.shape.source())
    func run(_ seed: UInt64, threads: Int) throws -> [UInt32] {
      try Self.tokens(
        ForwardPass(model, threadCount: threads), [1, 2],
        Self.settings {
          $0.sampling.temperature = 1
          $0.sampling.topK = 20
          $0.seed = seed
          $0.maximumTokenCount = 15
        })
    }
    let ids = try run(5, threads: 1)
    #expect(ids.count == 15)
    #expect(try run(5, threads: 3) == ids)
    #expect(try run(6, threads: 1) != ids)
  }

  @Test("a stop token is the last one, and a full context is an error or an end")
  func ends() throws {
    let pass = try ForwardPass(try GPT(Self.shape.source()))
    var free = try TokenGenerator(pass, prompt: [1])
    let first = try #require(try free.next())
    let stopped = try Self.tokens(pass, [1], Self.settings { $0.stopTokens = [first] })
    #expect(stopped == [first])
    let error = #expect(throws: GPTError.self) { while try free.next() != nil {} }
    #expect(error?.code == .contextExceeded(tokenCount: 21, contextLength: 20))
    #expect(free.ids.count == 21)
    let ended = try Self.tokens(pass, [1], Self.settings { $0.contextEnd = .stops })
    #expect(ended == Array(free.ids.dropFirst()))
  }

  @Test("after a full context, a sliding one gives what the last tokens alone give")
  func sliding() throws {
    let pass = try ForwardPass(try GPT(Self.shape.source()))
    let prompt = (0..<30).map { UInt32($0 * 7 % 50) }
    let settings = Self.settings {
      $0.contextEnd = .slides
      $0.maximumTokenCount = 25
    }
    for start in [Array(prompt.prefix(3)), prompt] {
      var expected = start
      var random = RandomSource(seed: 0)
      for _ in 0..<25 {
        let logits = try pass.logits(of: expected.suffix(20))
        expected.append(pass.token(from: logits[0], .greedy, random: &random))
      }
      #expect(try Self.tokens(pass, start, settings) == Array(expected.dropFirst(start.count)))
    }
    let error = #expect(throws: GPTError.self) { _ = try TokenGenerator(pass, prompt: prompt) }
    #expect(error?.code == .contextExceeded(tokenCount: 30, contextLength: 20))
  }

  @Test("prompts of a batch are continued as each is alone", arguments: Precision.allCases)
  func batches(precision: Precision) throws {
    let pass = try ForwardPass(try GPT(Self.shape.source(), precision: precision))
    let prompts: [[UInt32]] = [[1], [2, 3, 4, 5, 6], [49, 0], [1, 2]]
    for contextEnd in [GenerationSettings.ContextEnd.stops, .slides] {
      let settings = Self.settings {
        $0.sampling.temperature = 1.5
        $0.seed = 3
        $0.stopTokens = [7]
        $0.contextEnd = contextEnd
        $0.maximumTokenCount = 30
      }
      var generator = try BatchGenerator(pass, prompts: prompts, settings)
      while try generator.next() != nil {}
      for (prompt, ids) in zip(prompts, generator.ids) {
        #expect(try Self.tokens(pass, prompt, settings) == Array(ids.dropFirst(prompt.count)))
      }
    }
  }

  @Test("a sequence of a batch that was ended gets no more, the others go on")
  func ending() throws {
    let pass = try ForwardPass(try GPT(Self.shape.source()))
    var generator = try BatchGenerator(
      pass, prompts: [[1], [2]], Self.settings { $0.maximumTokenCount = 5 })
    let first = try #require(try generator.next())
    #expect(first[0] != nil && first[1] != nil)
    generator.end(0)
    let second = try #require(try generator.next())
    #expect(second[0] == nil && second[1] != nil)
    while try generator.next() != nil {}
    #expect(generator.ids.map(\.count) == [2, 6])
  }

  @Test("weights so large that logits aren't numbers are reported")
  func overflow() throws {
    var source = try Self.shape.source()
    let name = "h.0.attn.c_proj.weight"
    let tensor = try #require(source.tensor(named: name))
    let huge = [Float](repeating: 1e38, count: tensor.elementCount)
    try source.set(name, tensor.shape, huge)
    let pass = try ForwardPass(try GPT(source))
    var generator = try TokenGenerator(pass, prompt: [1, 2])
    let error = #expect(throws: GPTError.self) { _ = try generator.next() }
    #expect(error?.code == .invalidLogits(tokenCount: 2))
  }

  @Test("final embeddings are the last hidden states, and times the head they are the logits")
  func embeddings() throws {
    let source = try Self.shape.source()
    let pass = try ForwardPass(try GPT(source))
    let ids: [UInt32] = [3, 1, 4, 1, 5, 9]
    let embeddings = try pass.embeddings(of: ids, .all)
    #expect(try pass.hiddenStates(of: ids).last == embeddings)
    #expect(try pass.embeddings(of: ids)[0] == embeddings[5])
    let logits = try pass.logits(of: ids, .all)
    let head = try source.floats(named: "wte.weight")
    for row in ids.indices {
      for token in 0..<50 {
        let weights = head[(token * 64)..<((token + 1) * 64)]
        let expected = zip(embeddings[row], weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(logits[row][logits[row].startIndex + token]) - expected) < 1e-4)
      }
    }
  }
}

/// Weights that are numbers, but too large for what is computed with them.
@Suite("Weights that overflow") struct OverflowTests {
  private static func pass() throws -> ForwardPass {
    let shape = RandomModel.all[0]
    var source = try shape.source()
    let width = shape.configuration.width
    try source.set("ln_f.weight", [width], [Float](repeating: 3e38, count: width))
    try source.set("ln_f.bias", [width], [Float](repeating: 3e38, count: width))
    return try ForwardPass(try GPT(source))
  }

  @Test("are an error of whoever draws a token, greedily or not", arguments: [0, 1] as [Float])
  func generation(temperature: Float) throws {
    var settings = GenerationSettings()
    settings.sampling.temperature = temperature
    let error = try #require(
      #expect(throws: GPTError.self) {
        var generator = try TokenGenerator(try Self.pass(), prompt: [1, 2], settings)
        _ = try generator.next()
      })
    #expect(error.code == .invalidLogits(tokenCount: 2))
  }

  @Test("are an error of whoever measures a loss, never NaN")
  func loss() throws {
    #expect(throws: GPTError.self) {
      _ = try Self.pass().loss([.init(inputs: [1, 2, 3], targets: [2, 3, 4])])
    }
    #expect(throws: GPTError.self) {
      _ = try Self.pass().logProbabilities(of: [3], after: [1, 2])
    }
    #expect(throws: GPTError.self) { _ = try Self.pass().classProbabilities(of: [1]) }
  }
}

@Suite("Excluded tokens") struct ExcludedTokenTests {
  @Test("are never drawn, greedily or not, and all of them are an error")
  func excluded() throws {
    let shape = RandomModel.all[0]
    let pass = try ForwardPass(try GPT(shape.source()))
    let count = TokenID(shape.configuration.vocabularySize)
    for temperature in [0, 1, 100] as [Float] {
      var settings = GenerationSettings()
      settings.sampling.temperature = temperature
      settings.excludedTokens = Set(0..<(count - 2))
      settings.excludedTokens.formUnion([count, count + 1000])
      var generator = try BatchGenerator(pass, prompts: [[1, 2], [3]], settings)
      for _ in 0..<10 {
        let drawn = try #require(try generator.next())
        #expect(drawn.allSatisfy { $0.map { $0 >= count - 2 && $0 < count } ?? false })
      }
      settings.excludedTokens = Set(0..<count)
      #expect(throws: GPTError.self) {
        var generator = try TokenGenerator(pass, prompt: [1], settings)
        _ = try generator.next()
      }
    }
  }
}
