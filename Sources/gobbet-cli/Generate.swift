import ArgumentParser
import Gobbet

/// `gobbet generate`: weights + prompts → text.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generate text with a model.",
    discussion: """
      Several prompts go through the model together, with the same results as one by one. The text of \
      a single prompt is printed as it is generated; the speed goes to standard error.
      """)

  @Argument(help: ModelFileHelp.argument) var model: String

  @Option(help: "The text to continue; - for standard input; repeatable.")
  var prompt: [String]

  @Option(
    name: [.customShort("v"), .long],
    help: "The vocabulary, if the model doesn't embed one and none lies beside it.")
  var vocabulary: String?

  @Flag(help: "Leave out the token that the model's texts begin with.") var noBos = false

  @OptionGroup var specials: AllowedSpecialOptions

  @Option(
    help: """
      The template of a chat in which the prompt is what the user says, and the text the answer: \
      \(ChatTemplate.names.joined(separator: ", ")), or a JSON file.
      """)
  var template: String?

  @OptionGroup var sampling: SamplingOptions

  @Option(help: ElementHelp.option)
  var element = Named(Precision.stored)

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Print one JSON object per prompt.") var json = false

  func validate() throws {
    guard prompt.count(where: { $0 == "-" }) < 2 else {
      throw ValidationError("--prompt: - can be given only once")
    }
    guard !prompt.isEmpty else { throw ValidationError("--prompt: give at least one") }
    if template != nil, let option = specials.option ?? (noBos ? "--no-bos" : nil) {
      throw ValidationError(
        "\(option): doesn't go with --template, which says what is around a prompt")
    }
  }

  func run() throws {
    let prompts = try prompt.map {
      $0 == "-" ? String(decoding: try readAll("-"), as: UTF8.self) : $0
    }
    var options = TextGeneration.Options()
    options.settings = sampling.settings
    options.stopTexts = sampling.stop
    options.addsBeginning = !noBos
    options.specialTokens = specials.allowAllSpecials ? nil : Set(specials.allowedSpecials)
    options.template = try template.map(Pack.template)
    options.threadCount = threads.count
    let generation = try TextGeneration(
      path: model, vocabulary: try vocabulary.map { try loadVocabulary($0) },
      precision: element.value, threadCount: threads.count, checking: prompts, options)
    _ = try specials.policy(generation.tokenizer.vocabulary)
    Interruption.watch("the text ends early, run the command again", patience: .seconds(10))
    // One text can be shown as it comes, several only one after the other.
    let streams = !json && prompts.count == 1
    var output = TextOutput()
    let result = try generation.continuations(of: prompts, options) { _, piece in
      if streams {
        try output.write(piece.utf8)
        try StandardOutput.flush()
      }
      return !Interruption.isRequested
    }
    for (index, continuation) in result.continuations.enumerated() {
      if json {
        try writeJSON(Report(prompts[index], continuation, result))
      } else {
        if !streams { try output.write(continuation.text.utf8) }
        try output.finish()
        try writeLine("")
      }
    }
    let count = result.continuations.reduce(0) { $0 + $1.ids.count }
    if Interruption.isRequested {
      throw Interruption.failure("\(count.grouped("token")) generated")
    }
    // The text ends its line before another begins.
    try StandardOutput.flush()
    if !json { note(summary(result, count)) }
  }

  private func summary(_ result: TextGeneration.Result, _ count: Int) -> String {
    var line = "\(result.promptTokenCount.grouped("token")) of prompt"
    if let speed = result.promptSpeed { line += " (\(speed.rounded(places: 0)) a second)" }
    line += ", \(count) generated"
    if let speed = result.speed { line += " (\(speed.rounded(places: 0)) a second)" }
    return line + ", end: " + result.continuations.map(\.end.rawValue).joined(separator: ", ")
  }

  private struct Report: Encodable {
    let prompt: String
    let text: String
    let ids: [TokenID]
    let end: String
    let promptTokensPerSecond: Double?
    let tokensPerSecond: Double?

    init(
      _ prompt: String, _ continuation: TextGeneration.Continuation, _ result: TextGeneration.Result
    ) {
      self.prompt = prompt
      text = continuation.text
      ids = continuation.ids
      end = continuation.end.rawValue
      promptTokensPerSecond = result.promptSpeed
      tokensPerSecond = result.speed
    }
  }
}

extension TextGeneration.Result {
  /// Tokens of all prompts a second, their first new tokens included.
  fileprivate var promptSpeed: Double? { Self.rate(promptTokenCount, promptDuration) }

  /// Further tokens a second, of all prompts together.
  fileprivate var speed: Double? { Self.rate(laterTokenCount, duration) }

  private static func rate(_ count: Int, _ duration: Duration) -> Double? {
    count > 0 && duration > .zero ? Double(count) / (duration / .seconds(1)) : nil
  }
}
