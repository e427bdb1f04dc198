import GobbetBPE
import GobbetInterchange
import TestSupport
import Testing

/// Runs a program of Python with the peers; its standard output.
func runPeers(_ program: String, _ arguments: [String]) throws -> String {
  let result = try run(try #require(peersPython), ["-c", program] + arguments)
  #expect(result.status == 0, "\(result.errorText)")
  return result.text
}

/// A small vocabulary with a special token.
func smallVocabulary(
  pattern: SplitPattern = .llama3, mergeRule: MergeRule = .learnedPairs, firstID: TokenID = 0
) throws -> Vocabulary {
  let byteToken = { (byte: UInt8) in firstID + TokenID(byte) }
  let merged = { (index: TokenID) in firstID + 256 + index }
  // th, the, " the", in, ing, two spaces, two newlines, é, the first two bytes of 語, 語
  let pairs: [(TokenID, TokenID)] = [
    (byteToken(0x74), byteToken(0x68)), (merged(0), byteToken(0x65)),
    (byteToken(0x20), merged(1)), (byteToken(0x69), byteToken(0x6E)),
    (merged(3), byteToken(0x67)), (byteToken(0x20), byteToken(0x20)),
    (byteToken(0x0A), byteToken(0x0A)), (byteToken(0xC3), byteToken(0xA9)),
    (byteToken(0xE8), byteToken(0xAA)), (merged(8), byteToken(0x9E)),
  ]
  return try Vocabulary(
    byteOrder: Array(0...255), firstID: firstID, pairs: pairs, mergeRule: mergeRule,
    pattern: pattern,
    specialTokens: SpecialTokens([SpecialToken("<|end|>", id: firstID + 400)]))
}

@Suite("Files of tiktoken") struct TiktokenRanksTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("what was written is read again, ids that do not start at 0 too", arguments: [0, 7])
  func roundTrip(firstID: TokenID) throws {
    let vocabulary = try smallVocabulary(firstID: firstID)
    let path = folder.file("v.tiktoken")
    try TiktokenRanks.write(vocabulary, to: path)
    #expect(try TiktokenRanks.tokens(contentsOf: path) == vocabulary.tokens)
    let again = try TiktokenRanks.vocabulary(
      contentsOf: path, pattern: vocabulary.pattern, specialTokens: vocabulary.specialTokens)
    #expect(again.merges == vocabulary.merges)
    #expect(again.mergeRule == .ranks)
  }

  @Test("lines may be in any order, ranks left out, and line ends those of Windows")
  func orderAndGaps() throws {
    let path = try folder.write("v", Array("Yg== 3\r\nYQ== 1\r\nYWI= 9".utf8))
    let tokens = try TiktokenRanks.tokens(contentsOf: path)
    #expect(tokens.count == 10)
    #expect(
      (0..<10).map { Array(tokens[$0]) }.enumerated().filter { !$1.isEmpty }.map(\.offset)
        == [1, 3, 9])
    #expect(Array(tokens[9]) == Array("ab".utf8))
  }

  @Test(
    "a line that is not base64, white space and a rank is an error that names it",
    arguments: [
      "YQ==", "YQ== ", " 1", "YQ== x", "YQ== -1", "YQ== 1x", "YQ== 1 2", "YQ 1", "=", "= x",
      "YQ=== 1", "YR== 1", "YWJ= 1", "Y Q== 1", "YQ=A 1", "=Q== 1", "YQ== 99999999999999999999",
      "YQ== 2097151", "Y\u{E9}== 1", "==== 1", "== 1",
    ])
  func badLines(line: String) throws {
    let path = try folder.write("v", Array("YQ== 0\n\(line)\nYg== 5\n".utf8))
    let error = #expect(throws: InterchangeError.self) {
      try TiktokenRanks.tokens(contentsOf: path)
    }
    #expect(error?.line == 2)
    #expect(error?.path == path)
  }

  @Test(
    "blank lines, tabs and white space around a line mean nothing, as in tiktoken",
    arguments: [
      "YQ== 0\nYg== 1\n\n", "\n\n YQ==\t0 \n\r\n\tYg==  \t 1\t\n \n", "YQ== 0\rYg== 1\r\r",
      "YQ== 0\r\n\r\nYg== 1 \r\n", "YQ== 0\n= 7\nYg== 1",
    ])
  func whiteSpace(text: String) throws {
    let path = try folder.write("v", Array(text.utf8))
    let tokens = try TiktokenRanks.tokens(contentsOf: path)
    #expect((0..<2).map { Array(tokens[$0]) } == [[0x61], [0x62]])
    #expect(tokens.count == 2)
    #expect(try FileFormat(recognizing: path) == .tiktoken)
  }

  @Test("a rank or a token that is there twice is an error")
  func duplicates() throws {
    let rank = try folder.write("r", Array("YQ== 0\nYg== 1\nYw== 0\n".utf8))
    let error = #expect(throws: InterchangeError.self) {
      try TiktokenRanks.tokens(contentsOf: rank)
    }
    #expect(error?.line == 3)
    let token = try folder.write("t", Array("YQ== 0\nYQ== 1\n".utf8))
    #expect(throws: InterchangeError.self) {
      try TiktokenRanks.vocabulary(contentsOf: token, pattern: .gpt2, specialTokens: .none)
    }
    let repeated = #expect(throws: InterchangeError.self) {
      try Vocabulary(recognizing: token, pattern: .gpt2)
    }
    #expect(repeated?.line == 2 && repeated?.path == token)
  }

  @Test("merges that tiktoken would make otherwise are not written")
  func foreignMerges() throws {
    // "abc" is made of "a" and "bc" here; by ranks it would be "ab" and "c".
    let vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(98, 99), (97, 256), (97, 98)], pattern: .gpt2)
    let swapped = try Vocabulary(
      tokens: vocabulary.tokens, merges: vocabulary.merges.reversed(), mergeRule: .learnedPairs,
      pattern: .gpt2, specialTokens: .none)
    let error = #expect(throws: InterchangeError.self) {
      try TiktokenRanks.write(swapped, to: folder.file("v"))
    }
    guard case .notRepresentable = error?.code else { throw try #require(error) }
    #expect(try folder.names().isEmpty)
  }

  @Test(
    "the published files are read as an obvious reader does, and written byte for byte",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"),
    arguments: ["gpt2", "cl100k_base", "o200k_base"])
  func published(name: String) throws {
    let source = Conformance.path("data/\(name).tiktoken")
    let vocabulary = try TiktokenRanks.vocabulary(
      contentsOf: source, pattern: .cl100k, specialTokens: .none)
    let expected = try Conformance.ranks(name)
    #expect(vocabulary.tokens.count == expected.count)
    #expect(
      expected.indices.allSatisfy { vocabulary.tokens[TokenID($0)].elementsEqual(expected[$0]) })
    try TiktokenRanks.write(vocabulary, to: folder.file("again"))
    #expect(try readFile(folder.file("again")) == readFile(source))
  }
}

@Suite("Files of Hugging Face") struct TokenizerJSONTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "what was written is read again",
    arguments: SplitPattern.named.map(\.pattern), [MergeRule.learnedPairs, .learnedPairsWholeFirst])
  func roundTrip(pattern: SplitPattern, mergeRule: MergeRule) throws {
    let vocabulary = try smallVocabulary(pattern: pattern, mergeRule: mergeRule, firstID: 3)
    let path = folder.file("tokenizer.json")
    try TokenizerJSON.write(vocabulary, to: path)
    #expect(try TokenizerJSON.vocabulary(contentsOf: path) == vocabulary)
  }

  /// A file of the smallest vocabulary there is, changed in one place.
  private func minimal(replacing old: String = "", with new: String = "") throws -> String {
    let path = folder.file("minimal.json")
    let vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(97, 98)], pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<s>", id: 300)]))
    try TokenizerJSON.write(vocabulary, to: path, replacing: true)
    if !old.isEmpty {
      let text = String(decoding: try readFile(path), as: UTF8.self)
      let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
      #expect(parts.count == 2)
      try writeFile(path, Array((parts[0] + new + parts[1]).utf8))
    }
    return path
  }

  @Test("merges may be pairs or strings with a space")
  func mergeForms() throws {
    let pairs = try TokenizerJSON.vocabulary(contentsOf: try minimal())
    let strings = try TokenizerJSON.vocabulary(
      contentsOf: try minimal(replacing: #"["a","b"]"#, with: #""a b""#))
    #expect(strings == pairs)
    #expect(pairs.merges == [TokenMerge(left: 97, right: 98, result: 256)])
    let version = try TokenizerJSON.vocabulary(
      contentsOf: try minimal(replacing: #"["a","b"]"#, with: ##""#version: 0.2","a b""##))
    #expect(version == pairs)
  }

  @Test("a ByteLevel that is the normalizer spells bytes; without a pre-tokenizer they are symbols")
  func byteLevelNormalizer() throws {
    let path = try minimal(
      replacing: #""normalizer":null"#,
      with: #""normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"ByteLevel"}]}"#
    )
    let twice = try TokenizerJSON.vocabulary(contentsOf: path)
    #expect(twice.pipeline.normalizers == [.nfc, .byteLevel] && twice.pattern == .gpt2)
    let text = String(decoding: try readFile(path), as: UTF8.self)
    let start = try #require(text.firstRange(of: #""pre_tokenizer":"#)?.upperBound)
    let end = try #require(text.firstRange(of: ",\n\"post_processor\"")?.lowerBound)
    let vocabulary = try TokenizerJSON.vocabulary(
      Array((text[..<start] + "null" + text[end...]).utf8), path: nil)
    #expect(vocabulary.pattern == .whole && vocabulary.pipeline.normalizers == [.nfc])
    let tokenizer = Tokenizer(vocabulary)
    #expect(tokenizer.encoded("ab e\u{301}ab") == [256, 32, 0xC3, 0xA9, 256])
    #expect(try tokenizer.decoded([256, 32, 0xC3, 0xA9]) == "ab \u{e9}")
  }

  @Test("of several merges of the same two tokens the last counts, as in tokenizers")
  func repeatedMerges() throws {
    let vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(97, 98), (98, 99)], pattern: .gpt2)
    let text = String(decoding: try TokenizerJSON.text(of: vocabulary, path: nil), as: UTF8.self)
    let parts = text.split(separator: #"["b","c"]"#)
    try #require(parts.count == 2)
    let repeated = try TokenizerJSON.vocabulary(
      Array((parts[0] + #"["b","c"],["a","b"]"# + parts[1]).utf8), path: nil)
    #expect(Tokenizer(vocabulary).encoded("abc") == [256, 99])
    #expect(Tokenizer(repeated).encoded("abc") == [97, 257])
  }

  static let unsupported: [(old: String, new: String, field: String, text: String)] = [
    (#""normalizer":null"#, #""normalizer":{"type":"Cut"}"#, "normalizer", "the normalizer Cut"),
    (#""type":"BPE""#, #""type":"Unigram""#, "model.type", "Unigram"),
    (#""dropout":null"#, #""dropout":0.1"#, "model.dropout", "dropout"),
    (
      #""continuing_subword_prefix":null"#, #""continuing_subword_prefix":"@@""#,
      "model.continuing_subword_prefix", "continuing_subword_prefix"
    ),
    (#""byte_fallback":false"#, #""byte_fallback":true"#, "model.byte_fallback", "byte_fallback"),
    (#""type":"ByteLevel""#, #""type":"Cut""#, "pre_tokenizer", "the pre-tokenizer Cut"),
    (
      #"{"type":"ByteLevel""#,
      #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(x)\\1"},"#
        + #""behavior":"Isolated","invert":false},{"type":"ByteLevel","use_regex":false,"add_prefix_space":false}]},"other":{"type":"ByteLevel""#,
      "pre_tokenizer.pretokenizers", #"\1"#
    ),
    (#""decoder":{"type":"ByteLevel""#, #""decoder":{"type":"Fuse""#, "decoder", "Fuse"),
    (#""version":"1.0""#, #""version":"2.0""#, "version", "a version other than 1.0"),
    (#""version":"1.0""#, #""version":"1.0","state":1"#, "state", "no tokenizer.json has"),
  ]

  @Test("what a vocabulary has no word for is refused by its name", arguments: unsupported)
  func refusals(old: String, new: String, field: String, text: String) throws {
    let path = try minimal(replacing: old, with: new)
    let error = #expect(throws: InterchangeError.self) {
      try TokenizerJSON.vocabulary(contentsOf: path)
    }
    #expect(error?.field == field)
    guard case .unsupported(let reason) = error?.code else { throw try #require(error) }
    #expect(reason.contains(text))
  }

  static let damages: [(old: String, new: String, field: String)] = [
    (#""!":33"#, #""!":33,"!":500"#, "model.vocab.!"), (#""!":33"#, #""!":34"#, "model.vocab.\""),
    (#""!":33"#, #""!":-1"#, "model.vocab.!"), (#""!":33"#, #""!":3000000"#, "model.vocab.!"),
    (#""!":33"#, #""!":"33""#, "model.vocab.!"), (#""!":33"#, #""語":33"#, "model.vocab.語"),
    (#""!":33"#, #""! ":33"#, "model.vocab.! "),
    (#"["a","b"]"#, #"["a","x"]"#, "model.merges[0]"), (#"["a","b"]"#, #"["a"]"#, "model.merges"),
    (#"["a","b"]"#, #""ab""#, "model.merges"), (#"["a","b"]"#, #""a  b""#, "model.merges"),
    (#""merges":["#, #""merged":["#, "model.merges"), (#""model":"#, #""mode":"#, "model"),
    (#"["a","b"]"#, #"["a","b"],"b a""#, "model.merges"),
    (#""content":"<s>""#, #""content":"""#, "added_tokens"), (#"}}"#, "}", ""),
    (#""dropout":null"#, #""dropout":null,"dropout":null"#, "model.dropout"),
  ]

  @Test("a damaged file is an error that names the place", arguments: damages)
  func damage(old: String, new: String, field: String) throws {
    let path = try minimal(replacing: old, with: new)
    let error = #expect(throws: InterchangeError.self) {
      try TokenizerJSON.vocabulary(contentsOf: path)
    }
    #expect(error?.field == field)
  }

  @Test("every truncation of a file is an error")
  func truncation() throws {
    let bytes = try readFile(try minimal())
    for count in stride(from: 0, to: bytes.count - 2, by: 7) {
      let path = try folder.write("cut.json", Array(bytes.prefix(count)))
      #expect(throws: InterchangeError.self) { try TokenizerJSON.vocabulary(contentsOf: path) }
    }
  }

  @Test("the small model's tokenizer is the one of its vocab.json and merges.txt")
  func smallModel() throws {
    let source = fixturesFolder + "/tinymodel"
    let vocabulary = try TokenizerJSON.vocabulary(contentsOf: source + "/tokenizer.json")
    #expect(vocabulary.tokenCount == 1024)
    #expect(vocabulary.pattern == .gpt2)
    #expect(vocabulary.specialTokens.map(\.text) == ["<|endoftext|>"])
    let pair = try VocabularyAndMerges.vocabulary(
      tokens: source + "/vocab.json", merges: source + "/merges.txt",
      adding: [SpecialToken("<|endoftext|>", id: 1023)])
    #expect(pair == vocabulary)
    let (tokens, merges) = (folder.file("vocab.json"), folder.file("merges.txt"))
    try VocabularyAndMerges.write(vocabulary, tokens: tokens, merges: merges)
    #expect(try VocabularyAndMerges.vocabulary(tokens: tokens, merges: merges) == vocabulary)
    let again = String(decoding: try readFile(merges), as: UTF8.self)
    let original = String(decoding: try readFile(source + "/merges.txt"), as: UTF8.self)
    #expect(again.split(separator: "\n") == original.split(separator: "\n"))
  }

  @Test(
    "tokenizers encodes with what we write as tiktoken does with what we read",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"),
    .enabled(if: peersPython != nil, "\(peersNeeded)"),
    arguments: [("gpt2", SplitPattern.gpt2), ("cl100k_base", .cl100k), ("o200k_base", .o200k)])
  func interop(name: String, pattern: SplitPattern) throws {
    let vocabulary = try TiktokenRanks.vocabulary(
      contentsOf: Conformance.path("data/\(name).tiktoken"), pattern: pattern,
      specialTokens: SpecialTokens([SpecialToken("<|endoftext|>", id: 250_000)]))
    let path = folder.file("tokenizer.json")
    try TokenizerJSON.write(vocabulary, to: path)
    let program = """
      import sys, json
      from tokenizers import Tokenizer
      t = Tokenizer.from_file(sys.argv[1])
      assert t.token_to_id("<|endoftext|>") == 250000
      count = 0
      for line in open(sys.argv[2], encoding="utf-8"):
          v = json.loads(line)
          ids = t.encode(v["text"], add_special_tokens=False).ids
          if "<|" not in v["text"]:
              assert ids == v["ids"], (v["text"][:80], ids[:20], v["ids"][:20])
              assert t.decode(ids, skip_special_tokens=False) == v["text"]
              count += 1
      print(count)
      """
    let count = try runPeers(
      program, [path, Conformance.path("conformance/encode/\(name).jsonl")])
    #expect((Int(count.dropLast()) ?? 0) > 100)
    #expect(try TokenizerJSON.vocabulary(contentsOf: path).pattern == pattern)
  }

  @Test(
    "tokenizers loads a trained vocabulary, and we load what it saves",
    .enabled(if: peersPython != nil, "\(peersNeeded)"),
    arguments: [SplitPattern.gpt2, .llama3, .qwen2, .o200k])
  func savedAgain(pattern: SplitPattern) throws {
    let vocabulary = try smallVocabulary(pattern: pattern, firstID: 1)
    try TokenizerJSON.write(vocabulary, to: folder.file("ours.json"))
    let program = """
      import sys
      from tokenizers import Tokenizer
      t = Tokenizer.from_file(sys.argv[1])
      t.save(sys.argv[2])
      print(t.encode("in the 語 é\\n\\n<|end|>").ids)
      """
    let ids = try runPeers(program, [folder.file("ours.json"), folder.file("theirs.json")])
    #expect(ids.hasSuffix(", 401]\n"))
    #expect(try TokenizerJSON.vocabulary(contentsOf: folder.file("theirs.json")) == vocabulary)
  }
}
