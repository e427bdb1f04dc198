import Foundation
import GobbetBPE
import TestSupport
import Testing

/// Seeded random strings against the reference, in chunks: the suite runs a few of them,
/// `Tests/Trials/random-strings.sh` ten thousand, ten million strings.
@Suite("Random strings") struct RandomStringTests {
  private static let chunkCount =
    ProcessInfo.processInfo.environment["GOBBET_RANDOM_CHUNKS"].flatMap { Int($0) } ?? 6
  private static let stringsInChunk = 1000

  /// What random strings are made of: words and their parts, alphabets, numbers, white space,
  /// symbols, and bytes that aren't UTF-8.
  private static let pieces: [[UInt8]] =
    [
      "the", " the", "ing", "er", " a", "A", "Z", "I'm", "'s", "'LL", "'ſ", "don't", "HTTP",
      "camelCase",
      "x", "y", "qz", " ", "  ", "\n", "\r\n", "\t", "    ", "0", "12", "345", "6789", "!", "?!",
      "...",
      "/", "//", "_", "(", ");", "{\n", "=\"", "é", "É", "ß", "ñ", "и", "при", " мир", "日本", "語",
      "，",
      "。", "的", "かな", "カ", "ー", "・", "한국", " 어", "ไทย", "हिन्", "العربية", "e\u{301}", "\u{301}",
      "\u{3000}", "\u{A0}", "\u{1F600}", "\u{1F468}\u{200D}\u{1F469}", "Ⅻ", "½", "ǅ", "ʰ",
      "\u{20000}",
    ].map { Array($0.utf8) } + [
      [0xFF], [0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0], [0x7F],
    ]

  private static func string(_ generator: inout SeededGenerator) -> [UInt8] {
    let count = Int.random(in: 1...8, using: &generator)
    var string: [UInt8] = []
    for _ in 0..<count {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: string.append(UInt8.random(in: 0...255, using: &generator))
      case 1:
        let scalar =
          Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &generator)) ?? "\u{FFFD}"
        string += Array(String(Character(scalar)).utf8)
      default:
        let piece = pieces.randomElement(using: &generator) ?? []
        let isRepeated = Int.random(in: 0..<200, using: &generator) == 0
        for _ in 0..<(isRepeated ? 12 : 1) { string += piece }
      }
    }
    return string
  }

  /// A vocabulary that the data of the peers has, or a small one of random merges.
  private static func vocabulary(_ name: String, _ pattern: SplitPattern) throws -> Vocabulary {
    guard Conformance.isAvailable else {
      var generator = SeededGenerator(41)
      return try randomVocabulary(&generator, rule: .ranks, mergeCount: 200)
    }
    var tokens = TokenTable()
    for token in try Conformance.ranks(name) { try tokens.append(token) }
    return try Vocabulary(ranks: tokens, pattern: pattern, specialTokens: .none)
  }

  @Test(
    "become what the reference makes of them",
    arguments: [("cl100k_base", "cl100k"), ("o200k_base", "o200k"), ("gpt2", "gpt2")])
  func agreement(name: String, pattern: String) throws {
    let vocabulary = try Self.vocabulary(name, try #require(SplitPattern(named: pattern)))
    let reference = ReferenceEncoder(vocabulary)
    var encoder = Tokenizer(vocabulary).makeEncoder(cacheByteBudget: 1 << 18)
    var different = 0
    // Each vocabulary takes a third of the chunks; a chunk is the same whatever else is run.
    let third = ["cl100k_base", "o200k_base", "gpt2"].firstIndex(of: name) ?? 0
    for chunk in stride(from: third, to: Self.chunkCount, by: 3) {
      var generator = SeededGenerator(UInt64(1000 + chunk))
      for _ in 0..<Self.stringsInChunk {
        let string = Self.string(&generator)
        var ids: [TokenID] = []
        encoder.encode(string.span, into: &ids)
        if ids != reference.encoded(string) {
          different += 1
          if different <= 10 { Issue.record("chunk \(chunk): \(string)") }
        }
      }
    }
    #expect(different == 0)
  }

  @Test("every scalar in eight contexts becomes what the reference makes of it")
  func scalars() throws {
    // All of them with the script; every 499th otherwise.
    let isWhole = ProcessInfo.processInfo.environment["GOBBET_RANDOM_CHUNKS"] != nil
    let vocabulary = try Self.vocabulary("cl100k_base", .cl100k)
    let reference = ReferenceEncoder(vocabulary)
    var encoder = Tokenizer(vocabulary).makeEncoder(cacheByteBudget: 1 << 18)
    let contexts = [
      ("", ""), ("a", "b"), (" ", ""), ("", " "), ("1", "2"), ("'", ""), ("!", "!"), ("\n", "\n"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }
    var different = 0
    for value in stride(from: UInt32(0), to: 0x11_0000, by: isWhole ? 1 : 499) {
      guard let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar) else { continue }
      for (before, after) in contexts {
        let text = before + bytes + after
        var ids: [TokenID] = []
        encoder.encode(text.span, into: &ids)
        if ids != reference.encoded(text) { different += 1 }
      }
    }
    #expect(different == 0)
  }
}
