import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Added tokens") struct AddedTokenTests {
  /// The tokenizer of `Fixtures/pipelines` with other members, changed by `change`.
  static func file(
    added: [(String, [String: Any])] = [], _ parts: [String: Any] = [:],
    _ change: (inout [String: Any]) -> Void = { _ in }
  ) throws -> [UInt8] {
    let data = Data(try fixture("pipelines/base.json"))
    var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    object["added_tokens"] = added.map { content, fields in
      var token: [String: Any] = ["id": 4_000, "content": content, "special": false]
      for key in ["single_word", "lstrip", "rstrip", "normalized"] { token[key] = false }
      return token.merging(fields) { $1 }
    }
    object.merge(parts) { $1 }
    change(&object)
    return [UInt8](try JSONSerialization.data(withJSONObject: object))
  }

  static func refusal(_ file: [UInt8]) throws -> String {
    let error = #expect(throws: InterchangeError.self) {
      try TokenizerJSON.vocabulary(file, path: "x")
    }
    return try "\(#require(error))"
  }

  @Test("a token that the vocabulary lacks gets the next id, whatever the file says")
  func ids() throws {
    let file = try Self.file(added: [
      ("yy", ["id": 5]), ("the", [:]), ("xx", ["special": true]), ("yy", ["lstrip": true]),
    ])
    let vocabulary = try TokenizerJSON.vocabulary(file, path: nil)
    #expect(vocabulary.specialTokens.map(\.text) == ["the", "yy", "xx"])
    #expect(vocabulary.specialTokens.map(\.id) == [257, 263, 264])
    #expect(vocabulary.specialTokens.map(\.isSpecial) == [false, false, true])
    #expect(vocabulary.specialTokens[1].matching == [.ordinary, .stripsLeft])
  }

  @Test("a token that is spelled as the token of other bytes is refused with file and text")
  func otherBytes() throws {
    // "é" stands for the byte E9 there.
    let refusal = try Self.refusal(try Self.file(added: [("é", [:])]))
    #expect(refusal.hasPrefix("x, model.vocab: not supported: an added token é that is spelled as"))
  }

  @Test("a token that is not special counts under every policy, and is never an error")
  func policies() throws {
    let file = try Self.file(added: [("<b>", [:]), ("<s>", ["special": true])])
    let tokenizer = Tokenizer(try TokenizerJSON.vocabulary(file, path: nil))
    for policy in [SpecialTokenPolicy.none, .all, .refused, .only([]), .only([], others: .error)] {
      #expect(try tokenizer.encoded("a<b>a", allowing: policy) == [64, 263, 64])
    }
    #expect(tokenizer.encoded("<s>").count == 3)
    #expect(try tokenizer.encoded("<s>", allowing: .only(["<s>"])) == [264])
    var encoder = tokenizer.makeEncoder()
    var ids: [TokenID] = [7]
    let error = #expect(throws: SpecialTokenError.self) {
      try encoder.encode(Array("a<b>é<s>".utf8).span, specials: .refused, into: &ids)
    }
    #expect(error?.offset == 6 && ids == [7])
  }

  @Test("a post-processor adds its tokens for those who ask, and is written again as it was")
  func template() throws {
    let processor: [String: Any] = [
      "type": "RobertaProcessing", "sep": ["<s>", 263], "cls": ["<c>", 264],
      "trim_offsets": true, "add_prefix_space": false,
    ]
    let file = try Self.file(
      added: [("<s>", ["special": true]), ("<c>", ["special": true])],
      [
        "post_processor": ["type": "Sequence", "processors": [processor]],
        "padding": ["pad_id": 3, "ratio": 0.5, "to": NSNull()],
      ])
    let vocabulary = try TokenizerJSON.vocabulary(file, path: nil)
    let tokenizer = Tokenizer(vocabulary)
    #expect(tokenizer.encoded("the") == [257])
    let added = try tokenizer.encoded("the", allowing: .none, adding: .template)
    #expect(added == [264, 257, 263])
    let written = try TokenizerJSON.text(of: vocabulary, path: nil)
    func part(_ file: [UInt8], _ key: String) throws -> NSObject? {
      let object = try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any]
      return object?[key] as? NSObject
    }
    for key in ["post_processor", "padding", "truncation"] {
      #expect(try part(written, key) == part(file, key), "\(key)")
    }
  }

  @Test("what is bent about added tokens and pipelines is refused in one line")
  func refusals() throws {
    var errors: [String] = []
    errors.append(try Self.refusal(try Self.file(added: [("", [:])])))
    let holes = try Self.file(added: [("xx", [:])]) { file in
      var model = file["model"] as? [String: Any] ?? [:]
      var entries = model["vocab"] as? [String: Int] ?? [:]
      entries["Ġthe"] = nil
      model["vocab"] = entries
      model["merges"] = [["t", "h"], ["th", "e"], ["the", "n"], ["Ġ", "Ġ"]]
      file["model"] = model
    }
    errors.append(try Self.refusal(holes))
    let processor: [String: Any] = [
      "type": "BertProcessing", "sep": ["<s>", 263], "cls": ["<c>", 9_999],
    ]
    let ids = try Self.file(added: [("<s>", [:])], ["post_processor": processor])
    errors.append(try Self.refusal(ids))
    var deep: [String: Any] = ["type": "NFC"]
    for _ in 0..<100 { deep = ["type": "Sequence", "normalizers": [deep]] }
    errors.append(try Self.refusal(try Self.file(["normalizer": deep])))
    let unknown = try Self.file { file in
      var model = file["model"] as? [String: Any] ?? [:]
      var entries = model["vocab"] as? [String: Int] ?? [:]
      entries["!"] = nil
      model["vocab"] = entries
      model["unk_token"] = "<none>"
      file["model"] = model
    }
    errors.append(try Self.refusal(unknown))
    for normalizer in [
      ["type": "Precompiled"], ["type": "Precompiled", "precompiled_charsmap": "AAAA"],
      ["type": "Other"],
    ] {
      errors.append(try Self.refusal(try Self.file(["normalizer": normalizer])))
    }
    #expect(
      errors == [
        "x, added_tokens: an entry without text",
        "x, added_tokens.xx: it gets the id 262, which another token has, for ids are left out",
        "x, post_processor: adds the id 9999, which no token has",
        "x, normalizer: not supported: more than 64 sequences in each other",
        "x, model.unk_token: isn't a token of the vocabulary",
        "x, normalizer.precompiled_charsmap: no text",
        "x, normalizer.precompiled_charsmap: not a table of characters",
        "x, normalizer: not supported: the normalizer Other",
      ])
    let depth = 10_000
    let json =
      String(repeating: #"{"type":"Sequence","normalizers":["#, count: depth)
      + String(repeating: "]}", count: depth)
    let bomb = #"{"model":{},"normalizer":\#(json)}"#
    #expect(
      try Self.refusal(Array(bomb.utf8)).hasSuffix(
        "not JSON: objects and arrays are nested too deep"))
  }

  @Test(
    "a format without pipelines refuses a vocabulary that has one, by the name of its first step",
    arguments: [
      (["type": "NFC"], "NFC"), (["type": "Prepend", "prepend": "a"], "Prepend"),
      (["type": "Replace", "pattern": ["String": "a"], "content": "b"], "Replace"),
    ] as [([String: any Sendable], String)])
  func otherFormats(normalizer: [String: any Sendable], name: String) throws {
    let vocabulary = try TokenizerJSON.vocabulary(
      try Self.file(["normalizer": normalizer]), path: nil)
    let error = #expect(throws: InterchangeError.self) {
      try TiktokenRanks.text(of: vocabulary, path: nil)
    }
    #expect(
      error.map { "\($0)" }
        == "cannot be written: the normalizer \(name), which tiktoken has no place for")
  }
}
