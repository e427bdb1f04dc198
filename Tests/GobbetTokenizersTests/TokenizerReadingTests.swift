import GobbetInterchange
import GobbetTokenizers
import TestSupport
import Testing

@Suite("A tokenizer for an app") struct TokenizerReadingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let text = "The village, é! 日本 1234  \n\tthe 😀 end"

  /// Whether both ways to open a file give the same vocabulary.
  private func expectSame(_ path: String, pattern: SplitPattern? = nil) throws {
    let found = try Vocabulary(tokenizer: path, pattern: pattern)
    let wanted = try Vocabulary(recognizing: path, pattern: pattern)
    #expect(found == wanted, "\(path)")
    #expect(
      Tokenizer(found).encoded(Self.text) == Tokenizer(wanted).encoded(Self.text), "\(path)")
  }

  @Test(
    "a file is read as GobbetInterchange reads it",
    arguments: [
      "tinymodel/tokenizer.json", "tinymodel/vocab.json", "tinymodel", "pipelines/base.json",
      "sentencepiece/identity.model", "sentencepiece/symbols.model", "sentencepiece/table.model",
    ])
  func fixtures(name: String) throws { try expectSame(fixturesFolder + "/" + name) }

  @Test(
    "published ranks are recognised by their digest, and others need a pattern",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"),
    arguments: ["gpt2", "cl100k_base", "o200k_base"])
  func publishedRanks(name: String) throws {
    let path = Conformance.path("data/\(name).tiktoken")
    try expectSame(path)
    let tokenizer = Tokenizer(try Vocabulary(tokenizer: path))
    for vector in try Conformance.encodeVectors(name).prefix(500) {
      #expect(tokenizer.encoded(vector.text) == vector.ids)
    }
    let lines = try readFile(path).split(separator: 0x0A).dropLast()
    let other = try folder.write("own.tiktoken", Array(lines.joined(separator: [0x0A])))
    let error = #expect(throws: InterchangeError.self) { try Vocabulary(tokenizer: other) }
    #expect(error?.description.contains("give the pattern") == true)
    try expectSame(other, pattern: .cl100k)
  }

  @Test(
    "what isn't there, isn't a tokenizer or has its own special tokens is an error that says so")
  func refusals() throws {
    func message(_ path: String, specialTokens: String? = nil) -> String {
      do {
        _ = try Vocabulary(tokenizer: path, specialTokens: specialTokens)
        return "none"
      } catch {
        return "\(error)"
      }
    }
    #expect(message(folder.file("missing")).hasSuffix("no such file or directory"))
    #expect(message(folder.path).contains("holds none of tokenizer.json, tekken.json"))
    let text = try folder.write("text", Array("Some text.".utf8))
    #expect(message(text).contains("not supported: a tokenizer that isn't one of"))
    let json = try folder.write("a.json", Array(#"{"a": "b"}"#.utf8))
    #expect(message(json).contains("not supported: a tokenizer that isn't one of"))
    let cut = try folder.write("b.json", Array(#"{"model": {"vocab"#.utf8))
    #expect(message(cut).hasSuffix("b.json, byte 17: not JSON: the text ends early"))
    let model = fixturesFolder + "/tinymodel"
    #expect(message(model, specialTokens: "gpt2").hasSuffix("has special tokens of its own"))
  }

  @Test(
    "settings are those of the configuration, then of the map, with a template beside them first")
  func settings() throws {
    #expect(try TokenizerSettings(folder: folder.path) == TokenizerSettings())
    let configuration = #"""
      {"bos_token": {"content": "<s>", "lstrip": false}, "unk_token": null, "chat_template": [
        {"name": "default", "template": "{{ a }}"}, {"name": "rag", "template": "{{ b }}"}]}
      """#
    try folder.write("tokenizer_config.json", Array(configuration.utf8))
    let map = #"{"bos_token": "other", "eos_token": "</s>", "pad_token": {"content": "<pad>"}}"#
    try folder.write("special_tokens_map.json", Array(map.utf8))
    var wanted = TokenizerSettings()
    wanted.beginningToken = "<s>"
    wanted.endToken = "</s>"
    wanted.paddingToken = "<pad>"
    wanted.chatTemplate = "{{ a }}"
    wanted.otherChatTemplates = ["rag": "{{ b }}"]
    #expect(try TokenizerSettings(folder: folder.path) == wanted)
    try folder.write("chat_template.jinja", Array("{{ c }}".utf8))
    wanted.chatTemplate = "{{ c }}"
    #expect(try TokenizerSettings(folder: folder.path + "/") == wanted)
    try folder.write("tokenizer_config.json", Array(#"{"eos_token": 2}"#.utf8))
    let error = #expect(throws: InterchangeError.self) {
      try TokenizerSettings(folder: folder.path)
    }
    #expect(error?.field == "eos_token")
  }
}
