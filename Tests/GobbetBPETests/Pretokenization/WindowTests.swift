import GobbetBPE
import TestSupport
import Testing

@Suite("Cutting text by masks") struct WindowTests {
  /// What lies next to each other in awkward text, for every rule and its neighbours.
  private static let pieces: [[UInt8]] =
    [
      "a", "b", "Z", "the", "The", "HTTPServer", "camelCase", "s", "t", "'", "''", "'s", "'S",
      "'ll",
      "'lL", "'Ve", "n't", "'\u{17F}", "\u{17F}", " ", " ", "  ", "     ", "\t", "\n", "\n", "\r\n",
      "\u{B}", "1", "12", "1234567", "!", ".", "/", "//", "!/", "\u{E9}", "\u{C9}", "\u{1C5}",
      "\u{2B0}", "\u{4E00}\u{65E5}", "\u{30AB}", "\u{301}", "\u{93F}", "\u{661}", "\u{BD}",
      "\u{3000}", "\u{A0}", "\u{85}", "\u{2019}", "\u{20AC}", "\u{1F600}", "\u{20000}", "\u{200B}",
      "\u{30A0}", "\u{3040}", "\u{3099}", "\u{3005}", "\u{7F}",
    ].map { Array($0.utf8) } + [[0x80], [0xC3], [0xE4, 0xB8], [0xED, 0xA0, 0x80], [0xFF], [0]]

  private static func text(_ generator: inout SeededGenerator) -> [UInt8] {
    // A few pieces at a time, so that their runs and neighbours come up often.
    let few = (0..<Int.random(in: 2...12, using: &generator)).compactMap { _ in
      pieces.randomElement(using: &generator)
    }
    let count = Int.random(in: 60...400, using: &generator)
    var text: [UInt8] = []
    while text.count < count {
      let piece = few.randomElement(using: &generator) ?? []
      for _ in 0..<(Int.random(in: 0..<12, using: &generator) == 0 ? 30 : 1) { text += piece }
    }
    return text
  }

  private func expectAgreement(_ pattern: SplitPattern, _ bytes: [UInt8]) {
    let scanner = PretokenScanner(pattern)
    var found: [Int] = []
    scanner.forEachPretoken(in: bytes.span) { found.append($0.upperBound) }
    var expected: [Int] = []
    while expected.last ?? 0 < bytes.count {
      expected.append(scanner.endOfPretoken(from: expected.last ?? 0, in: bytes.span))
    }
    #expect(found == expected, "\(pattern.settings) \(bytes)")
  }

  @Test("masks find what the grammar finds", arguments: SplitPattern.named.map(\.name))
  func named(name: String) throws {
    let pattern = try #require(SplitPattern(named: name))
    var generator = SeededGenerator(21)
    for _ in 0..<5000 { expectAgreement(pattern, Self.text(&generator)) }
  }

  @Test("masks find what the grammar finds, whatever its settings")
  func allSettings() {
    var generator = SeededGenerator(22)
    for code in 0..<(4 * 4 * 2 * 4 * 3 * 4) {
      let settings = [
        code % 4, code / 4 % 4, code / 16 % 2, code / 32 % 4, code / 128 % 3, code / 384 % 2,
        code / 768,
      ]
      guard let pattern = SplitPattern(settings: settings.map(UInt8.init)) else { continue }
      for _ in 0..<25 { expectAgreement(pattern, Self.text(&generator)) }
    }
  }

  @Test(
    "a run of anything takes no longer than its share",
    arguments: ["gpt2", "cl100k", "o200k", "deepseek-v3"])
  func longRuns(name: String) throws {
    // Time that grew with the square of the length would not end within the hour.
    let scanner = PretokenScanner(try #require(SplitPattern(named: name)))
    for run in [
      "a", "A", "\u{4E00}A", "\u{301}", "\u{301}A", " ", "\n", " \n", "\n  ", "!", "!\n/", "1",
      "\u{661}", "\u{3000}", "\u{3000}a", "'", "a's", "\u{4E00}", "\u{30AB}\u{30A0}", "\u{1F600}",
      "\0",
    ] {
      for last in ["a", "\n"] {
        let bytes = Array(repeatElement(Array(run.utf8), count: 200_000).joined()) + last.utf8
        var end = 0
        scanner.forEachPretoken(in: bytes.span) { end = $0.upperBound }
        #expect(end == bytes.count)
      }
    }
  }
}
