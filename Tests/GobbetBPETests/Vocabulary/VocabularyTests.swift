import GobbetBPE
import TestSupport
import Testing

/// The ids of `text`'s bytes in a vocabulary whose byte order is 0…255.
private func bytes(_ text: String) -> [TokenID] { text.utf8.map { TokenID($0) } }

private let plainOrder = [UInt8](0...255)

/// A table of the 256 bytes, then `more`.
private func table(_ more: [String]) throws -> TokenTable {
  var table = TokenTable()
  for byte in UInt8.min...UInt8.max { try table.append([byte]) }
  for text in more { try table.append(Array(text.utf8)) }
  return table
}

@Suite("Making a vocabulary") struct VocabularyTests {
  @Test("pairs give their tokens the ids that follow") func pairs() throws {
    let vocabulary = try Vocabulary(
      byteOrder: plainOrder, pairs: [(97, 98), (256, 99), (257, 257)], pattern: .cl100k)
    #expect(vocabulary.merges.map(\.result) == [256, 257, 258])
    #expect(vocabulary.bytes(of: 258).map(Array.init) == Array("abcabc".utf8))
    #expect(vocabulary.id(of: "abc".utf8) == 257)
    #expect(vocabulary.id(of: "abd".utf8) == nil)
    #expect(vocabulary.idBound == 259)
    #expect(vocabulary.tokenCount == 259)
  }

  @Test("ranks give the same merges as the pairs they came from") func ranks() throws {
    let ranks = try Vocabulary(
      ranks: try table(["ab", "abc", "bc", "abcd"]), pattern: .cl100k, specialTokens: .none)
    #expect(
      ranks.merges == [
        TokenMerge(left: 97, right: 98, result: 256), TokenMerge(left: 256, right: 99, result: 257),
        TokenMerge(left: 98, right: 99, result: 258),
        TokenMerge(left: 257, right: 100, result: 259),
      ])
  }

  @Test("the merges of tokens of 64 KiB are derived without looking at every pair each time")
  func longRanks() throws {
    // Time that grew with the square of the length would be minutes for each of the last ones.
    var tokens = try table([])
    for exponent in 1..<16 { try tokens.append([UInt8](repeating: 97, count: 1 << exponent)) }
    let longest = TokenTable.maximumTokenByteCount
    for byte in UInt8(97)...112 {
      try tokens.append([UInt8](repeating: 97, count: longest - 1) + [byte])
    }
    let merges = try Vocabulary(ranks: tokens, pattern: .cl100k, specialTokens: .none).merges
    #expect(merges.count == 15)
    for (index, merge) in merges.enumerated() {
      let half = index == 0 ? 97 : TokenID(255 + index)
      #expect(merge == TokenMerge(left: half, right: half, result: TokenID(256 + index)))
    }
  }

  @Test("long tokens have the merges that short ones of the same shape have") func longShapes()
    throws
  {
    // Each byte of the short tokens stands for 64 of it in the long ones, which merge first.
    var generator = SeededGenerator(31)
    var shapes: [[UInt8]] = []
    while shapes.count < 60 {
      let left = (shapes + [[97], [98]]).randomElement(using: &generator) ?? []
      let right = (shapes + [[97], [98]]).randomElement(using: &generator) ?? []
      let shape = Bool.random(using: &generator) ? left + right : right + [97] + left
      if shape.count < 40, !shapes.contains(shape) { shapes.append(shape) }
    }
    shapes.sort { $0.count < $1.count }
    var short = try table([])
    for shape in shapes { try short.append(shape) }
    var long = try table([])
    for byte in UInt8(97)...98 {
      for exponent in 1...6 { try long.append([UInt8](repeating: byte, count: 1 << exponent)) }
    }
    let added = TokenID(long.count - short.count + shapes.count)
    for shape in shapes { try long.append(shape.flatMap { [UInt8](repeating: $0, count: 64) }) }
    func merges(_ table: TokenTable) throws -> [TokenMerge] {
      try Vocabulary(ranks: table, pattern: .cl100k, specialTokens: .none).merges
    }
    func stretched(_ id: TokenID) -> TokenID { id < 256 ? (id == 97 ? 261 : 267) : id + added }
    let expected = try merges(short).map {
      TokenMerge(left: stretched($0.left), right: stretched($0.right), result: stretched($0.result))
    }
    let found = try merges(long).filter { $0.result >= 256 + added }
    #expect(found == expected)
    #expect(expected.count > 5)
  }

  @Test("a token that its bytes never merge into has no merge") func unreachable() throws {
    let ranks = try Vocabulary(
      ranks: try table(["ab", "cd", "xyz", "abcdx"]), pattern: .cl100k, specialTokens: .none)
    #expect(ranks.merges.map(\.result) == [256, 257])
    #expect(ranks.layout == nil)
  }

  @Test("a pair that spells an earlier token yields it and takes no id") func reuse() throws {
    let vocabulary = try Vocabulary(
      byteOrder: plainOrder, pairs: [(97, 98), (98, 99), (256, 99), (97, 257), (258, 258)],
      pattern: .cl100k)
    #expect(vocabulary.merges.map(\.result) == [256, 257, 258, 258, 259])
  }

  @Test("a pair that spells a special token yields it and takes no id") func spelledSpecial() throws
  {
    let vocabulary = try Vocabulary(
      byteOrder: plainOrder, firstID: 2, pairs: [(99, 100), (258, 101), (1, 102)], pattern: .cl100k,
      specialTokens: SpecialTokens([SpecialToken("<s>", id: 0), SpecialToken("abc", id: 1)]))
    #expect(vocabulary.merges.map(\.result) == [258, 1, 259])
    #expect(vocabulary.bytes(of: 259).map(Array.init) == Array("abcd".utf8))
    #expect(vocabulary.id(of: "abc".utf8) == 1)
    #expect(vocabulary.bytes(of: 0).map(Array.init) == Array("<s>".utf8))
    #expect(vocabulary.tokenCount == 260)
    #expect(vocabulary.layout?.firstID == 2)
  }

  @Test("special tokens count, and may lie beyond the others") func specials() throws {
    let vocabulary = try Vocabulary(
      byteOrder: plainOrder, pairs: [], pattern: .cl100k,
      specialTokens: SpecialTokens([SpecialToken("<|b|>", id: 300), SpecialToken("<|a|>", id: 260)])
    )
    #expect(vocabulary.idBound == 301)
    #expect(vocabulary.tokenCount == 258)
    #expect(vocabulary.bytes(of: 299) == nil)
    #expect(vocabulary.specialTokens.map(\.id) == [260, 300])
    #expect(vocabulary.id(of: "<|b|>".utf8) == 300)
  }

  @Test("trained pairs come back from the layout", arguments: [0, 7] as [TokenID])
  func layout(firstID: TokenID) throws {
    var generator = SeededGenerator(1)
    let order = plainOrder.shuffled(using: &generator)
    var pairs: [(TokenID, TokenID)] = []
    while pairs.count < 300 {
      let next = firstID + 256 + TokenID(pairs.count)
      let pair = (
        TokenID.random(in: firstID..<next, using: &generator),
        TokenID.random(in: firstID..<next, using: &generator)
      )
      let more = try? Vocabulary(
        byteOrder: order, firstID: firstID, pairs: pairs + [pair], pattern: .cl100k)
      if let more, more.idBound == Int(next) + 1 { pairs.append(pair) }
    }
    let vocabulary = try Vocabulary(
      byteOrder: order, firstID: firstID, pairs: pairs, pattern: .cl100k)
    #expect(vocabulary.layout?.byteOrder == order)
    #expect(vocabulary.layout?.firstID == firstID)
    let again = try Vocabulary(
      tokens: vocabulary.tokens, merges: vocabulary.merges, mergeRule: .learnedPairs,
      pattern: .cl100k, specialTokens: .none)
    #expect(again == vocabulary)
  }

  @Test(
    "published ranks follow from their merges",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"),
    arguments: ["gpt2", "cl100k_base", "o200k_base"])
  func published(name: String) throws {
    var tokens = TokenTable()
    for token in try Conformance.ranks(name) { try tokens.append(token) }
    let vocabulary = try Vocabulary(ranks: tokens, pattern: .cl100k, specialTokens: .none)
    #expect(vocabulary.merges.count == tokens.count - 256)
    #expect(vocabulary.layout?.firstID == 0)
  }
}

@Suite("What isn't a vocabulary") struct VocabularyErrorTests {
  private func pairs(_ pairs: [(TokenID, TokenID)], order: [UInt8] = plainOrder) throws {
    _ = try Vocabulary(byteOrder: order, pairs: pairs, pattern: .cl100k)
  }

  /// "aa", "aaaa" and so on.
  private func doublings(_ count: Int) -> [(TokenID, TokenID)] {
    let ids = [97] + (256..<TokenID(255 + count))
    return ids.map { ($0, $0) }
  }

  @Test("sixty doublings are refused at the step that is too long") func manyDoublings() {
    let error = #expect(throws: VocabularyError.self) { try pairs(doublings(60)) }
    #expect(error?.code == .tokenTooLong)
    #expect(error?.mergeIndex == 15)
  }

  @Test("the tokens together are bounded") func total() {
    var long = doublings(15)
    for byte in TokenID(0)..<256 { long.append((270, byte)) }
    for tail in TokenID(256)..<270 {
      for front in TokenID(271)..<527 { long.append((front, tail)) }
    }
    let error = #expect(throws: VocabularyError.self) { try pairs(long) }
    #expect(error?.code == .tokensTooLong)
  }

  @Test("pairs refer to what is there") func forward() {
    let error = #expect(throws: VocabularyError.self) { try pairs([(97, 98), (256, 257)]) }
    #expect(error?.code == .unknownToken)
    #expect(error?.mergeIndex == 1)
    #expect(error?.token == 257)
    #expect(error?.description == "merge 1, token 257: isn't a token that the merge could use")
  }

  @Test("a pair is there once") func twice() {
    let error = #expect(throws: VocabularyError.self) { try pairs([(97, 98), (97, 98)]) }
    #expect(error?.code == .duplicateMerge)
  }

  @Test("a long pair is there once, and another one that makes the same is another")
  func twiceLong() throws {
    let two = doublings(7) + [(261, 97), (97, 261)]
    try pairs(two)
    let error = #expect(throws: VocabularyError.self) { try pairs(two + [(261, 97)]) }
    #expect(error?.code == .duplicateMerge)
    #expect(error?.mergeIndex == 9)
  }

  @Test("the byte order is a permutation") func order() {
    for order in [Array(plainOrder.dropLast()), [UInt8](repeating: 1, count: 256), []] {
      let error = #expect(throws: VocabularyError.self) { try pairs([], order: order) }
      #expect(error?.code == .byteOrder)
    }
  }

  @Test("every byte has a token, and no two tokens have the same bytes") func tokens() throws {
    var missing = TokenTable()
    for byte in UInt8.min...254 { try missing.append([byte]) }
    var error = #expect(throws: VocabularyError.self) {
      _ = try Vocabulary(ranks: missing, pattern: .cl100k, specialTokens: .none)
    }
    #expect(error?.code == .missingByte(255))
    error = #expect(throws: VocabularyError.self) {
      let twice = try table(["ab", "ab"])
      _ = try Vocabulary(ranks: twice, pattern: .cl100k, specialTokens: .none)
    }
    #expect(error?.code == .duplicateOf(256))
  }

  @Test("a merge joins the bytes of its parts", arguments: [(97, 99), (98, 97), (97, 9000)])
  func mergeBytes(left: TokenID, right: TokenID) throws {
    let tokens = try table(["ab"])
    let error = #expect(throws: VocabularyError.self) {
      _ = try Vocabulary(
        tokens: tokens, merges: [TokenMerge(left: left, right: right, result: 256)],
        mergeRule: .learnedPairs, pattern: .cl100k, specialTokens: .none)
    }
    #expect(error?.code == (right == 9000 ? .unknownToken : .mergeBytes))
  }

  @Test("special tokens have bytes, and their own ids") func specials() throws {
    func code(_ tokens: [SpecialToken]) -> VocabularyError.Code? {
      do throws(VocabularyError) {
        _ = try Vocabulary(
          byteOrder: plainOrder, pairs: [], pattern: .cl100k, specialTokens: SpecialTokens(tokens))
        return nil
      } catch { return error.code }
    }
    #expect(code([SpecialToken("", id: 300)]) == .emptySpecialToken)
    #expect(
      code([SpecialToken("a", id: 300), SpecialToken("a", id: 301)]) == .duplicateSpecialToken)
    #expect(
      code([SpecialToken("a", id: 300), SpecialToken("b", id: 300)]) == .duplicateSpecialToken)
    #expect(code([SpecialToken("<s>", id: 3)]) == .specialTokenClash)
    #expect(code([SpecialToken("<s>", id: .max)]) == .idTooLarge)
    #expect(code([SpecialToken("\u{3}", id: 3)]) == nil)
  }

  @Test("a table refuses what is too long, and stays as it was") func limits() throws {
    var tokens = TokenTable()
    let long = [UInt8](repeating: 1, count: TokenTable.maximumTokenByteCount + 1)
    let error = #expect(throws: VocabularyError.self) { try tokens.append(long) }
    #expect(error?.code == .tokenTooLong)
    #expect(tokens.count == 0)
    for _ in 0..<TokenTable.maximumCount { try tokens.append([]) }
    #expect(throws: VocabularyError.self) { try tokens.append([]) }
  }
}
