import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Gemma 4's vocabulary in GGUF") struct Gemma4VocabularyTests {
  private func vocabulary(_ values: [(key: String, value: GGUFValue)]) throws -> Vocabulary {
    let folder = try TemporaryFolder()
    let path = folder.file("v.gguf")
    try GGUFWriter.write(MemorySource(), to: path, values: values)
    return try #require(try GGUFReader(path).vocabulary())
  }

  /// What llama.cpp makes of texts with a `gemma4` tokenizer.
  private struct Gemma4: Decodable {
    let tokens: [String]
    let kinds: [Int32]
    let merges: [String]
    let texts: [String]
    let plain: [[TokenID]]
    let special: [[TokenID]]

    func values(tokens: [String]? = nil, kinds: [Int32]? = nil) -> [(key: String, value: GGUFValue)]
    {
      [
        ("tokenizer.ggml.model", .string("gemma4")), ("tokenizer.ggml.bos_token_id", .uint32(2)),
        (
          "tokenizer.ggml.tokens",
          .array(elementType: 8, (tokens ?? self.tokens).map { .string($0) })
        ),
        (
          "tokenizer.ggml.token_type",
          .array(elementType: 5, (kinds ?? self.kinds).map { .int32($0) })
        ), ("tokenizer.ggml.merges", .array(elementType: 8, merges.map { .string($0) })),
      ]
    }
  }

  @Test("a gemma4 tokenizer gives the ids that llama.cpp gives, or is refused where it would not")
  func gemma4() throws {
    let each = try JSONDecoder().decode(Gemma4.self, from: Data(fixture("gguf/gemma4.json")))
    try #require(each.texts.count == 120)
    let tokenizer = Tokenizer(try vocabulary(each.values()))
    for (index, text) in each.texts.enumerated() {
      #expect(tokenizer.encoded(text) == each.plain[index], "\(text.debugDescription)")
      let special = try tokenizer.encoded(text, allowing: .all, adding: .template)
      #expect(special == each.special[index], "\(text.debugDescription)")
    }
    let error = #expect(throws: InterchangeError.self) {
      try vocabulary(each.values(tokens: each.tokens + ["\n\n\n\n"], kinds: each.kinds + [1]))
    }
    #expect(try "\(#require(error))".hasSuffix("a token of 4 newlines that merges don't make"))
    let last = try #require(each.tokens.firstIndex(of: "<0xFF>"))
    var tokens = each.tokens
    tokens[last] = "another"
    var kinds = each.kinds
    kinds[last] = 1
    #expect(throws: InterchangeError.self) {
      try vocabulary(each.values(tokens: tokens, kinds: kinds))
    }
  }
}
