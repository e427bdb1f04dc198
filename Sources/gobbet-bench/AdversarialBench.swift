import ArgumentParser
import Gobbet

/// Encodes a million characters in one call, and two, in the shapes that make encoders slow.
struct AdversarialBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adversarial",
    abstract: "A million characters in one call, and two, each with a fresh encoder.")

  @OptionGroup var input: EncodingInput

  private struct Report: Encodable {
    let `case`: String
    let cpu_ms: Double
    let doubled_cpu_ms: Double
    let tokens: Int
  }

  func run() async throws {
    let tokenizer = try input.loadedTokenizer()
    _ = tokenizer.encoded("hello")
    let doubled = Self.cases(characterCount: 2_000_000)
    for (index, shape) in Self.cases(characterCount: 1_000_000).enumerated() {
      let once = Self.measured(shape.text, tokenizer)
      let twice = Self.measured(doubled[index].text, tokenizer)
      try printJSON(
        Report(
          case: shape.name, cpu_ms: once.milliseconds, doubled_cpu_ms: twice.milliseconds,
          tokens: once.tokenCount))
    }
  }

  /// The middle time of three fresh encoders.
  private static func measured(
    _ text: [UInt8], _ tokenizer: Tokenizer
  ) -> (milliseconds: Double, tokenCount: Int) {
    var tokenCount = 0
    let seconds = (0..<3).map { _ in
      var ids: [TokenID] = []
      let seconds = cpuSeconds {
        var encoder = tokenizer.makeEncoder()
        encoder.encode(text.span, into: &ids)
      }
      tokenCount = ids.count
      return seconds
    }
    return ((median(seconds) * 1000).rounded(2), tokenCount)
  }

  /// The shapes, by name.
  static func cases(characterCount count: Int) -> [(name: String, text: [UInt8])] {
    var state: UInt64 = 1
    let letters = (0..<count).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(ascii: "a") + UInt8((state >> 33) % 26)
    }
    func repeated(_ text: String, _ times: Int) -> [UInt8] {
      Array(String(repeating: text, count: times).utf8)
    }
    return [
      ("letters_a", repeated("a", count)), ("spaces", repeated(" ", count)),
      ("ab", repeated("ab", count / 2)), ("random_letters", letters),
      ("newlines", repeated("\n", count)), ("emoji", repeated("\u{1F600}", count)),
      ("digits", repeated("7", count)),
    ]
  }
}
