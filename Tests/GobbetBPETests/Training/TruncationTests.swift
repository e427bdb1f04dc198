import GobbetBPE
import TestSupport
import Testing

@Suite("Smaller vocabularies out of a larger one") struct TruncationTests {
  static let specialTokens = [Array("<s>".utf8), Array("</s>".utf8)]

  private func counts() throws -> PretokenCounts {
    var generator = SeededGenerator(3)
    var counts = PretokenCounts()
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 1...10, using: &generator)).map { _ in
        UInt8.random(in: 97...103, using: &generator)
      }
      try counts.add(bytes.span, count: UInt64.random(in: 1...50, using: &generator))
    }
    return counts
  }

  @Test("each is what training for its size gives", arguments: [false, true])
  func nested(specialTokensFirst: Bool) throws {
    func trained(_ size: Int) throws -> Vocabulary {
      let options = TrainingOptions(
        vocabularySize: size, specialTokens: Self.specialTokens,
        specialTokensFirst: specialTokensFirst)
      return try Trainer(options).train(counts(), pattern: .cl100k)
    }
    let largest = try trained(600)
    for size in [258, 259, 300, 599, 600] {
      let smaller = try largest.truncated(to: size)
      #expect(smaller == (try trained(size)))
      #expect(smaller.idBound == size)
    }
    #expect(try largest.truncated(to: 601) == largest)
  }

  @Test("ranks keep their rule") func ranks() throws {
    let trained = try Trainer(TrainingOptions(vocabularySize: 400)).train(
      counts(), pattern: .gpt2)
    let ranks = try Vocabulary(
      ranks: trained.tokens, pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<end>", id: 410)]))
    let smaller = try ranks.truncated(to: 301)
    #expect(smaller.mergeRule == .ranks)
    #expect(smaller.merges == Array(trained.merges.prefix(300 - 256)))
    #expect(smaller.specialTokens.map(\.id) == [300])
  }

  @Test("a size without room for the bytes is refused", arguments: [-1, 0, 255, 257])
  func tooSmall(size: Int) throws {
    let options = TrainingOptions(vocabularySize: 300, specialTokens: Self.specialTokens)
    let vocabulary = try Trainer(options).train(counts(), pattern: .gpt2)
    #expect(throws: VocabularyError.self) { try vocabulary.truncated(to: size) }
  }
}
