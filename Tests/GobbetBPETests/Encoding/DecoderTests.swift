import GobbetBPE
import TestSupport
import Testing

@Suite("Decoding") struct DecoderTests {
  private let vocabulary: Vocabulary

  init() throws {
    vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(0xC3, 0xA9), (256, 0xF0), (97, 98)], pattern: .cl100k,
      specialTokens: SpecialTokens([SpecialToken("<end>", id: 300)]))
  }

  @Test("tokens become their bytes, special tokens too") func bytes() throws {
    let decoder = TokenDecoder(vocabulary)
    #expect(try decoder.decoded([258, 256, 300, 65]) == "abé<end>A")
    #expect(try decoder.decoded([0xFF]) == "\u{FFFD}")
  }

  @Test("special tokens can be left out, and added ones that aren't special stay")
  func skipping() throws {
    let vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(97, 98)], pattern: .cl100k,
      specialTokens: SpecialTokens([
        SpecialToken("<end>", id: 300), SpecialToken("<a>", id: 301, matching: .ordinary),
        SpecialToken("a", id: 97),
      ]))
    let decoder = TokenDecoder(vocabulary, skippingSpecialTokens: true)
    #expect(try decoder.decoded([300, 256, 97, 301, 300]) == "ab<a>")
    #expect(try decoder.decoded([300]).isEmpty)
    #expect(throws: UnknownTokenError(id: 299, index: 1)) { try decoder.decoded([300, 299]) }
    let ids = Array(repeating: [300, 98, 97] as [TokenID], count: 3000).flatMap { $0 }
    #expect(try decoder.decoded(ids) == String(repeating: "b", count: 3000))
    var stream = StreamingDecoder(decoder)
    #expect(try [0xC3, 300, 0xA9].map { try stream.append($0) } == ["", "", "é"])
  }

  @Test("an id without a token is named with its place") func unknown() {
    let decoder = TokenDecoder(vocabulary)
    for id: TokenID in [259, 299, 301, .max] {
      let error = #expect(throws: UnknownTokenError.self) { try decoder.decoded([97, id]) }
      #expect(error == UnknownTokenError(id: id, index: 1))
    }
  }

  @Test("a stream gives every scalar once it is whole") func streaming() throws {
    var stream = StreamingDecoder(TokenDecoder(vocabulary))
    // é, then the four bytes of U+1F600, one of them at the end of a token, then b.
    #expect(try stream.append(257) == "é")
    #expect(try stream.append(0x9F) == "")
    #expect(try stream.append(0x98) == "")
    #expect(throws: UnknownTokenError(id: 999, index: 3)) { try stream.append(999) }
    #expect(try stream.append(0x80) == "\u{1F600}")
    #expect(try stream.append(0xE2) == "")
    #expect(try stream.append(98) == "\u{FFFD}b")
    #expect(try stream.append(0xE2) == "")
    #expect(stream.finish() == "\u{FFFD}")
    #expect(stream.finish() == "")
  }

  @Test("a stream gives what decoding at once gives, whatever the bytes") func randomStreams()
    throws
  {
    var generator = SeededGenerator(3)
    let decoder = TokenDecoder(vocabulary)
    let bytes: [UInt8] = [0x41, 0xC3, 0xE2, 0xED, 0xF0, 0xF4, 0x80, 0x9F, 0xA9, 0xBF, 0xFF]
    for _ in 0..<2000 {
      let ids = (0..<8).map { _ in TokenID(bytes.randomElement(using: &generator) ?? 0) }
      var stream = StreamingDecoder(decoder)
      var text = ""
      for id in ids { text += try stream.append(id) }
      text += stream.finish()
      #expect(text == (try decoder.decoded(ids)))
    }
  }
}
