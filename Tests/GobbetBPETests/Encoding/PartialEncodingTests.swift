import GobbetBPE
import TestSupport
import Testing

/// Random text out of letters of several alphabets, numbers, symbols, white space and stray bytes.
func randomText(_ generator: inout SeededGenerator, pieceCount: ClosedRange<Int>) -> [UInt8] {
  let pieces: [[UInt8]] =
    [
      "a", "b", "AB", "aa", " ", "  ", "\n", "\r\n", "\t", "'s", "'LL", "'ſ", "'", "1", "23", "!",
      "/", "é", "É", "日本", "語", "，", "\u{3000}", "e\u{301}", "\u{301}", "\u{1F600}", "Ⅻ", "ǅ",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x82]]
  let count = Int.random(in: pieceCount, using: &generator)
  return (0..<count).flatMap { _ in pieces.randomElement(using: &generator) ?? [] }
}

private func ids(_ text: [UInt8], _ encoder: inout TokenEncoder) -> [TokenID] {
  var ids: [TokenID] = []
  encoder.encode(text.span, into: &ids)
  return ids
}

@Suite("A part of the tokens") struct PartialEncodingTests {
  private let tokenizer: Tokenizer

  init() throws {
    var generator = SeededGenerator(20)
    tokenizer = Tokenizer(try randomVocabulary(&generator, rule: .ranks))
  }

  @Test("the first tokens are those of the whole text, with their bytes") func prefixes() throws {
    var generator = SeededGenerator(21)
    var encoder = tokenizer.makeEncoder()
    for _ in 0..<200 {
      let text = randomText(&generator, pieceCount: 0...30)
      let whole = ids(text, &encoder)
      for limit in 0...(whole.count + 1) {
        var buffer = [TokenID](repeating: 9999, count: limit)
        var span = buffer.mutableSpan
        let prefix = encoder.encodePrefix(of: text.span, into: &span)
        let first = Array(whole.prefix(limit))
        #expect(prefix.tokenCount == first.count)
        #expect(Array(buffer.prefix(first.count)) == first)
        #expect(buffer.dropFirst(first.count).allSatisfy { $0 == 9999 })
        #expect(prefix.byteCount == first.reduce(0) { $0 + tokenizer.vocabulary.tokens[$1].count })
        let copied = encoder.encodedPrefix(of: text.span, upTo: limit)
        #expect(copied == first)
        let count = encoder.count(text.span, upTo: limit)
        #expect(count == first.count)
      }
    }
  }

  @Test("ends say where each token stops") func ends() throws {
    var generator = SeededGenerator(22)
    var encoder = tokenizer.makeEncoder()
    for _ in 0..<200 {
      let text = randomText(&generator, pieceCount: 0...30)
      var found: [TokenID] = [1]
      var ends: [Int] = []
      encoder.encode(text.span, into: &found, ends: &ends)
      let expected = ids(text, &encoder)
      #expect(Array(found.dropFirst()) == expected)
      var start = 0
      for (id, end) in zip(found.dropFirst(), ends) {
        #expect(text[start..<end].elementsEqual(tokenizer.vocabulary.tokens[id]))
        start = end
      }
      #expect(start == text.count)
    }
  }

  @Test("many texts come in their order from any number of workers", arguments: [1, 2, 7])
  func batches(workerCount: Int) async throws {
    var generator = SeededGenerator(23)
    let texts = (0..<50).map { _ in
      String(decoding: randomText(&generator, pieceCount: 0...20), as: UTF8.self)
    }
    let batch = try await tokenizer.encoded(batch: texts, workerCount: workerCount)
    #expect(batch == texts.map { tokenizer.encoded($0) })
    #expect(try await tokenizer.encoded(batch: [], workerCount: workerCount) == [])
    #expect(try await tokenizer.encoded(batch: ["", ""], workerCount: workerCount) == [[], []])
  }
}

@Suite("A text in chunks") struct ChunkedEncoderTests {
  @Test(
    "has the ids of the whole, however it is split",
    arguments: SplitPattern.named.map(\.name))
  func splits(name: String) throws {
    var generator = SeededGenerator(24)
    let pattern = try #require(SplitPattern(named: name))
    var tokens = TokenTable()
    for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
    let tokenizer = Tokenizer(
      try Vocabulary(ranks: tokens, pattern: pattern, specialTokens: .none))
    var encoder = tokenizer.makeEncoder()
    let scanner = PretokenScanner(pattern)
    func pretokens(_ bytes: [UInt8]) -> [Int] {
      var ends: [Int] = []
      scanner.forEachPretoken(in: bytes.span) { ends.append($0.upperBound) }
      return ends
    }
    for _ in 0..<300 {
      let text = randomText(&generator, pieceCount: 1...24)
      let ends = Set(pretokens(text))
      let whole = ids(text, &encoder)
      for length in 1...text.count {
        // A cut in a prefix has to be one in the whole, with the same pretokens before it.
        let head = Array(text.prefix(length))
        guard let cut = ChunkedEncoder.lastCut(in: head.span) else { continue }
        let before = pretokens(Array(text.prefix(cut)))
        #expect(ends.contains(cut) && before.allSatisfy(ends.contains))
        #expect(before.count == ends.count { $0 <= cut })
      }
      var chunked = ChunkedEncoder(tokenizer.makeEncoder(), stepByteCount: 1)
      var found: [TokenID] = []
      var start = 0
      while start < text.count {
        let end = min(text.count, start + Int.random(in: 1...9, using: &generator))
        let chunk = Array(text[start..<end])
        chunked.append(chunk.span, into: &found)
        start = end
      }
      chunked.finish(into: &found)
      #expect(found == whole)
    }
  }

  @Test("has the ids of the whole, split in two at every place", arguments: MergeRule.allCases)
  func everySplit(rule: MergeRule) throws {
    var generator = SeededGenerator(27)
    let tokenizer = Tokenizer(try randomVocabulary(&generator, rule: rule, mergeCount: 100))
    var encoder = tokenizer.makeEncoder()
    var chunked = ChunkedEncoder(tokenizer.makeEncoder(), stepByteCount: 1)
    for _ in 0..<100 {
      let text = randomText(&generator, pieceCount: 1...24)
      let whole = ids(text, &encoder)
      for place in 0...text.count {
        var found: [TokenID] = []
        chunked.append(text.span.extracting(..<place), into: &found)
        chunked.append(text.span.extracting(place...), into: &found)
        chunked.finish(into: &found)
        #expect(found == whole, "\(text) at \(place)")
      }
    }
  }

  @Test("is held back only as far as it may change") func memory() throws {
    var generator = SeededGenerator(25)
    let tokenizer = Tokenizer(try randomVocabulary(&generator, rule: .learnedPairs))
    var chunked = ChunkedEncoder(tokenizer.makeEncoder())
    var found: [TokenID] = []
    var text: [UInt8] = []
    for _ in 0..<100 {
      let chunk = Array("abc ab cc 1 ".utf8.prefix(Int.random(in: 1...12, using: &generator)))
      for _ in 0..<100 {
        text += chunk
        chunked.append(chunk.span, into: &found)
      }
      let heldByteCount = chunked.heldByteCount
      #expect(heldByteCount < 20_000)
    }
    chunked.finish(into: &found)
    var encoder = tokenizer.makeEncoder()
    let expected = ids(text, &encoder)
    let heldByteCount = chunked.heldByteCount
    #expect(found == expected)
    #expect(heldByteCount == 0)
  }
}

@Suite("BPE-dropout") struct DropoutTests {
  @Test("is what the reference draws", arguments: MergeRule.allCases)
  func reference(rule: MergeRule) throws {
    var generator = SeededGenerator(26)
    for round in 0..<40 {
      let vocabulary = try randomVocabulary(&generator, rule: rule)
      let reference = ReferenceEncoder(vocabulary)
      let tokenizer = Tokenizer(vocabulary)
      for probability in [0, 0.1, 0.5, 0.9, 1] {
        let text = (0..<40).map { _ in UInt8(97 + Int.random(in: 0..<3, using: &generator)) }
        let seed = UInt64(round)
        var encoder = DropoutEncoder(tokenizer, probability: probability, seed: seed)
        var found: [TokenID] = []
        encoder.encode(text.span, into: &found)
        #expect(found == reference.encoded(text, dropout: probability, seed: seed))
        if probability == 1 { #expect(found.count == text.count) }
      }
    }
  }

  @Test("gives other tokens each time, the same for a seed") func seeds() throws {
    let tokenizer = Tokenizer(
      try Vocabulary(
        byteOrder: Array(0...255), pairs: [(97, 98), (98, 99), (256, 99)], pattern: .gpt2))
    let text = Array("abcabcabcabcabc".utf8)
    func draws(_ seed: UInt64) -> [[TokenID]] {
      var encoder = DropoutEncoder(tokenizer, probability: 0.5, seed: seed)
      return (0..<10).map { _ in
        var ids: [TokenID] = []
        encoder.encode(text.span, into: &ids)
        return ids
      }
    }
    #expect(draws(1) == draws(1))
    #expect(draws(1) != draws(2))
    #expect(Set(draws(1)).count > 5)
  }
}
