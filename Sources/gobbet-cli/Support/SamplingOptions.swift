import ArgumentParser
import Gobbet

/// How tokens are chosen, and when that ends.
struct SamplingOptions: ParsableArguments {
  @Option(name: [.customShort("n"), .long], help: "Tokens to generate, at most.") var tokens = 100

  @Option(help: "0 takes the likeliest token; higher is more varied.") var temperature: Float = 0

  @Option(help: "Choose among this many likeliest tokens, and those equal to the last of them.")
  var topK: Int?

  @Option(help: "Choose among the fewest likeliest tokens of this probability together.")
  var topP: Float?

  @Option(help: "Choose among tokens at least this many times as likely as the likeliest.")
  var minP: Float?

  @Option(help: "Make tokens that were there already less likely; 1 for not at all.")
  var repetitionPenalty: Float = 1

  @Option(help: "The seed of the choices.") var seed: UInt64 = 0

  @Option(help: "A text to stop before; may be given several times.") var stop: [String] = []

  @Option(help: "A token to stop at, beside <|endoftext|>; may be given several times.")
  var stopToken: [TokenID] = []

  @Flag(
    help: """
      Go on when the context is full, and take longer prompts: every further token is computed from \
      the last tokens that fit, all of them anew, which is slow.
      """)
  var slide = false

  func validate() throws {
    guard tokens >= 0 else { throw ValidationError("--tokens: not below 0") }
    do {
      try sampling.validate()
    } catch {
      throw ValidationError("\(error)")
    }
  }

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
