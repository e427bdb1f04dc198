import GobbetBPE
import GobbetGPT
import TestSupport
import Testing

@Suite("From logits to a token") struct SamplingTests {
  /// Softmax makes 1/8, 1/4 and 5/8 of them.
  static let eighths: [Float] = [0, 0.693_147_2, 1.609_438]
  static let shape = RandomModel.all[0]

  /// How often each token was drawn.
  static func counts(
    _ logits: [Float], _ sampling: Sampling, earlier: [UInt32] = [], draws: Int = 20_000
  ) throws -> [Double] {
    let pass = try ForwardPass(try GPT(shape.source()))
    var random = RandomSource(seed: 42)
    var counts = [Double](repeating: 0, count: logits.count)
    for _ in 0..<draws {
      let id = pass.token(from: logits[...], sampling, earlier: earlier, random: &random)
      counts[Int(id)] += 1 / Double(draws)
    }
    return counts
  }

  static func sampling(_ change: (inout Sampling) -> Void) -> Sampling {
    var sampling = Sampling()
    sampling.temperature = 1
    change(&sampling)
    return sampling
  }

  @Test("the source of random numbers is SplitMix64")
  func splitMix() {
    var random = RandomSource(seed: 1_234_567)
    let first = (0..<3).map { _ in random.next() }
    #expect(
      first == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }

  @Test("no temperature takes the likeliest, the first of equals, and never NaN")
  func greedy() throws {
    #expect(try Self.counts([1, 3, 3, 2], .greedy, draws: 1) == [0, 1, 0, 0])
    #expect(try Self.counts([.nan, 1, .nan, 2], .greedy, draws: 1) == [0, 0, 0, 1])
  }

  @Test("temperature 1 draws as softmax says, 0.5 as its square")
  func temperature() throws {
    let one = try Self.counts(Self.eighths, Self.sampling { _ in })
    expectClose(one, [0.125, 0.25, 0.625])
    let half = try Self.counts(Self.eighths, Self.sampling { $0.temperature = 0.5 })
    expectClose(half, [1 / 30, 4 / 30, 25 / 30])
  }

  private func expectClose(_ found: [Double], _ expected: [Double]) {
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 0.02) }
  }

  @Test("top-k keeps the k likeliest and those equal to the last")
  func topK() throws {
    let counts = try Self.counts([1, 2, 2, 3, 0], Self.sampling { $0.topK = 2 })
    #expect(counts[0] == 0 && counts[4] == 0)
    #expect(counts[1] > 0 && counts[2] > 0 && counts[3] > 0)
  }

  @Test("top-k draws nothing below the k-th of many", arguments: [1, 3, 256, 257, 999, 1000, 2000])
  func topKOfMany(k: Int) throws {
    var random = SeededGenerator(UInt64(k))
    let logits = (0..<1000).map { _ in Float.random(in: -1...1, using: &random) }
    let counts = try Self.counts(logits, Self.sampling { $0.topK = k }, draws: 2_000)
    let least = logits.sorted(by: >)[min(k, 1000) - 1]
    for (logit, count) in zip(logits, counts) where logit < least { #expect(count == 0) }
    #expect(counts.count { $0 > 0 } > min(k, 1000) / 2)
  }

  @Test("top-p of equals keeps enough of them", arguments: [1e-6, 0.3, 0.999] as [Float])
  func topPOfEquals(p: Float) throws {
    let logits = [Float](repeating: 2.7, count: 777)
    let counts = try Self.counts(logits, Self.sampling { $0.topP = p }, draws: 5_000)
    let drawn = Float(counts.count { $0 > 0 })
    #expect(drawn <= (777 * p).rounded(.up) + 1 && drawn >= 777 * p * 0.9)
  }

  @Test("top-p keeps the fewest that reach it")
  func topP() throws {
    let most = try Self.counts(Self.eighths, Self.sampling { $0.topP = 0.6 })
    #expect(most[0] == 0 && most[1] == 0)
    let two = try Self.counts(Self.eighths, Self.sampling { $0.topP = 0.7 })
    #expect(two[0] == 0 && two[1] > 0.2)
  }

  @Test("min-p keeps what is likely enough beside the likeliest")
  func minP() throws {
    let counts = try Self.counts(Self.eighths, Self.sampling { $0.minP = 0.3 })
    #expect(counts[0] == 0 && counts[1] > 0.2)
  }

  @Test("a repetition penalty makes what was there less likely, whatever its sign")
  func repetition() throws {
    var sampling = Sampling.greedy
    sampling.repetitionPenalty = 2
    #expect(try Self.counts([3, 2], sampling, earlier: [0], draws: 1) == [0, 1])
    #expect(try Self.counts([-2, -3], sampling, earlier: [0, 0], draws: 1) == [0, 1])
  }

  @Test("the lowest temperature draws the likeliest, and the highest any")
  func extremes() throws {
    let logits: [Float] = [-3e38, 1, 3, 2.999, -3e38]
    let lowest = Self.sampling { $0.temperature = Sampling.temperatures.lowerBound }
    #expect(try Self.counts(logits, lowest, draws: 50)[2] > 0.999)
    let highest = Self.sampling { $0.temperature = Sampling.temperatures.upperBound }
    #expect(try Self.counts([1, 2, 3], highest).allSatisfy { abs($0 - 1.0 / 3) < 0.02 })
  }

  @Test("logits that aren't numbers are never drawn, and of infinite ones any is")
  func notFinite() throws {
    let settings: [(inout Sampling) -> Void] = [
      { _ in }, { $0.topK = 2 }, { $0.topP = 0.9 }, { $0.minP = 0.1 },
      { $0.repetitionPenalty = 1000 },
    ]
    for setting in settings {
      let sampling = Self.sampling(setting)
      let some = try Self.counts(
        [.nan, 1, 1, -.infinity, .nan], sampling, earlier: [1], draws: 500)
      #expect(some[0] == 0 && some[3] == 0 && some[4] == 0, "\(some)")
      let large = try Self.counts([1, .infinity, .nan, .infinity, 2], sampling, draws: 500)
      #expect(large[1] > 0.3 && large[3] > 0.3, "\(large)")
    }
    // A penalty may make a logit infinite.
    let penalized = Self.sampling { $0.repetitionPenalty = 0.001 }
    let counts = try Self.counts([3e38, 1, 3e38, 2], penalized, earlier: [0, 2], draws: 500)
    #expect(counts[0] > 0.3 && counts[2] > 0.3 && counts[3] == 0)
  }

  @Test("settings out of range are named")
  func invalid() {
    let changes: [(inout Sampling) -> Void] = [
      { $0.temperature = -1 }, { $0.temperature = .nan }, { $0.topK = 0 }, { $0.topP = 0 },
      { $0.topP = 1.5 }, { $0.minP = -0.1 }, { $0.repetitionPenalty = 0 },
      { $0.temperature = .leastNonzeroMagnitude }, { $0.temperature = .infinity },
      { $0.topP = .nan },
      { $0.minP = .nan }, { $0.repetitionPenalty = .leastNonzeroMagnitude },
      { $0.repetitionPenalty = .nan },
      { $0.repetitionPenalty = .infinity },
    ]
    for change in changes {
      #expect(throws: GPTError.self) { try Self.sampling(change).validate() }
    }
  }
}
