import Foundation
import GobbetBPE
import GobbetInterchange
import TestSupport
import Testing

@Suite("Mistral's tekken.json") struct TekkenTests {
  static let expression =
    #"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"#
    + #"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|"#
    + #"\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"#

  /// A file of all bytes, "th", "the" and a rank too many.
  static func text(
    _ ranks: [[UInt8]] = (0...255).map { [$0] } + [Array("th".utf8), Array("the".utf8), [0, 0]],
    size: Int = 263, more: String = ""
  ) -> String {
    let entries = ranks.enumerated().map {
      #"{"rank": \#($0), "token_bytes": "\#(Data($1).base64EncodedString())", "token_str": null}"#
    }
    return #"{"config": {"pattern": "\#(expression)", "num_vocab_tokens": \#(ranks.count), "#
      + #""default_vocab_size": \#(size), "default_num_special_tokens": 5, "version": "v3"}, "#
      + #""vocab": [\#(entries.joined(separator: ","))]\#(more)}"#
  }

  private func vocabulary(_ text: String) throws -> Vocabulary {
    let folder = try TemporaryFolder()
    let path = try folder.write("tekken.json", Array(text.utf8))
    return try withExtendedLifetime(folder) { try Vocabulary(recognizing: path) }
  }

  @Test("the ids of ranks stand after special tokens, old ones by their old names")
  func ids() throws {
    let vocabulary = try vocabulary(Self.text())
    let tokenizer = Tokenizer(vocabulary)
    #expect(vocabulary.pattern == .tekken && vocabulary.idBound == 263)
    #expect(tokenizer.encoded("the 1") == [262, 37, 54])
    #expect(try tokenizer.encoded("[INST]", allowing: .all) == [3])
    let named = try self.vocabulary(
      Self.text(
        more: #", "special_tokens": [{"rank": 1, "token_str": "<a>", "is_control": true}]"#))
    #expect(named.specialTokens.map(\.text).prefix(3) == ["<SPECIAL_0>", "<a>", "<SPECIAL_2>"])
  }

  @Test("a pattern of the file's own cuts as tiktoken does, and what isn't supported is named")
  func ownPattern() throws {
    let known = Self.expression
    let vocabulary = try vocabulary(Self.text().replacing(known, with: #"th|\\w(?!h)|[^\\w]+|\\w"#))
    #expect(vocabulary.pattern.expression?.text == #"th|\w(?!h)|[^\w]+|\w"#)
    // Ids of tiktoken 0.14.0, and five.
    #expect(
      Tokenizer(vocabulary).encoded("the thth  ehé") == [
        261, 106, 37, 261, 261, 37, 37, 106, 109, 200, 174,
      ])
    let error = #expect(throws: InterchangeError.self) {
      try self.vocabulary(Self.text().replacing(known, with: #"(\\w)\\1"#))
    }
    #expect(try "\(#require(error))".contains("config.pattern: not supported: "))
  }

  private func written(_ vocabulary: Vocabulary, _ name: String = "tekken.json") throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let format = try #require(FileFormat(ofFileNamed: name))
    try vocabulary.write(to: folder.file(name), format: format)
    return Array(try Data(contentsOf: URL(filePath: folder.file(name))))
  }

  @Test("a file comes back, with its version and what it says of images")
  func writing() throws {
    for more in [
      "", #", "image": {"image_patch_size": 16}"#,
      #", "special_tokens": [{"rank": 0, "token_str": "<é>"}, {"rank": 1, "token_str": "<b>"}]"#,
      #", "special_tokens": []"#,
    ] {
      let text = Self.text(more: more).replacing(#""version": "v3""#, with: #""version": "v7""#)
      let vocabulary = try vocabulary(text)
      let file = try written(vocabulary)
      let again = try self.vocabulary(String(decoding: file, as: UTF8.self))
      #expect(again == vocabulary && again.pipeline == vocabulary.pipeline)
      var expected = try #require(
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary as? [String: Any])
      var found = try #require(
        try JSONSerialization.jsonObject(with: Data(file)) as? NSDictionary as? [String: Any])
      for key in ["vocab", "config", "special_tokens"] {
        if key == "special_tokens" { #expect((found[key] == nil) == (expected[key] == nil)) }
        (expected[key], found[key]) = (nil, nil)
      }
      #expect(found as NSDictionary == expected as NSDictionary)
    }
  }

  @Test("what a reader of tekken.json would take otherwise isn't written")
  func unwritable() throws {
    let vocabulary = try vocabulary(Self.text())
    let specials = vocabulary.specialTokens
    var reversed = TokenTable()
    for byte in UInt8.min...UInt8.max { try reversed.append([255 - byte]) }
    for (other, reason) in [
      (try vocabulary.adding(specials: ["<x>"]), "the special token <x> behind an ordinary one"),
      (
        try Vocabulary(
          ranks: vocabulary.tokens, pattern: .deepSeekV3, specialTokens: specials), "the pattern"
      ),
      (
        try Vocabulary(ranks: reversed, pattern: .gpt2, specialTokens: SpecialTokens([])),
        "another order of bytes"
      ),
    ] {
      let error = #expect(throws: InterchangeError.self) { _ = try written(other) }
      #expect(try "\(#require(error))".contains("cannot be written: " + reason), "\(reason)")
    }
  }

  @Test("ranks out of order, without bytes or too few are refused")
  func refusals() throws {
    for text in [
      Self.text(size: 265), Self.text().replacing(#""rank": 7"#, with: #""rank": 8"#),
      Self.text().replacing(#""AA==""#, with: #""?""#),
      Self.text(more: #", "special_tokens": [{"rank": 5, "token_str": "<a>"}]"#),
    ] {
      #expect(throws: InterchangeError.self) { try vocabulary(text) }
    }
  }
}
