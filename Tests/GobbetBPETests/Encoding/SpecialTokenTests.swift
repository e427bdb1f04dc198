import GobbetBPE
import TestSupport
import Testing

/// Bytes only, and these special tokens from id 256 on.
private func tokenizer(_ specials: [String]) throws -> Tokenizer {
  Tokenizer(
    try Vocabulary(
      byteOrder: Array(0...255), pairs: [], pattern: .cl100k,
      specialTokens: SpecialTokens(
        specials.enumerated().map { SpecialToken($1, id: TokenID(256 + $0)) })))
}

private func ids(_ text: String) -> [TokenID] { text.utf8.map { TokenID($0) } }

private func encoded(
  _ text: String, _ tokenizer: Tokenizer, _ policy: SpecialTokenPolicy
) throws -> [TokenID] {
  var encoder = tokenizer.makeEncoder()
  var ids: [TokenID] = []
  try encoder.encode(Array(text.utf8).span, specials: policy, into: &ids)
  return ids
}

@Suite("Special tokens in a text") struct SpecialTokenTests {
  @Test("are text by default, and tokens where they are allowed") func policies() throws {
    let tokenizer = try tokenizer(["<a>", "<b>"])
    let text = "x<a>y<b>"
    #expect(tokenizer.encoded(text) == ids(text))
    #expect(try encoded(text, tokenizer, .none) == ids(text))
    #expect(try encoded(text, tokenizer, .all) == ids("x") + [256] + ids("y") + [257])
    #expect(try encoded(text, tokenizer, .only(["<b>"])) == ids("x<a>y") + [257])
  }

  @Test("are refused with their place, and nothing is appended") func refusal() throws {
    let tokenizer = try tokenizer(["<a>", "<b>"])
    var encoder = tokenizer.makeEncoder()
    var ids: [TokenID] = [7]
    let error = #expect(throws: SpecialTokenError.self) {
      try encoder.encode(
        Array("é<b><a>".utf8).span, specials: .only(["<b>"], others: .error), into: &ids)
    }
    #expect(error?.offset == 5)
    #expect(error?.description == "byte 5: special token <a> is not allowed")
    #expect(ids == [7])
    #expect(throws: SpecialTokenError.self) { try encoded("<a>", tokenizer, .refused) }
    #expect(try encoded("<a", tokenizer, .refused) == [60, 97])
  }

  @Test("the leftmost counts, and there the longest") func overlaps() throws {
    let tokenizer = try tokenizer(["ab", "abcd", "bc", "cd", "d"])
    #expect(try encoded("abcd", tokenizer, .all) == [257])
    #expect(try encoded("abc", tokenizer, .all) == [256] + ids("c"))
    #expect(try encoded("bcd", tokenizer, .all) == [258, 260])
    #expect(try encoded("abcd", tokenizer, .only(["bc", "cd"])) == ids("a") + [258] + ids("d"))
  }

  @Test("long tokens that a text nearly has everywhere do not slow the search down")
  func nearMatches() throws {
    let long = String(repeating: "a", count: 4000)
    let tokenizer = try tokenizer([long + "b", "aa", "-a"])
    let text = String(repeating: "a", count: 200_001) + "b" + long + "b" + "-a"
    let clock = ContinuousClock()
    var found: [TokenID] = []
    let time = try clock.measure { found = try encoded(text, tokenizer, .all) }
    // In the first run the long token begins inside of a pair.
    let expected = [TokenID](repeating: 257, count: 100_000) + ids("ab") + [256, 258]
    let isExpected = found == expected
    #expect(isExpected)
    #expect(time < .seconds(10))
  }

  @Test("matches are those of a naive search") func naive() throws {
    var generator = SeededGenerator(11)
    func word(_ lengths: ClosedRange<Int>) -> String {
      let letters = (0..<Int.random(in: lengths, using: &generator)).map { _ in
        Bool.random(using: &generator) ? "a" : "b"
      }
      return letters.joined()
    }
    for round in 0..<900 {
      // Few of them are looked for window by window, and many at every byte.
      let specials = Array(Set((0..<(1 + round % 6)).map { _ in word(1...5) })).sorted()
      let tokenizer = try tokenizer(specials)
      // What begins no token, so that tokens stand anywhere in a window and between two of them.
      func filler() -> String {
        String(repeating: "-", count: Int.random(in: 0...140, using: &generator))
      }
      let text = Array([filler(), word(0...30), filler(), word(0...5)].joined().utf8)
      var expected: [TokenID] = []
      var index = 0
      while index < text.count {
        let here = specials.enumerated().filter { text[index...].starts(with: $1.utf8) }
        if let longest = here.max(by: { $0.1.utf8.count < $1.1.utf8.count }) {
          expected.append(TokenID(256 + longest.0))
          index += longest.1.utf8.count
        } else {
          expected.append(TokenID(text[index]))
          index += 1
        }
      }
      #expect(try encoded(String(decoding: text, as: UTF8.self), tokenizer, .all) == expected)
    }
  }
}
