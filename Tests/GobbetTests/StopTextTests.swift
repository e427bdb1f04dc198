import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("Where text stops") struct StopTextTests {
  static func small() throws -> TextGeneration {
    try TextGeneration(path: fixturesFolder + "/tinymodel/model.safetensors")
  }

  /// What the small model says to this, greedily: ",\n\nProvost:\nI'll not, I'll not, …".
  static let prompt = "ROMEO:\nBut, soft! what light"

  @Test(
    "asked for piece by piece, tokens and text are those that come at once, and a task can end them"
  )
  func sequences() async throws {
    let generation = try Self.small()
    var options = TextGeneration.Options()
    options.settings.maximumTokenCount = 40
    for stops in [[], ["vost:\nI"]] {
      options.stopTexts = stops
      let whole = try generation.continuation(of: Self.prompt, options)
      var pieces: [String] = []
      for try await piece in generation.text(after: Self.prompt, options) { pieces.append(piece) }
      #expect(pieces.joined() == whole.text && !pieces.contains(""))
      #expect(pieces.count > 1)
    }
    let prompt = generation.tokens(of: Self.prompt)
    var settings = GenerationSettings()
    settings.maximumTokenCount = 12
    let sequence = generation.model.tokens(after: prompt, settings)
    options = .init()
    options.settings = settings
    let expected = try generation.continuation(of: Self.prompt, options).ids
    for _ in 0..<2 {
      var ids: [TokenID] = []
      for try await id in sequence { ids.append(id) }
      #expect(ids == expected)
    }
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      for try await _ in sequence {}
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test(
    "text ends before the first stop text, in one piece or many tokens, and nothing of it is shown",
    arguments: ["Prov", "vost:\nI", "not", "\n\n", "I'll not,\nI'll not, I'll nothing"])
  func stops(text: String) throws {
    let generation = try Self.small()
    var options = TextGeneration.Options()
    options.settings.maximumTokenCount = 64
    let whole = try generation.continuation(of: Self.prompt, options)
    options.stopTexts = ["nowhere to be found", "", text]
    var shown = ""
    let stopped = try generation.continuation(of: Self.prompt, options) { piece in
      shown += piece
      return true
    }
    let found = try #require(whole.text.range(of: text))
    #expect(stopped.text == String(whole.text[..<found.lowerBound]))
    #expect(shown == stopped.text)
    #expect(stopped.end == .stopText)
    #expect(whole.ids.starts(with: stopped.ids) && stopped.ids.count < whole.ids.count)
    #expect(whole.end == .limit)
  }

  @Test("what only began like a stop text is shown in the end")
  func heldBack() throws {
    let generation = try Self.small()
    var options = TextGeneration.Options()
    for limit in 1..<20 {
      options.settings.maximumTokenCount = limit
      options.stopTexts = []
      let whole = try generation.continuation(of: Self.prompt, options)
      options.stopTexts = [whole.text.suffix(3) + "§"]
      var shown = ""
      let result = try generation.continuation(of: Self.prompt, options) { piece in
        shown += piece
        return true
      }
      #expect(result.text == whole.text && shown == whole.text)
    }
  }

  @Test("a batch of prompts is continued as each is alone, and tells why each has ended")
  func batch() throws {
    let generation = try Self.small()
    var options = TextGeneration.Options()
    options.settings.maximumTokenCount = 20
    options.settings.sampling.temperature = 1
    options.settings.seed = 9
    options.stopTexts = [":"]
    let prompts = [Self.prompt, "First Citizen", "KING RICHARD III:\nNow is the winter"]
    var shown = ["", "", ""]
    let result = try generation.continuations(of: prompts, options) { index, piece in
      shown[index] += piece
      return true
    }
    for (index, prompt) in prompts.enumerated() {
      let alone = try generation.continuation(of: prompt, options)
      #expect(result.continuations[index] == alone)
      #expect(shown[index] == alone.text)
    }
    #expect(result.promptTokenCount == prompts.reduce(0) { $0 + generation.tokenizer.count($1) })
  }

  @Test("who wants no more gets no more")
  func interruption() throws {
    let generation = try Self.small()
    var count = 0
    let result = try generation.continuation(of: Self.prompt) { _ in
      count += 1
      return count < 3
    }
    #expect(count == 3)
    #expect(result.end == .interrupted)
  }
}
