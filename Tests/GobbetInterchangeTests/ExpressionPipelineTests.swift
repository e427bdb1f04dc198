import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

/// What `tokenizers` 0.23.3 makes of texts that are split by expressions: `Fixtures/expressions`.
@Suite("Pipelines with expressions") struct ExpressionPipelineTests {
  static let cases = PipelineTests.cases(in: "expressions/pipelines.jsonl")

  @Test("a tokenizer.json that splits by expressions gives the ids that tokenizers gives")
  func ids() throws {
    #expect(Self.cases.count == 17)
    for each in Self.cases {
      let vocabulary = try TokenizerJSON.vocabulary(each.file, path: nil)
      let tokenizer = Tokenizer(vocabulary)
      let reference = ReferenceEncoder(vocabulary)
      for (index, text) in each.texts.enumerated() {
        let place: Comment = "line \(each.line): \(text.debugDescription)"
        #expect(tokenizer.encoded(text) == each.ids[index], place)
        #expect(reference.encoded(Array(text.utf8)) == each.ids[index], place)
        let decoded = try tokenizer.decoded(each.ids[index])
        #expect(Array(decoded.utf8) == Array(each.decoded[index].utf8), place)
      }
    }
  }

  @Test("a text that is encoded in chunks, or with the places of its tokens, has the same ids")
  func places() throws {
    for each in Self.cases {
      let vocabulary = try TokenizerJSON.vocabulary(each.file, path: nil)
      let tokenizer = Tokenizer(vocabulary)
      var encoder = tokenizer.makeEncoder()
      for (index, text) in each.texts.enumerated() {
        let place: Comment = "line \(each.line): \(text.debugDescription)"
        let bytes = Array(text.utf8)
        var ids: [TokenID] = []
        var ends: [Int] = []
        encoder.encode(bytes.span, into: &ids, ends: &ends)
        #expect(ids == each.ids[index] && ends.count == ids.count, place)
        #expect(ends == ends.sorted() && ends.last ?? 0 <= bytes.count, place)
        if vocabulary.pipeline.pretokenizers.allSatisfy({ $0 != .prefixSpace }) {
          // Each token's bytes end where it says.
          for (id, end) in zip(ids, ends) {
            let token = try #require(vocabulary.bytes(of: id))
            #expect(bytes[(end - token.count)..<end].elementsEqual(token), place)
          }
        }
        var chunks = ChunkedEncoder(tokenizer.makeEncoder())
        var chunked: [TokenID] = []
        for byte in bytes { chunks.append([byte].span, into: &chunked) }
        chunks.finish(into: &chunked)
        #expect(chunked == ids, place)
        #expect(encoder.encodedPrefix(of: bytes.span, upTo: 3) == Array(ids.prefix(3)), place)
      }
    }
  }

  @Test("a vocabulary with expressions survives a file of ours and one of Hugging Face's")
  func files() throws {
    let folder = try TemporaryFolder()
    for each in Self.cases {
      let vocabulary = try TokenizerJSON.vocabulary(each.file, path: nil)
      let path = folder.file("\(each.line).gobbet")
      try vocabulary.write(to: path)
      #expect(try Vocabulary(contentsOf: path) == vocabulary, "line \(each.line)")
      let text = try TokenizerJSON.text(of: vocabulary, path: nil)
      let again = try TokenizerJSON.vocabulary(text, path: nil)
      #expect(again == vocabulary && again.pipeline == vocabulary.pipeline, "line \(each.line)")
    }
  }

  /// Bytes only, and a normalizer that replaces matches.
  static func replacing(
    _ expression: String, _ behavior: PretokenizerStep.Behavior = .isolated
  ) throws -> Vocabulary {
    var tokens = TokenTable()
    for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
    let matches = try SplitExpression(
      expression, dialect: .oniguruma, behavior: behavior, isInverted: false)
    return try Vocabulary(
      tokens: tokens, merges: [], mergeRule: .learnedPairs, pattern: .gpt2, specialTokens: .none,
      pipeline: TextPipeline(normalizers: [.replaceMatches(matches, with: Array("-".utf8))]))
  }

  @Test(
    "matches are replaced as tokenizers' Replace does, those without a byte too",
    arguments: [
      (#"\s+"#, " a \t\n b", "-a-b"), ("x*", "axb", "-a-b-"), ("x*", "ab", "-a-b-"),
      ("a|", "bab", "-b-b-"), ("(?=a)", "aba", "-ab-a"), (#"\s*"#, "a b", "-a-b-"), ("b*", "", ""),
      ("b", "aaa", "aaa"),
    ])
  func replacements(expression: String, text: String, expected: String) throws {
    let vocabulary = try Self.replacing(expression)
    let tokenizer = Tokenizer(vocabulary)
    #expect(try tokenizer.decoded(tokenizer.encoded(text)) == expected)
    var encoder = tokenizer.makeEncoder()
    var (ids, ends): ([TokenID], [Int]) = ([], [])
    encoder.encode(Array(text.utf8).span, into: &ids, ends: &ends)
    #expect(ids == tokenizer.encoded(text) && ends == ends.sorted())
    #expect(ends.allSatisfy { $0 <= text.utf8.count })
  }

  @Test("a replacement of matches is kept by both files, and another use of them is refused")
  func replacementFiles() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try Self.replacing(#"\s+|\p{L}{2}"#)
    try vocabulary.write(to: folder.file("a.gobbet"))
    #expect(try Vocabulary(contentsOf: folder.file("a.gobbet")) == vocabulary)
    let text = try TokenizerJSON.text(of: vocabulary, path: nil)
    #expect(try TokenizerJSON.vocabulary(text, path: nil) == vocabulary)
    try Self.replacing("a", .removed).write(to: folder.file("b.gobbet"))
    #expect(throws: (any Error).self) { try Vocabulary(contentsOf: folder.file("b.gobbet")) }
  }

  @Test("an expression that Oniguruma reads otherwise goes into no tokenizer.json")
  func dialects() throws {
    func written(_ text: String) throws -> [UInt8] {
      var tokens = TokenTable()
      for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
      let vocabulary = try Vocabulary(
        ranks: tokens, pattern: SplitPattern(expression: text, dialect: .tiktoken),
        specialTokens: SpecialTokens([]))
      return try TokenizerJSON.text(of: vocabulary, path: nil)
    }
    let text = String(decoding: try written(#"\p{L}+|x"#), as: UTF8.self)
    #expect(text.contains(#""behavior":"Removed","invert":true"#))
    let error = #expect(throws: InterchangeError.self) { try written(#"\p{N}{1,3}+|a$"#) }
    guard case .notRepresentable(let what) = error?.code else { throw try #require(error) }
    #expect(what.contains(#"\p{N}{1,3}+|a$"#))
  }
}
