import ArgumentParser
import Foundation
import Gobbet

/// `gobbet generate`: weights + a prompt → text.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Continue a prompt with a GPT.")

  @Argument(help: "A .gobbet weight file, as convert makes it.") var model: String

  @Option(help: "The text to continue; - for standard input.") var prompt: String

  @Option(
    name: [.customShort("v"), .long], help: "The vocabulary, if the model does not hold it.")
  var vocabulary: String?

  @Option(name: [.customShort("n"), .long], help: "Tokens to generate, at most.") var tokens = 100

  @Option(help: "0 takes the likeliest token; higher is more varied.") var temperature: Float = 0

  @Option(help: "Choose among this many likeliest tokens.") var topK: Int?

  @Option(help: "The seed of the choices.") var seed: UInt64 = 0

  @Option(help: "What weights are computed with: f32, bf16 or int8.")
  var element = Precision.float32

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Print the result as one JSON object.") var json = false

  func validate() throws {
    guard tokens >= 0 else { throw ValidationError("--tokens: not below 0") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature: a number not below 0")
    }
    guard topK ?? 1 > 0 else { throw ValidationError("--top-k: not below 1") }
  }

  func run() throws {
    let generation = try TextGeneration(
      path: model, vocabulary: try vocabulary.map { try Vocabulary(recognizing: $0) },
      precision: element, threadCount: threads.count)
    let text = prompt == "-" ? String(decoding: try readAll("-"), as: UTF8.self) : prompt
    var sampling = Sampling.greedy
    sampling.temperature = temperature
    sampling.topK = topK
    Interruption.watch()
    let start = ContinuousClock.now
    let result = try generation.continuation(
      of: text, tokenLimit: tokens, sampling: sampling, seed: seed, threadCount: threads.count
    ) { piece in
      if !json { try FileHandle.standardOutput.write(contentsOf: Data(piece.utf8)) }
      return !Interruption.isRequested
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if json {
      try printJSON(
        Report(
          prompt: text, text: result.text, ids: result.ids,
          tokens_per_second: Double(result.ids.count) / seconds))
    } else {
      print()
      note("\(result.ids.count) tokens, \(Int(Double(result.ids.count) / seconds)) a second")
    }
  }

  private struct Report: Encodable {
    let prompt: String
    let text: String
    let ids: [TokenID]
    let tokens_per_second: Double
  }
}
