import GobbetBPE
import TestSupport
import Testing

/// Vocabularies of scalars whose texts no pattern cuts, as SentencePiece's are.
@Suite("Whole texts") struct WholeTextTests {
  static let metaspace: [UInt8] = Array("▁".utf8)

  /// What is different from one random vocabulary to the next.
  private struct Choices {
    var fallsBackToBytes: Bool
    var fusesUnknown: Bool
    var wholeSymbols: Bool
    var added: Bool
    var pipeline: Int
  }

  private static let letters = ["▁", "a", "b", "c", ".", "\n", "é", "и", "日"]
  private static let added = ["\n\n", "\n\n\n", "  ", "<b>", "</b>", "a b"]

  /// Random merges of a few scalars, U+2581 at any place among them.
  private static func vocabulary(
    _ choices: Choices, _ generator: inout SeededGenerator
  ) throws -> Vocabulary {
    var texts: [[UInt8]] = [Array("<unk>".utf8)]
    if choices.fallsBackToBytes {
      for byte in 0..<256 {
        let digits = String(byte, radix: 16, uppercase: true)
        texts.append(Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8))
      }
    }
    let first = texts.count
    texts += letters.map { Array($0.utf8) }
    var merges: [TokenMerge] = []
    var pairs: Set<[Int]> = []
    while merges.count < 40 {
      let left = Int.random(in: first..<texts.count, using: &generator)
      let right = Int.random(in: first..<texts.count, using: &generator)
      guard pairs.insert([left, right]).inserted else { continue }
      let bytes = texts[left] + texts[right]
      guard bytes.count <= 24 else { continue }
      let known = texts.firstIndex(of: bytes)
      if known == nil { texts.append(bytes) }
      merges.append(
        TokenMerge(
          left: TokenID(left), right: TokenID(right),
          result: TokenID(known ?? texts.count - 1)))
    }
    var symbols = InitialSymbols(
      unit: .scalar, isComplete: false, unknown: 0, fusesUnknown: choices.fusesUnknown,
      fallsBackToBytes: choices.fallsBackToBytes)
    if choices.wholeSymbols {
      symbols.wholeSymbols = [TokenID(texts.count), TokenID(texts.count + 1)]
      texts += [Array("bca".utf8), Array(".\n.".utf8)]
    }
    var tokens = TokenTable()
    for text in texts { try tokens.append(text) }
    let specials =
      choices.added
      ? added.enumerated().map {
        SpecialToken($1, id: TokenID(texts.count + $0), matching: .ordinary)
      } + [SpecialToken("<s>", id: TokenID(texts.count + added.count))] : []
    var pipeline = TextPipeline(symbols: symbols)
    let escape = Normalizer.replace([0x20], with: metaspace)
    switch choices.pipeline {
    case 0: pipeline.normalizers = [escape]
    case 1: pipeline.normalizers = [.prepend(metaspace), escape]
    case 2:
      pipeline.pretokenizers = [.metaspace(replacement: metaspace, scheme: .first, splits: false)]
    case 3:
      pipeline.pretokenizers = [.metaspace(replacement: metaspace, scheme: .never, splits: false)]
    default: break
    }
    return try Vocabulary(
      tokens: tokens, merges: merges, mergeRule: .learnedPairs, pattern: .whole,
      specialTokens: try SpecialTokens(specials), pipeline: pipeline)
  }

  private static func text(_ generator: inout SeededGenerator) -> [UInt8] {
    var text: [UInt8] = []
    // Now and then longer than a window of the merger.
    let isLong = Int.random(in: 0..<20, using: &generator) == 0
    let common = Int.random(in: 1...8, using: &generator)
    for _ in 0..<Int.random(in: 0...(isLong ? 700 : 24), using: &generator) {
      switch Int.random(in: 0..<40, using: &generator) {
      case 0: text.append(UInt8.random(in: 0...255, using: &generator))
      case 1:
        text += Array(
          (["語", "x", "<0x0A>", "<unk>", "\u{1F600}"].randomElement(using: &generator) ?? "").utf8)
      case 2, 3: text += Array((added.randomElement(using: &generator) ?? "").utf8)
      case 4: text += Array("bca".utf8)
      case 5..<12: text.append(UInt8(ascii: " "))
      default: text += Array(letters[Int.random(in: 0...common, using: &generator)].utf8)
      }
    }
    return text
  }

  @Test("are cut only where no merge crosses, and become what the reference makes of them")
  func agreement() throws {
    var generator = SeededGenerator(1717)
    var different = 0
    for round in 0..<80 {
      let vocabulary = try Self.vocabulary(
        Choices(
          fallsBackToBytes: round % 2 == 0, fusesUnknown: round % 3 == 0,
          wholeSymbols: round % 4 == 1, added: round % 5 < 2, pipeline: round % 7),
        &generator)
      let reference = ReferenceEncoder(vocabulary)
      var encoder = Tokenizer(vocabulary).makeEncoder(cacheByteBudget: 1 << 14)
      for _ in 0..<120 {
        let text = Self.text(&generator)
        var ids: [TokenID] = []
        encoder.encode(text.span, into: &ids)
        guard ids != reference.encoded(text) else { continue }
        different += 1
        if different <= 5 { Issue.record("round \(round): \(text)") }
      }
    }
    #expect(different == 0)
  }

  @Test("are left whole where the token of a single byte merges, whose bytes no text has")
  func mergingByteTokens() throws {
    var tokens = TokenTable()
    var texts = ["<unk>", "a", "b"]
    for byte in 0..<256 {
      texts.append(
        "<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>")
    }
    texts += ["<0x0A>a"]
    for text in texts { try tokens.append(Array(text.utf8)) }
    let vocabulary = try Vocabulary(
      tokens: tokens, merges: [TokenMerge(left: 13, right: 1, result: 259)],
      mergeRule: .learnedPairs, pattern: .whole, specialTokens: .none,
      pipeline: TextPipeline(
        symbols: InitialSymbols(
          unit: .scalar, isComplete: false, unknown: 0, fallsBackToBytes: true)))
    #expect(Tokenizer(vocabulary).encoded("b\na\n") == [2, 259, 13])
  }

  @Test("of a million equal letters, or of two in turn, end after a linear time")
  func longRuns() throws {
    var generator = SeededGenerator(5)
    let vocabulary = try Self.vocabulary(
      Choices(
        fallsBackToBytes: true, fusesUnknown: false, wholeSymbols: false, added: false, pipeline: 0),
      &generator)
    let reference = ReferenceEncoder(vocabulary)
    for pair in ["aa", "ab", "  ", "a "] {
      // The reference takes a quadratic time, so it sees the beginning.
      let short = Array(String(repeating: pair, count: 400).utf8)
      var encoder = Tokenizer(vocabulary).makeEncoder()
      var ids: [TokenID] = []
      encoder.encode(short.span, into: &ids)
      #expect(ids == reference.encoded(short))
      let long = Array(String(repeating: pair, count: 500_000).utf8)
      ids.removeAll()
      let clock = ContinuousClock()
      let time = clock.measure { encoder.encode(long.span, into: &ids) }
      #expect(time < .seconds(10))
      #expect(ids.count > 10_000)
    }
  }
}
