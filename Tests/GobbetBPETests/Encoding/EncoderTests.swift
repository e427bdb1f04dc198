import GobbetBPE
import TestSupport
import Testing

/// A vocabulary of random merges over few bytes, so that merges compete.
func randomVocabulary(
  _ generator: inout SeededGenerator, rule: MergeRule, mergeCount: Int = 60
) throws -> Vocabulary {
  var parts: [[UInt8]] = "abc 1".utf8.map { [$0] }
  var tokens = TokenTable()
  for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
  var merges: [TokenMerge] = []
  var known = Set(parts)
  while merges.count < mergeCount {
    guard let left = parts.randomElement(using: &generator),
      let right = parts.randomElement(using: &generator), left.count + right.count < 12,
      known.insert(left + right).inserted
    else { continue }
    func id(_ bytes: [UInt8]) -> TokenID {
      bytes.count == 1 ? TokenID(bytes[0]) : TokenID(250 + (parts.firstIndex(of: bytes) ?? 0) + 1)
    }
    merges.append(
      TokenMerge(
        left: id(left), right: id(right), result: TokenID(truncatingIfNeeded: tokens.count)))
    parts.append(left + right)
    try tokens.append(left + right)
  }
  if rule == .ranks {
    return try Vocabulary(ranks: tokens, pattern: .cl100k, specialTokens: .none)
  }
  return try Vocabulary(
    tokens: tokens, merges: merges.shuffled(using: &generator), mergeRule: rule, pattern: .cl100k,
    specialTokens: .none)
}

@Suite("Encoding") struct EncoderTests {
  @Test("agrees with the reference on random vocabularies and texts", arguments: MergeRule.allCases)
  func randomVocabularies(rule: MergeRule) throws {
    var generator = SeededGenerator(5)
    let letters = Array("aaaabbbcc  1\n'".utf8)
    for _ in 0..<60 {
      let vocabulary = try randomVocabulary(&generator, rule: rule)
      let reference = ReferenceEncoder(vocabulary)
      var encoder = Tokenizer(vocabulary).makeEncoder()
      for _ in 0..<60 {
        let length = Int.random(in: 0...40, using: &generator)
        let text = (0..<length).map { _ in letters.randomElement(using: &generator) ?? 0 }
        var ids: [TokenID] = []
        encoder.encode(text.span, into: &ids)
        #expect(ids == reference.encoded(text))
      }
    }
  }

  @Test("agrees with the reference on long pretokens", arguments: MergeRule.allCases)
  func longPretokens(rule: MergeRule) throws {
    var generator = SeededGenerator(6)
    for _ in 0..<10 {
      let vocabulary = try randomVocabulary(&generator, rule: rule)
      let reference = ReferenceEncoder(vocabulary)
      var encoder = Tokenizer(vocabulary).makeEncoder()
      for length in [15, 16, 63, 64, 65, 255, 256, 257, 700, 1500] {
        let kinds = Int.random(in: 1...3, using: &generator)
        let text = (0..<length).map { _ in UInt8(97 + Int.random(in: 0..<kinds, using: &generator))
        }
        var ids: [TokenID] = []
        encoder.encode(text.span, into: &ids)
        #expect(ids == reference.encodedPretoken(text))
      }
    }
  }

  @Test("agrees with the reference where tokens end inside of scalars") func scalars() throws {
    var generator = SeededGenerator(9)
    let scalars = ["日", "本", "木", "語", "あ", "い", "ー", "é", "a", " "].map { Array($0.utf8) }
    func text() -> [UInt8] {
      let few = (0..<4).compactMap { _ in scalars.randomElement(using: &generator) }
      let whole = (0..<Int.random(in: 1...12, using: &generator)).flatMap { _ in
        few.randomElement(using: &generator) ?? []
      }
      // Some begin or end inside of a scalar, or lack a byte.
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: return Array(whole.dropFirst())
      case 1: return Array(whole.dropLast())
      case 2: return Array(whole[..<(whole.count / 2)] + whole[(whole.count / 2 + 1)...])
      default: return whole
      }
    }
    for _ in 0..<25 {
      var tokens = TokenTable()
      for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
      func vocabulary() throws -> Vocabulary {
        try Vocabulary(ranks: tokens, pattern: .cl100k, specialTokens: .none)
      }
      while tokens.count < 310 {
        // Two neighbours in some text make a token, so that all tokens come about by merging.
        let ids = try ReferenceEncoder(vocabulary()).encodedPretoken(text() + text())
        guard ids.count > 1 else { continue }
        let left = Int.random(in: 0..<(ids.count - 1), using: &generator)
        let bytes = tokens[ids[left]] + tokens[ids[left + 1]]
        if bytes.count < 14 { try tokens.append(Array(bytes)) }
      }
      let vocabulary = try vocabulary()
      #expect(vocabulary.merges.count == tokens.count - 256)
      let reference = ReferenceEncoder(vocabulary)
      var encoder = Tokenizer(vocabulary).makeEncoder(cacheByteBudget: 0)
      for _ in 0..<200 {
        let text = text() + text()
        var ids: [TokenID] = []
        encoder.encode(text.span, into: &ids)
        #expect(ids == reference.encoded(text), "\(text)")
      }
    }
  }

  @Test("keeps to its budget however much it sees") func cacheMemory() throws {
    var generator = SeededGenerator(8)
    let budget = 1 << 17
    let vocabulary = try randomVocabulary(&generator, rule: .ranks)
    var encoder = Tokenizer(vocabulary).makeEncoder(cacheByteBudget: budget)
    let fresh = encoder.cacheByteCount
    var ids: [TokenID] = []
    for _ in 0..<20_000 {
      let length = Int.random(in: 1...60, using: &generator)
      let text = (0..<length).map { _ in UInt8(97 + Int.random(in: 0..<4, using: &generator)) }
      encoder.encode(text.span, into: &ids)
    }
    let grown = encoder.cacheByteCount
    #expect(fresh < grown && grown <= budget)
  }

  @Test("does not depend on the cache budget", arguments: [0, 200, 500, 1000, 2000, 100_000])
  func budgets(budget: Int) throws {
    var generator = SeededGenerator(7)
    let vocabulary = try randomVocabulary(&generator, rule: .ranks)
    let reference = ReferenceEncoder(vocabulary)
    var encoder = Tokenizer(vocabulary).makeEncoder(cacheByteBudget: budget)
    for _ in 0..<3000 {
      let length = Int.random(in: 0...30, using: &generator)
      let text = (0..<length).map { _ in UInt8(97 + Int.random(in: 0..<4, using: &generator)) }
      var ids: [TokenID] = []
      encoder.encode(text.span, into: &ids)
      #expect(ids == reference.encoded(text))
    }
  }
}
