import GobbetBPE
import TestSupport
import Testing

@Suite("Continuing from a vocabulary") struct ContinuationTests {
  static let special = Array("<s>".utf8)

  private func counts(seed: UInt64, letters: ClosedRange<UInt8> = 97...104) throws -> PretokenCounts
  {
    var generator = SeededGenerator(seed)
    var counts = PretokenCounts()
    for _ in 0..<800 {
      let bytes = (0..<Int.random(in: 1...14, using: &generator)).map { _ in
        UInt8.random(in: letters, using: &generator) & UInt8.random(in: letters, using: &generator)
      }
      try counts.add(bytes.span, count: UInt64.random(in: 1...90, using: &generator))
    }
    return counts
  }

  private func trained(_ size: Int, specialTokensFirst: Bool = true) throws -> Vocabulary {
    let options = TrainingOptions(
      vocabularySize: size, specialTokens: [Self.special], specialTokensFirst: specialTokensFirst)
    return try Trainer(options).train(counts(seed: 1), pattern: .gpt2)
  }

  @Test(
    "on the same counts it learns what training at once learns", arguments: [257, 258, 300, 699])
  func same(size: Int) throws {
    let continued = try Trainer(TrainingOptions(vocabularySize: 700)).train(
      source: counts(seed: 1), continuing: trained(size))
    #expect(try continued == trained(700))
  }

  @Test("ids stay, and new ones follow the last, special or not") func ids() throws {
    let base = try trained(300, specialTokensFirst: false)
    let other = Array("<t>".utf8)
    let options = TrainingOptions(vocabularySize: 400, specialTokens: [Self.special, other])
    let continued = try Trainer(options).train(source: counts(seed: 1), continuing: base)
    #expect(continued.specialTokens.map(\.id) == [299, 399])
    #expect(Array(continued.merges.prefix(base.merges.count)) == base.merges)
    #expect(continued.merges[base.merges.count].result == 300)
    #expect(continued.mergedStrings == (try trained(399)).mergedStrings)
    #expect(continued.idBound == 400)
  }

  @Test(
    "on other counts, each pretoken is taken as the vocabulary encodes it",
    arguments: 2..<8 as Range<UInt64>)
  func otherCounts(seed: UInt64) throws {
    let base = try trained(500)
    let counts = try counts(seed: seed, letters: 98...106)
    let continued = try Trainer(TrainingOptions(vocabularySize: 501)).train(
      source: counts, continuing: base)
    let encoder = ReferenceEncoder(base)
    var pairs: [[TokenID]: UInt64] = [:]
    for (bytes, count) in counts.sorted {
      let ids = encoder.encodedPretoken(bytes)
      for (left, right) in zip(ids, ids.dropFirst()) { pairs[[left, right], default: 0] += count }
    }
    let best = pairs.min {
      $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key)
    }
    let learned = try #require(continued.merges.last)
    #expect([learned.left, learned.right] == best?.key)
    #expect(learned.result == 500)
  }

  @Test("a vocabulary of ranks stays one") func ranks() throws {
    let base = try trained(400)
    let ranks = try Vocabulary(
      ranks: base.tokens, pattern: .cl100k, specialTokens: base.specialTokens)
    let continued = try Trainer(TrainingOptions(vocabularySize: 700)).train(
      source: counts(seed: 1), continuing: ranks)
    #expect(continued.mergeRule == .ranks)
    #expect(continued.pattern == .cl100k)
    #expect(try continued.merges == trained(700).merges)
  }

  @Test("a vocabulary with a token that no merge makes is refused") func unreachable() throws {
    var table = TokenTable()
    for byte in UInt8.min...UInt8.max { try table.append([byte]) }
    try table.append(Array("xyz".utf8))
    let base = try Vocabulary(ranks: table, pattern: .gpt2, specialTokens: .none)
    #expect(throws: TrainingError.notMadeByMerges(token: 256)) {
      _ = try Trainer(TrainingOptions(vocabularySize: 300)).train(
        source: counts(seed: 1), continuing: base)
    }
  }

  @Test("a size below that of the vocabulary is refused") func tooSmall() throws {
    #expect(throws: TrainingError.vocabularyTooSmall(size: 299, minimum: 300)) {
      _ = try Trainer(TrainingOptions(vocabularySize: 299)).train(
        source: counts(seed: 1), continuing: trained(300))
    }
  }
}
