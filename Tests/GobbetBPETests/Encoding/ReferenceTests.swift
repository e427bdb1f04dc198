import GobbetBPE
import TestSupport
import Testing

@Suite("The reference") struct ReferenceTests {
  @Test("cuts text as the scanner does", arguments: SplitPattern.named.map(\.name))
  func pretokens(name: String) throws {
    var generator = SeededGenerator(30)
    let pattern = try #require(SplitPattern(named: name))
    let vocabulary = try Vocabulary(byteOrder: Array(0...255), pairs: [], pattern: pattern)
    let reference = ReferenceEncoder(vocabulary)
    let scanner = PretokenScanner(pattern)
    for _ in 0..<2000 {
      let text = randomText(&generator, pieceCount: 0...40)
      var pretokens: [Range<Int>] = []
      scanner.forEachPretoken(in: text.span) { pretokens.append($0) }
      #expect(pretokens == reference.pretokens(in: text))
    }
  }

  @Test("merges in the order of the rules") func rules() throws {
    var tokens = TokenTable()
    for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
    for text in ["ab", "bc", "abc", "xyz"] { try tokens.append(Array(text.utf8)) }
    func encoded(_ text: String, _ rule: MergeRule) throws -> [TokenID] {
      let vocabulary =
        rule == .ranks
        ? try Vocabulary(ranks: tokens, pattern: .gpt2, specialTokens: .none)
        : try Vocabulary(
          tokens: tokens,
          merges: [
            TokenMerge(left: 98, right: 99, result: 257),
            TokenMerge(left: 97, right: 98, result: 256),
          ], mergeRule: rule, pattern: .gpt2, specialTokens: .none)
      return ReferenceEncoder(vocabulary).encoded(Array(text.utf8))
    }
    // "ab" has the lower rank, and only the ranks know "abc"; the list has "bc" first.
    #expect(try encoded("abcd", .ranks) == [258, 100])
    #expect(try encoded("abcd", .learnedPairs) == [97, 257, 100])
    #expect(try encoded("abc", .learnedPairs) == [97, 257])
    #expect(try encoded("abc", .learnedPairsWholeFirst) == [258])
    // No merges lead to "xyz": only a pretoken that is it.
    #expect(try encoded("xyz", .ranks) == [259])
    #expect(try encoded("xyzz", .ranks) == [120, 121, 122, 122])
    #expect(try encoded("xyz", .learnedPairs) == [120, 121, 122])
  }
}
