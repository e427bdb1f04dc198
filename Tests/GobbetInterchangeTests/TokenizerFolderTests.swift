import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Tokenizers of several files") struct TokenizerFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let merges = "#version: 0.2\nt h\nth e\n"

  /// Writes a vocabulary of all bytes, "th" and "the", by `name`, with `merges` by theirs.
  private func write(
    _ name: String, _ mergesName: String, merges: String = Self.merges, more: String = ""
  ) throws -> String {
    let vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(0x74, 0x68), (256, 0x65)], pattern: .gpt2)
    let other = try TemporaryFolder()
    let path = other.file("vocab.json")
    try VocabularyAndMerges.write(vocabulary, tokens: path, merges: other.file("merges.txt"))
    let text = String(decoding: try readFile(path), as: UTF8.self)
    try folder.write(mergesName, Array(merges.utf8))
    let entries = text.replacing("}\n", with: more + "}\n")
    return try folder.write(name, Array(entries.utf8))
  }

  private func ids(_ path: String, _ text: String, pattern: SplitPattern? = nil) throws -> [TokenID]
  {
    var encoder = Tokenizer(try Vocabulary(recognizing: path, pattern: pattern)).makeEncoder()
    var ids: [TokenID] = []
    let bytes = Array(text.utf8)
    try encoder.encode(bytes.span, specials: .all, into: &ids)
    return ids
  }

  @Test(
    "the merges are found by the convention of the name, or as the only file that begins as they do",
    arguments: [
      ("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe"),
      ("gpt2-vocab.json", "gpt2-merges.txt"), ("x.vocab.json", "x.merges.txt"),
      ("gpt2-vocab.json", "merges.txt"), ("vocab.json", "other.txt"), ("tokens.json", "my.bpe"),
    ])
  func pairs(tokens: String, merges: String) throws {
    #expect(try ids(write(tokens, merges), "the") == [257])
  }

  @Test("a folder with OpenAI's names for GPT-2's two files stands for its vocabulary")
  func openAIFolder() throws {
    let path = try write("encoder.json", "vocab.bpe")
    #expect(try ids(String(path.dropLast("encoder.json".count)), "the") == [257])
  }

  @Test("tokens without merges, or with two files of them, are refused with the name to give")
  func noMerges() throws {
    let path = try write("vocab.json", "a.txt", merges: "no merges")
    let error = #expect(throws: InterchangeError.self) { _ = try Vocabulary(recognizing: path) }
    #expect(error?.description.contains("put its merges.txt beside it") == true)
    try folder.write("b.txt", Array(Self.merges.utf8))
    try folder.write("c.txt", Array(Self.merges.utf8))
    let both = #expect(throws: InterchangeError.self) { _ = try Vocabulary(recognizing: path) }
    #expect(both?.description.contains("b.txt and c.txt") == true)
  }

  @Test("a pair with a prefix is written under names by which it is read again")
  func writtenNames() throws {
    let vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(0x74, 0x68)], pattern: .gpt2)
    for (name, merges) in [("a-vocab.json", "a-merges.txt"), ("encoder.json", "vocab.bpe")] {
      try vocabulary.write(to: folder.file(name), format: .vocabularyAndMerges)
      #expect(try folder.names().contains(merges))
      #expect(try Vocabulary(recognizing: folder.file(name)).merges == vocabulary.merges)
    }
  }

  @Test("another pattern than GPT-2's is not written where no reader would find it")
  func lostPattern() throws {
    let error = #expect(throws: InterchangeError.self) {
      try smallVocabulary(pattern: .llama3).write(
        to: folder.file("vocab.json"), format: .vocabularyAndMerges)
    }
    #expect(error?.description.contains("the pattern llama3") == true)
    #expect(try folder.names().isEmpty)
  }

  @Test("added tokens beside the file are special, and must not contradict it")
  func addedTokens() throws {
    let path = try write("vocab.json", "merges.txt", more: ",\"<|end|>\":258")
    try folder.write(
      "added_tokens.json", Array(#"{"<|im_start|>": 259, "<|im_end|>": 260, "<|end|>": 258}"#.utf8))
    #expect(try ids(path, "<|im_start|>the<|im_end|><|end|>") == [259, 257, 260, 258])
    for content in [#"{"<|end|>": 259}"#, #"{"<|other|>": 258}"#, #"{"a": -1}"#, "[]", "{"] {
      try folder.write("added_tokens.json", Array(content.utf8))
      #expect(throws: InterchangeError.self, "\(content)") {
        _ = try Vocabulary(recognizing: path)
      }
    }
  }

  @Test("tokenizer_config.json gives the pattern of a known class and added tokens")
  func configuration() throws {
    let path = try write("vocab.json", "merges.txt")
    try folder.write(
      "tokenizer_config.json",
      Array(
        """
        {"tokenizer_class": "Qwen2TokenizerFast", "add_prefix_space": false, "added_tokens_decoder":
        {"300": {"content": "<|x|>", "lstrip": false, "rstrip": false, "special": true}}}
        """.utf8))
    #expect(try Vocabulary(recognizing: path).pattern == .qwen2)
    #expect(try ids(path, "the<|x|>") == [257, 300])
  }

  @Test(
    "a setting that changes ids and is not understood is refused by its name",
    arguments: [
      (#"{"add_prefix_space": true}"#, "add_prefix_space"),
      (#"{"do_lower_case": true}"#, "do_lower_case"),
      (#"{"tokenizer_class": "CLIPTokenizer"}"#, "CLIPTokenizer"),
      (
        #"{"added_tokens_decoder": {"300": {"content": "<mask>", "lstrip": true}}}"#,
        "lstrip of the added token <mask>"
      ),
    ])
  func unknownSettings(content: String, name: String) throws {
    let path = try write("vocab.json", "merges.txt")
    try folder.write("tokenizer_config.json", Array(content.utf8))
    let error = #expect(throws: InterchangeError.self) { _ = try Vocabulary(recognizing: path) }
    #expect(error?.description.contains(name) == true)
    // Who gives a pattern does not need that of the class.
    if name == "CLIPTokenizer" { #expect(try ids(path, "the", pattern: .gpt2) == [257]) }
  }

  @Test("lines of a version are passed over, and of a repeated merge the last place counts")
  func versionsAndRepetitions() throws {
    // As tokenizers 0.23.3 has it.
    let path = try write(
      "vocab.json", "merges.txt", merges: "#version: 0.2\n#version: 0.2\nt h\n#version\nth e\n")
    #expect(try ids(path, "the") == [257])
    let repeated = try write(
      "v-vocab.json", "v-merges.txt", merges: "t h\nth e\nh e\nt h\n", more: ",\"he\":258")
    #expect(try ids(repeated, "the") == [0x74, 258])
  }
}

@Suite("Published rank files") struct WellKnownTokenizerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("ranks of one's own, as many as GPT-2 has, are not taken for GPT-2's")
  func sameCount() throws {
    var table = TokenTable()
    for byte in UInt8.min...UInt8.max { try table.append([byte]) }
    for index in 0..<50_000 { try table.append([UInt8(index / 256), UInt8(index % 256)]) }
    #expect(WellKnownTokenizer.recognized(table) == nil)
    let vocabulary = try Vocabulary(ranks: table, pattern: .gpt2, specialTokens: .none)
    let path = folder.file("v.tiktoken")
    try TiktokenRanks.write(vocabulary, to: path)
    let error = #expect(throws: InterchangeError.self) { _ = try Vocabulary(recognizing: path) }
    #expect(error?.description.contains("give the pattern") == true)
    #expect(try Vocabulary(recognizing: path, pattern: .gpt2).specialTokens.isEmpty)
  }

  @Test(
    "published ranks are recognised whatever their lines look like",
    .enabled(if: Conformance.isAvailable),
    arguments: [
      ("gpt2", "gpt2", SplitPattern.gpt2, 1), ("cl100k_base", "cl100k_base", .cl100k, 5),
      ("o200k_base", "o200k_base", .o200k, 2),
    ])
  func published(file: String, name: String, pattern: SplitPattern, specialCount: Int) throws {
    let path = Conformance.path("data/\(file).tiktoken")
    let vocabulary = try Vocabulary(recognizing: path)
    #expect(vocabulary.pattern == pattern)
    #expect(vocabulary.specialTokens.count == specialCount)
    #expect(
      WellKnownTokenizer.recognized(try TiktokenRanks.tokens(contentsOf: path))?.name == name)
    let text = String(decoding: try readFile(path), as: UTF8.self)
    let other = "\n" + text.split(separator: "\n").reversed().joined(separator: " \r\n") + "\n\n"
    let again = try folder.write("\(file)", Array(other.utf8))
    #expect(try Vocabulary(recognizing: again) == vocabulary)
  }

  @Test(
    "the ranks of Llama 3, Whisper and Kimi K2 are recognised",
    .enabled(if: Conformance.isAvailable))
  func others() throws {
    func unpacked(_ name: String) throws -> String {
      let packed = Conformance.path("vocabularies/\(name).tiktoken.zst")
      let result = try run("/usr/bin/env", ["unzstd", "-c", packed])
      return try folder.write(name, result.output)
    }
    let llama = try Vocabulary(recognizing: unpacked("llama3"))
    #expect(llama.pattern == .llama3)
    #expect(llama.specialTokens.id(of: Array("<|eot_id|>".utf8)) == 128_009)
    for (set, text, id) in [
      ("llama3", "<|reserved_special_token_250|>", 128_255 as TokenID),
      ("llama3.1", "<|eom_id|>", 128_008), ("llama3.1", "<|python_tag|>", 128_010),
      ("llama3.1", "<|reserved_special_token_247|>", 128_255),
    ] {
      let named = try Vocabulary(recognizing: folder.file("llama3"), specialTokens: set)
      #expect(named.specialTokens.count == 256)
      #expect(named.specialTokens.id(of: Array(text.utf8)) == id)
      #expect(Set(llama.specialTokens).isSubset(of: named.specialTokens))
    }
    let whisper = try Vocabulary(recognizing: unpacked("whisper-multilingual"))
    #expect(whisper.pattern == .gpt2)
    // Of openai-whisper's own tests: the first time stamp, and the last language.
    #expect(whisper.specialTokens.id(of: Array("<|su|>".utf8)) == 50_357)
    #expect(whisper.specialTokens.id(of: Array("<|0.00|>".utf8)) == 50_364)
    #expect(whisper.idBound == 51_865)
    // What tiktoken makes of them by the expression of Kimi's own tokenizer.
    let kimi = Tokenizer(try Vocabulary(recognizing: unpacked("kimi-k2")))
    #expect(kimi.vocabulary.idBound == 163_840)
    #expect(kimi.vocabulary.specialTokens.id(of: Array("<|im_middle|>".utf8)) == 163_601)
    #expect(
      kimi.encoded("Kimi 说：你好world!") == [42, 30223, 220, 662, 2648, 33845, 23617, 0])
    #expect(
      kimi.encoded("私はHTTPServerを2024年に書いた。") == [
        5036, 8831, 88148, 4022, 7556, 2975, 19, 532, 6880, 60837, 109418, 292,
      ])
    #expect(
      kimi.encoded("It's  12345\r\n\n  漢字") == [
        15881, 220, 220, 6694, 2899, 36062, 220, 220, 1435, 95, 1855,
      ])
  }
}
