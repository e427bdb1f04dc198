import GobbetBPE
import TestSupport
import Testing

@Suite("Tokens with their places") struct TextTokenTests {
  @Test("have the ids of encode, and their bytes are those of the text")
  func places() throws {
    var generator = SeededGenerator(2210)
    let ranks = try randomVocabulary(&generator, rule: .ranks)
    let end = TokenID(ranks.idBound)
    let vocabulary = try Vocabulary(
      ranks: ranks.tokens, pattern: ranks.pattern,
      specialTokens: SpecialTokens([SpecialToken("<|end|>", id: end)]))
    var encoder = Tokenizer(vocabulary).makeEncoder()
    for _ in 0..<200 {
      let text =
        randomText(&generator, pieceCount: 0...20) + Array("<|end|>".utf8)
        + randomText(&generator, pieceCount: 0...20)
      for policy in [SpecialTokenPolicy.none, .all] {
        var ids: [TokenID] = []
        try encoder.encode(text.span, specials: policy, into: &ids)
        let tokens = try encoder.textTokens(of: text.span, specials: policy)
        #expect(tokens.map(\.id) == ids)
        #expect(tokens.map(\.isSpecial) == ids.map { $0 == end })
        var start = 0
        for token in tokens {
          #expect(token.range.lowerBound == start)
          #expect(text[token.range].elementsEqual(vocabulary.bytes(of: token.id) ?? []))
          start = token.range.upperBound
        }
        #expect(start == text.count)
      }
    }
  }

  @Test("a special token that is refused is an error with its place")
  func refusal() throws {
    var generator = SeededGenerator(2211)
    let ranks = try randomVocabulary(&generator, rule: .ranks)
    let vocabulary = try Vocabulary(
      ranks: ranks.tokens, pattern: ranks.pattern,
      specialTokens: SpecialTokens([SpecialToken("<|end|>", id: TokenID(ranks.idBound))]))
    let text = Array("ab<|end|>".utf8)
    let error = #expect(throws: SpecialTokenError.self) {
      var encoder = Tokenizer(vocabulary).makeEncoder()
      _ = try encoder.textTokens(of: text.span, specials: .refused)
    }
    #expect(error?.offset == 2)
  }
}
