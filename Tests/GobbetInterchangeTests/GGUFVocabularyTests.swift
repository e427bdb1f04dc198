import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Vocabularies in GGUF") struct GGUFVocabularyTests {
  /// A vocabulary of pieces: text, score and kind.
  static let pieces: [(String, Float, Int32)] =
    [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3)]
    + (0..<256).map { (byte: Int) -> (String, Float, Int32) in
      ("<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>", 0, 6)
    } + [("ab", -0, 1), ("bc", -1, 1), ("▁ab", -2, 1), ("abc", -3, 1), ("\n\n", -1000, 4)]
    + ["▁", "a", "b", "c"].enumerated().map { ($1, -4 - Float($0), 1) }

  static func values(
    _ pieces: [(String, Float, Int32)] = pieces, _ more: [(key: String, value: GGUFValue)] = []
  ) -> [(key: String, value: GGUFValue)] {
    [
      ("tokenizer.ggml.model", .string("llama")), ("tokenizer.ggml.pre", .string("default")),
      ("tokenizer.ggml.tokens", .array(elementType: 8, pieces.map { .string($0.0) })),
      ("tokenizer.ggml.scores", .array(elementType: 6, pieces.map { .float32($0.1) })),
      ("tokenizer.ggml.token_type", .array(elementType: 5, pieces.map { .int32($0.2) })),
    ] + more
  }

  private func reader(_ values: [(key: String, value: GGUFValue)]) throws -> GGUFReader {
    let folder = try TemporaryFolder()
    let path = folder.file("v.gguf")
    try GGUFWriter.write(MemorySource(), to: path, values: values)
    return try GGUFReader(path)
  }

  private func vocabulary(_ values: [(key: String, value: GGUFValue)]) throws -> Vocabulary {
    try #require(try reader(values).vocabulary())
  }

  /// A text and its ids.
  private struct Line: Decodable {
    let text: String
    let ids: [TokenID]
    /// The pre-tokenizer that the file names.
    var name: String?
  }

  @Test("text is cut as llama.cpp cuts it where the file names no pre-tokenizer")
  func unnamedPretokenizer() throws {
    let known = try Vocabulary(recognizing: fixturesFolder + "/tinymodel/tokenizer.json")
    let key = "tokenizer.ggml.pre"
    let rest = try GGUFVocabulary.values(of: known, rowCount: nil, path: "v.gguf")
      .filter { $0.key != key }
    let lines = try readFile(fixturesFolder + "/gguf/default.jsonl").split(separator: 0x0A).map {
      try JSONDecoder().decode(Line.self, from: Data($0))
    }
    try #require(lines.count == 200)
    for values in [rest, rest + [(key: key, value: GGUFValue.string("default"))]] {
      let tokenizer = Tokenizer(try vocabulary(values))
      for line in lines { #expect(tokenizer.encoded(line.text) == line.ids, "\(line.text)") }
      #expect(lines.contains { Tokenizer(known).encoded($0.text) != $0.ids })
      let written = try GGUFVocabulary.values(
        of: tokenizer.vocabulary, rowCount: nil, path: "w.gguf")
      #expect(written.contains { $0.key == key && $0.value == .string("default") })
    }
  }

  @Test("text is cut as llama.cpp cuts it by names that stand for expressions")
  func namedExpressions() throws {
    let known = try Vocabulary(recognizing: fixturesFolder + "/tinymodel/tokenizer.json")
    let key = "tokenizer.ggml.pre"
    let rest = try GGUFVocabulary.values(of: known, rowCount: nil, path: "v.gguf")
      .filter { $0.key != key }
    let lines = try readFile(fixturesFolder + "/gguf/names.jsonl").split(separator: 0x0A).map {
      try JSONDecoder().decode(Line.self, from: Data($0))
    }
    let names = Set(lines.compactMap(\.name))
    try #require(names.count == 11 && lines.count == 440)
    for name in names {
      let tokenizer = Tokenizer(try vocabulary(rest + [(key: key, value: .string(name))]))
      for line in lines where line.name == name {
        #expect(tokenizer.encoded(line.text) == line.ids, "\(name): \(line.text)")
      }
      let written = try GGUFVocabulary.values(
        of: tokenizer.vocabulary, rowCount: nil, path: "w.gguf")
      #expect(written.contains { $0.key == key && $0.value == .string(name) })
    }
  }

  @Test("pieces merge by score, user-defined ones are cut out, and special ones must be allowed")
  func pieces() throws {
    let tokenizer = Tokenizer(try vocabulary(Self.values()))
    #expect(tokenizer.encoded("ab bc") == [261, 264, 260])
    #expect(tokenizer.encoded("ab\n\nab\n") == [261, 263, 261, 13])
    #expect(tokenizer.encoded("<s>").count == 4)
    #expect(try tokenizer.encoded("<s>a", allowing: .all) == [1, 264, 265])
    #expect(try tokenizer.encoded("a", allowing: .none, adding: .template) == [1, 264, 265])
    #expect(try tokenizer.decoded(tokenizer.encoded(" ab \u{e9}")) == " ab \u{e9}")
    let folder = try TemporaryFolder()
    let path = folder.file("v.gguf")
    try GGUFWriter.write(MemorySource(), to: path, values: Self.values())
    #expect(try Vocabulary(recognizing: path) == tokenizer.vocabulary)
  }

  @Test("tokens that llama.cpp knows by their text are what it takes them for")
  func knownTexts() throws {
    var pieces = Self.pieces
    pieces[2].2 = 4
    let first = TokenID(pieces.count)
    pieces += [
      ("<|im_end|>", -21, 1), ("<|channel|>", -22, 3), ("<PRE>", -23, 4), ("<|end|>", -24, 1),
      ("<|call|>", -25, 1), ("<|return|>", -26, 4), ("<x>", -27, 4),
    ]
    let vocabulary = try vocabulary(Self.values(pieces))
    func isSpecial(_ place: TokenID) -> Bool? {
      vocabulary.specialTokens.token(withID: first + place)?.isSpecial
    }
    #expect((0..<7).map { isSpecial($0) } == [true, false, true, false, true, true, false])
    #expect(vocabulary.specialTokens.token(withID: 2)?.isSpecial == true)
    let other = try self.vocabulary(
      Self.values(
        pieces + [("<|tool_response>", -28, 4)],
        [("tokenizer.ggml.fim_pre_token_id", .uint32(first + 6))]))
    // A key names another for filling in the middle, and Gemma 4 has a token of its own at the end.
    #expect(other.specialTokens.token(withID: first + 2)?.isSpecial == false)
    #expect(other.specialTokens.token(withID: 2) == nil)
  }

  @Test("white space behind special tokens is theirs in a model named Phi-3, and is written so")
  func whiteSpace() throws {
    let pieces = Self.pieces + [("<|user|>", -20, 3), ("<|endoftext|>", -21, 3)]
    let first = TokenID(Self.pieces.count)
    let values = Self.values(pieces, [("general.name", .string("My Phi-3 Mini"))])
    let vocabulary = try vocabulary(values)
    let tokenizer = Tokenizer(vocabulary)
    #expect(
      try tokenizer.encoded("<|user|> \n a", allowing: .all)
        == [first] + tokenizer.encoded("a"))
    #expect(
      try tokenizer.encoded("<|endoftext|> a", allowing: .all)
        == [first + 1] + tokenizer.encoded(" a"))
    #expect(
      try GGUFVocabulary.values(of: vocabulary, rowCount: nil, name: "phi3", path: "x").count > 4)
    let error = #expect(throws: InterchangeError.self) {
      try GGUFVocabulary.values(of: vocabulary, rowCount: nil, name: "llama", path: "x")
    }
    #expect(error?.description.contains("a model named llama") == true)
    let plain = try self.vocabulary(Self.values(pieces))
    #expect(plain.specialTokens.token(withID: first)?.matching == [])
    let folder = try TemporaryFolder()
    let path = folder.file("p.gguf")
    try GGUFWriter.write(MemorySource(), to: path, values: values)
    let copy = folder.file("q.gguf")
    let source = try #require(try WeightsInput(OpenedFile(path)))
    try GGUFWriter.write(source.source, to: copy, vocabulary: vocabulary)
    #expect(try Vocabulary(recognizing: copy) == vocabulary)
  }

  @Test("a vocabulary alone is written, with the tokens around a text, and without NFC")
  func vocabularyAlone() throws {
    let known = try Vocabulary(recognizing: fixturesFolder + "/tinymodel/tokenizer.json")
    var pipeline = known.pipeline
    pipeline.normalizers = [.nfc]
    let folder = try TemporaryFolder()
    let path = folder.file("alone.gguf")
    try known.with(pipeline: pipeline).write(to: path, format: .gguf)
    let again = try Vocabulary(recognizing: path)
    #expect(again.tokens == known.tokens && again.merges == known.merges)
    #expect(again.pipeline.normalizers.isEmpty)
    #expect(
      FileFormat.gguf.parts(leftOutOf: try known.with(pipeline: pipeline))
        == ["the normalizer NFC (llama.cpp encodes a text as it is)"])
    let pieces = try vocabulary(Self.values())
    try pieces.write(to: path, format: .gguf, replacing: true)
    let read = try Vocabulary(recognizing: path)
    #expect(read == pieces && read.pipeline.template == pieces.pipeline.template)
  }

  @Test("what stands in front of a text, the metadata says")
  func metadata() throws {
    let bare = Tokenizer(
      try vocabulary(
        Self.values(
          Self.pieces,
          [
            ("tokenizer.ggml.add_space_prefix", .bool(false)),
            ("tokenizer.ggml.add_bos_token", .bool(false)),
            ("tokenizer.ggml.add_eos_token", .bool(true)),
            ("tokenizer.ggml.eos_token_id", .uint32(1)),
          ])))
    #expect(bare.encoded("ab") == [259])
    #expect(try bare.encoded("ab", allowing: .none, adding: .template) == [259, 1])
  }

  @Test("pieces survive being written, and leave no value of their own in the metadata")
  func writing() throws {
    let vocabulary = try vocabulary(Self.values())
    let padded = try reader(GGUFVocabulary.values(of: vocabulary, rowCount: 300, path: "x"))
    #expect(try padded.vocabulary()?.merges == vocabulary.merges)
    let values = try GGUFVocabulary.values(of: vocabulary, rowCount: nil, path: "x")
    let again = try reader(values)
    #expect(again.metadata.isEmpty)
    #expect(try again.vocabulary() == vocabulary)
    let model = try SentencePieceFixtureTests.vocabulary("identity")
    let written = try reader(GGUFVocabulary.values(of: model, rowCount: nil, path: "x"))
    #expect(try written.vocabulary() == model)
    #expect(throws: InterchangeError.self) {
      try GGUFVocabulary.values(
        of: SentencePieceFixtureTests.vocabulary("symbols"), rowCount: nil, path: "x")
    }
  }

  @Test("a piece with a space inside of it is found, and the text is cut everywhere else")
  func crossing() throws {
    let crossing = Self.pieces + [("b▁a", -4, 1), ("▁▁", -1.5, 1), ("c▁", -9, 1), ("▁a", -2.5, 1)]
    for addsPrefix in [true, false] {
      let vocabulary = try vocabulary(
        Self.values(crossing, [("tokenizer.ggml.add_space_prefix", .bool(addsPrefix))]))
      var encoder = Tokenizer(vocabulary).makeEncoder()
      let reference = ReferenceEncoder(vocabulary)
      var generator = SeededGenerator(17)
      let letters = ["a", "b", "c", " ", " ", "▁", "\n\n", "\u{e9}", "\n", "x▁", "\u{e2}\u{96}"]
      for _ in 0..<3000 {
        let count = Int.random(in: 0...90, using: &generator)
        let text = (0..<count).map { _ in letters.randomElement(using: &generator) ?? "" }.joined()
        let ids = reference.encoded(Array(text.utf8))
        #expect(encoder.encoded(text) == ids, "\(text.debugDescription)")
      }
      #expect(encoder.encoded("b a").contains(TokenID(268)))
    }
  }

  @Test("BERT's pieces, which begin with U+2581 there, are words of pieces")
  func wordPieces() throws {
    let texts = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁the", "n", "▁,", "▁e"]
    let kinds: [Int32] = [3, 3, 3, 3, 1, 1, 1, 1]
    let tokenizer = Tokenizer(
      try vocabulary([
        ("tokenizer.ggml.model", .string("bert")),
        ("tokenizer.ggml.tokens", .array(elementType: 8, texts.map { .string($0) })),
        ("tokenizer.ggml.token_type", .array(elementType: 5, kinds.map { .int32($0) })),
        ("tokenizer.ggml.unknown_token_id", .uint32(1)),
        ("tokenizer.ggml.cls_token_id", .uint32(2)),
        ("tokenizer.ggml.seperator_token_id", .uint32(3)),
      ]))
    #expect(tokenizer.encoded("Then, \u{c9} x") == [4, 5, 6, 7, 1])
    #expect(try tokenizer.encoded("the", allowing: .none, adding: .template) == [2, 4, 3])
    #expect(throws: InterchangeError.self) {
      try vocabulary([
        ("tokenizer.ggml.model", .string("bert")),
        ("tokenizer.ggml.tokens", .array(elementType: 8, [.string("▁the")])),
      ])
    }
  }

  @Test("pieces that are bent are refused in one line")
  func refusals() throws {
    func refusal(_ values: [(key: String, value: GGUFValue)]) throws -> String {
      let error = #expect(throws: InterchangeError.self) { try vocabulary(values) }
      return try "\(#require(error))"
    }
    var scores = Self.values()
    scores[3].value = .array(elementType: 6, [.float32(0)])
    #expect(try refusal(scores).hasSuffix("tokenizer.ggml.scores: entry 1 isn't a number"))
    var nan = Self.pieces
    nan[260].1 = .nan
    #expect(
      try refusal(Self.values(nan)).hasSuffix(
        "tokenizer.ggml.tokens[260]: has a score that isn't a finite number"))
    #expect(
      try refusal(Self.values(Self.pieces + [("ab", 0, 1)])).hasSuffix(
        "tokenizer.ggml.tokens[268]: is there twice"))
    #expect(
      try refusal(Self.values(Self.pieces + [("x", 0, 9)])).hasSuffix(
        "tokenizer.ggml.tokens[268]: a piece of type 9"))
  }

  @Test("a name of a pre-tokenizer means a pattern, perhaps with digits cut out before")
  func names() throws {
    let tokens = (0..<256).map { GGUFValue.string(VisibleByte.text($0)) }
    func encoded(_ name: String, _ text: String) throws -> [TokenID] {
      let values: [(key: String, value: GGUFValue)] = [
        ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(name)),
        ("tokenizer.ggml.tokens", .array(elementType: 8, tokens + [.string("12")])),
        ("tokenizer.ggml.merges", .array(elementType: 8, [.string("1 2")])),
      ]
      let vocabulary = try vocabulary(values)
      let again = try GGUFVocabulary.values(of: vocabulary, rowCount: nil, path: "x")
      #expect(try self.vocabulary(again) == vocabulary)
      return Tokenizer(vocabulary).encoded(text)
    }
    for name in ["olmo", "llama-v3", "glm4", "dbrx", "gpt-4o", "llama4", "hunyuan-dense"] {
      #expect(try encoded(name, "12") == [256], "\(name)")
    }
    for name in ["starcoder", "smollm", "grok-2", "seed-coder", "tekken", "qwen35"] {
      #expect(try encoded(name, "12").count == 2, "\(name)")
    }
    #expect(throws: InterchangeError.self) { try encoded("of-no-one", "12") }
  }

  @Test("texts are cut as llama.cpp cuts them that has functions of its own for a name")
  func ownFunctions() throws {
    // Ids of llama-cpp-python 0.3.36: each letter is a token, and any two of them are.
    let expected: [(name: String, text: String, ids: [TokenID])] = [
      ("kimi-k2", "\u{301}\na가B'。1B\n2", [424, 273, 66, 365, 49, 66, 10, 50]),
      (
        "kimi-k2", "\n가B1s\u{301}'\n\u{301}a。2BB",
        [10, 394, 49, 115, 262, 359, 419, 261, 50, 277]
      ),
      ("kimi-k2", "'sB'1B中's!", [362, 66, 39, 49, 66, 257, 362, 33]),
      (
        "kimi-k2", "\n '\n2가中2'!。中2\u{301}",
        [10, 322, 10, 50, 259, 257, 50, 39, 352, 257, 50, 262]
      ),
      ("kimi-k2", "!1 \u{301}\n\u{301}B", [33, 49, 327, 10, 420]),
      ("kimi-k2", "'。 中''\n가\u{301}!sa中s", [365, 32, 257, 39, 359, 259, 425, 367, 257, 115]),
      ("youtu", "\u{301}\na가B'。1B\n2", [262, 10, 97, 259, 66, 39, 261, 49, 66, 10, 50]),
      ("youtu", "\n가B1s\u{301}'\n\u{301}a。2BB", [10, 259, 66, 49, 379, 359, 419, 261, 50, 277]),
      ("youtu", "'sB'1B中's!", [362, 66, 39, 49, 66, 257, 362, 33]),
      (
        "youtu", "\n '\n2가中2'!。中2\u{301}",
        [10, 322, 10, 50, 259, 257, 50, 360, 261, 257, 50, 262]
      ),
      ("youtu", "!1 \u{301}\n\u{301}B", [33, 49, 327, 10, 420]),
      (
        "youtu", "'。 中''\n가\u{301}!sa中s",
        [39, 261, 32, 257, 39, 359, 259, 262, 349, 97, 257, 115]
      ),
      ("afmoe", "\u{301}\na가B'。1B\n2", [262, 10, 97, 259, 66, 365, 49, 66, 10, 50]),
      ("afmoe", "\n가B1s\u{301}'\n\u{301}a。2BB", [10, 259, 66, 49, 379, 359, 419, 261, 50, 277]),
      ("afmoe", "'sB'1B中's!", [362, 66, 39, 49, 66, 257, 362, 33]),
      ("afmoe", "\n '\n2가中2'!。中2\u{301}", [10, 322, 10, 50, 402, 50, 39, 352, 257, 50, 262]),
      ("afmoe", "!1 \u{301}\n\u{301}B", [33, 49, 327, 10, 420]),
      ("afmoe", "'。 中''\n가\u{301}!sa中s", [365, 32, 257, 39, 359, 259, 262, 349, 97, 257, 115]),
    ]
    var tokens = (0..<256).map { [UInt8($0)] }
    var merges: [GGUFValue] = []
    func visible(_ bytes: some Sequence<UInt8>) -> String {
      bytes.map { VisibleByte.text(Int($0)) }.joined()
    }
    func merge(_ left: [UInt8], _ right: [UInt8]) {
      merges.append(.string(visible(left) + " " + visible(right)))
      if !tokens.contains(left + right) { tokens.append(left + right) }
    }
    let letters = ["a", "B", "1", "2", " ", "\n", "!", "'", "s", "中", "가", "。", "\u{301}"]
      .map { Array($0.utf8) }
    for letter in letters {
      for end in letter.indices.dropFirst() { merge(Array(letter[..<end]), [letter[end]]) }
    }
    for left in letters { for right in letters { merge(left, right) } }
    for each in expected {
      let vocabulary = try vocabulary([
        ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(each.name)),
        (
          "tokenizer.ggml.tokens", .array(elementType: 8, tokens.map { .string(visible($0)) })
        ),
        ("tokenizer.ggml.merges", .array(elementType: 8, merges)),
      ])
      let ids = Tokenizer(vocabulary).encoded(each.text)
      #expect(ids == each.ids, "\(each.name): \(each.text.debugDescription)")
      let again = try GGUFVocabulary.values(of: vocabulary, rowCount: nil, path: "x")
      #expect(try self.vocabulary(again) == vocabulary)
    }
  }
}

/// GPT-2's spelling of bytes.
private enum VisibleByte {
  static func text(_ byte: Int) -> String {
    let visible = Array(33...126) + Array(161...172) + Array(174...255)
    if visible.contains(byte) { return String(UnicodeScalar(UInt8(byte))) }
    let others = (0...255).filter { !visible.contains($0) }
    guard let place = others.firstIndex(of: byte), let scalar = UnicodeScalar(256 + place) else {
      return ""
    }
    return String(scalar)
  }
}
