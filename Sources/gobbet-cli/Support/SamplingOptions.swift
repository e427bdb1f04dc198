import ArgumentParser
import Gobbet

/// How tokens are chosen, and when that ends.
struct SamplingOptions: ParsableArguments {
  @Option(
    name: [.customShort("n"), .long], parsing: .unconditional,
    help: "The most tokens to generate. (default: 100)", transform: Number.whole(0...1_000_000_000))
  var tokens = 100

  @Option(
    parsing: .unconditional,
    help: "0 picks the most likely token; higher gives more varied text. (default: 0)",
    transform: Number.zeroOr(Sampling.temperatures))
  var temperature: Float = 0

  @Option(
    parsing: .unconditional,
    help: "Sample from this many of the most likely tokens, and from ties with the last (top-k).",
    transform: Number.whole(1...1_000_000_000))
  var topK: Int?

  @Option(
    parsing: .unconditional,
    help: """
      Sample from the smallest set of tokens whose probabilities add up to this (top-p).
      """,
    transform: Number.real(0.000_001...1))
  var topP: Float?

  @Option(
    parsing: .unconditional,
    help: "Sample from tokens at least this share as likely as the most likely one (min-p).",
    transform: Number.real(0...1))
  var minP: Float?

  @Option(
    parsing: .unconditional,
    help: "Above 1 makes tokens that occurred before less likely. (default: 1)",
    transform: Number.real(Sampling.repetitionPenalties))
  var repetitionPenalty: Float = 1

  @Option(
    parsing: .unconditional, help: "The seed of the random choices. (default: 0)",
    transform: Number.whole(0...UInt64.max))
  var seed: UInt64 = 0

  @Option(help: "A text to stop before; repeatable.") var stop: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: "The id of a token to stop at, besides <|endoftext|>; repeatable.",
    transform: Number.whole(0...TokenID(TokenTable.maximumCount)))
  var stopToken: [TokenID] = []

  @Flag(
    help: """
      Go on when the context is full, and take longer prompts. Each further token recomputes the last \
      tokens that fit, which is slow.
      """)
  var slide = false

  private var sampling: Sampling {
    var sampling = Sampling.greedy
    sampling.temperature = temperature
    sampling.topK = topK
    sampling.topP = topP
    sampling.minP = minP
    sampling.repetitionPenalty = repetitionPenalty
    return sampling
  }

  /// The same, as the library takes it.
  var settings: GenerationSettings {
    var settings = GenerationSettings()
    settings.sampling = sampling
    settings.seed = seed
    settings.stopTokens = Set(stopToken)
    settings.maximumTokenCount = tokens
    settings.contextEnd = slide ? .slides : .stops
    return settings
  }
}
