import Foundation
import TestSupport
import Testing

@Suite("A tokenizer for mlx-swift-lm") struct MLXTokenizerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The fixture's tokenizer in a folder, with a template that puts a token in front of a text.
  private func tokenizer() async throws -> any MLXTokenizer {
    let template = #"""
      "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
          {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|endoftext|>":
          {"id": "<|endoftext|>", "ids": [1023], "tokens": ["<|endoftext|>"]}}
      }
      """#
    let json = String(decoding: try fixture("tinymodel/tokenizer.json"), as: UTF8.self)
      .replacing(/"post_processor": \{[^}]*\}/, with: template)
    try folder.write("tokenizer.json", Array(json.utf8))
    let settings = #"{"bos_token": {"content": "<|endoftext|>"}, "eos_token": "<|endoftext|>"}"#
    try folder.write("tokenizer_config.json", Array(settings.utf8))
    return try await GobbetTokenizerLoader().load(from: URL(filePath: folder.path))
  }

  /// Ids and texts are those of `tokenizers` 0.23.3.
  @Test("encodes and decodes as tokenizers does, with special tokens and without")
  func roundTrip() async throws {
    let tokenizer = try await tokenizer()
    let plain = [352, 427, 333, 716, 11, 220, 127, 102, 0, 1023, 266]
    let text = "The village, é!<|endoftext|> the"
    #expect(tokenizer.encode(text: text, addSpecialTokens: false) == plain)
    #expect(tokenizer.encode(text: text, addSpecialTokens: true) == [1023] + plain)
    #expect(tokenizer.decode(tokenIds: plain, skipSpecialTokens: false) == text)
    #expect(
      tokenizer.decode(tokenIds: [1023] + plain, skipSpecialTokens: true) == "The village, é! the")
    // The protocol has no way to throw, so ids of no token count as no text.
    #expect(
      tokenizer.decode(tokenIds: [-1, 352, 1 << 20, 1 << 40], skipSpecialTokens: true) == "The")
  }

  @Test("tokens have ids and ids have tokens, those that open and end a text among them")
  func tokens() async throws {
    let tokenizer = try await tokenizer()
    #expect(tokenizer.convertTokenToId(" the") == 266)
    #expect(tokenizer.convertIdToToken(257) == "he")
    #expect(tokenizer.convertTokenToId("no such token") == nil)
    #expect(tokenizer.convertIdToToken(1024) == nil && tokenizer.convertIdToToken(-1) == nil)
    #expect(tokenizer.bosToken == "<|endoftext|>" && tokenizer.eosToken == "<|endoftext|>")
    #expect(tokenizer.eosToken.flatMap(tokenizer.convertTokenToId) == 1023)
    #expect(tokenizer.unknownToken == nil)
  }

  @Test("a chat template is an error")
  func chatTemplate() async throws {
    let tokenizer = try await tokenizer()
    #expect(throws: MLXTokenizerError.missingChatTemplate) {
      _ = try tokenizer.applyChatTemplate(
        messages: [["role": "user", "content": "Hi"]], tools: nil, additionalContext: nil)
    }
  }
}
