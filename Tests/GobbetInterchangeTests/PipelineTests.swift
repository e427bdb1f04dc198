import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

/// What `tokenizers` 0.23.3 makes of random texts by small tokenizers: `Fixtures/pipelines`.
@Suite("Pipelines") struct PipelineTests {
  /// One tokenizer.
  struct Case: CustomTestStringConvertible, Sendable {
    let line: Int
    /// Its tokenizer.json.
    let file: [UInt8]
    let texts: [String]
    let ids: [[TokenID]]
    let decoded: [String]
    var testDescription: String { "line \(line)" }
  }

  static let cases = cases(in: "pipelines/cases.jsonl")

  static func cases(in path: String) -> [Case] {
    do {
      let base = try JSONSerialization.jsonObject(with: Data(fixture("pipelines/base.json")))
      return try fixture(path).split(separator: 0x0A).enumerated().map {
        let line = try #require(try JSONSerialization.jsonObject(with: Data($1)) as? [String: Any])
        var object = try #require(base as? [String: Any])
        let parts = try #require(line["parts"] as? [String: Any])
        object.merge(parts) { $1 }
        return Case(
          line: $0 + 1, file: [UInt8](try JSONSerialization.data(withJSONObject: object)),
          texts: try #require(line["texts"] as? [String]),
          ids: try #require(line["ids"] as? [[TokenID]]),
          decoded: try #require(line["decoded"] as? [String]))
      }
    } catch {
      Issue.record(error)
      return []
    }
  }

  @Test("a pipeline gives the ids that tokenizers gives, and the text that it makes of them")
  func ids() throws {
    #expect(Self.cases.count == 65)
    for each in Self.cases {
      let vocabulary = try TokenizerJSON.vocabulary(each.file, path: nil)
      let tokenizer = Tokenizer(vocabulary)
      for (index, text) in each.texts.enumerated() {
        let place: Comment = "line \(each.line): \(text.debugDescription)"
        let ids = try tokenizer.encoded(text, allowing: .all)
        #expect(ids == each.ids[index], place)
        let decoded = try tokenizer.decoded(each.ids[index])
        #expect(Array(decoded.utf8) == Array(each.decoded[index].utf8), place)
      }
    }
  }

  @Test(
    "a Metaspace prepends to what comes from the first character of a text")
  func beginnings() throws {
    let cases = Self.cases(in: "pipelines/first.jsonl")
    #expect(cases.count == 42)
    for each in cases {
      let vocabulary = try TokenizerJSON.vocabulary(each.file, path: nil)
      let tokenizer = Tokenizer(vocabulary)
      var encoder = tokenizer.makeEncoder()
      let reference = ReferenceEncoder(vocabulary)
      for (index, text) in each.texts.enumerated() {
        let place: Comment = "line \(each.line): \(text.debugDescription)"
        #expect(tokenizer.encoded(text) == each.ids[index], place)
        #expect(reference.encoded(Array(text.utf8)) == each.ids[index], place)
        var ids: [TokenID] = []
        var ends: [Int] = []
        encoder.encode(Array(text.utf8).span, into: &ids, ends: &ends)
        #expect(ids == each.ids[index] && ends == ends.sorted(), place)
      }
    }
  }

  @Test("a pipeline's encoders agree with the plain one, and their tokens lie inside of the text")
  func encoders() throws {
    for each in Self.cases {
      let vocabulary = try TokenizerJSON.vocabulary(each.file, path: nil)
      let tokenizer = Tokenizer(vocabulary)
      let reference = ReferenceEncoder(vocabulary)
      var encoder = tokenizer.makeEncoder(cacheByteBudget: 4096)
      for text in each.texts {
        let place: Comment = "line \(each.line): \(text.debugDescription)"
        let bytes = Array(text.utf8)
        let ids = reference.encoded(bytes)
        #expect(encoder.encoded(text) == ids, place)
        #expect(encoder.count(bytes.span) == ids.count, place)
        #expect(encoder.count(bytes.span, upTo: 3) == min(3, ids.count), place)
        #expect(encoder.encodedPrefix(of: bytes.span, upTo: 4) == Array(ids.prefix(4)), place)
        var withEnds: [TokenID] = []
        var ends: [Int] = []
        encoder.encode(bytes.span, into: &withEnds, ends: &ends)
        #expect(withEnds == ids && ends.count == ids.count, place)
        #expect(zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 }, place)
        #expect(ends.allSatisfy { (0...bytes.count).contains($0) }, place)
        var unchanged: [TokenID] = []
        var dropout = DropoutEncoder(tokenizer, probability: 0, seed: 1)
        dropout.encode(bytes.span, into: &unchanged)
        if vocabulary.mergeRule == .learnedPairs { #expect(unchanged == ids, place) }
        var chunked: [TokenID] = []
        var chunks = ChunkedEncoder(tokenizer.makeEncoder())
        for byte in bytes { chunks.append([byte].span, into: &chunked) }
        chunks.finish(into: &chunked)
        #expect(chunked == ids, place)
      }
    }
  }

  /// A line of `ordinary.jsonl`.
  private struct Ordinary: Decodable {
    /// The number of the tokenizer's line in `cases.jsonl`.
    let line: Int
    let ids: [[TokenID]]
    let texts: [String]
  }

  @Test("without special tokens ids become the text that tokenizers makes of them, at once or not")
  func ordinaryTexts() throws {
    let lines = try fixture("pipelines/ordinary.jsonl").split(separator: 0x0A)
    #expect(lines.count == 9)
    for line in lines {
      let each = try JSONDecoder().decode(Ordinary.self, from: Data(line))
      let file = Self.cases[each.line - 1].file
      var object = try #require(
        try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
      let added = try #require(object["added_tokens"] as? [[String: Any]])
      object["added_tokens"] =
        added + [
          ["id": 1, "content": "<s>", "special": true],
          ["id": 1, "content": "<t>", "special": false],
        ]
      let vocabulary = try TokenizerJSON.vocabulary(
        [UInt8](try JSONSerialization.data(withJSONObject: object)), path: nil)
      let decoder = TokenDecoder(vocabulary, skippingSpecialTokens: true)
      for (ids, text) in zip(each.ids, each.texts) {
        #expect(Array(try decoder.decoded(ids).utf8) == Array(text.utf8), "\(each.line): \(ids)")
        var stream = StreamingDecoder(decoder)
        let streamed = try ids.map { try stream.append($0) }.joined() + stream.finish()
        #expect(Array(streamed.utf8) == Array(text.utf8), "\(each.line): \(ids)")
      }
    }
  }

  @Test("a pipeline survives a file of ours and one of Hugging Face's, with its fingerprint")
  func files() throws {
    let folder = try TemporaryFolder()
    for each in Self.cases {
      let vocabulary = try TokenizerJSON.vocabulary(each.file, path: nil)
      let path = folder.file("\(each.line).gobbet")
      try vocabulary.write(to: path)
      let returned = try Vocabulary(contentsOf: path)
      #expect(returned == vocabulary && returned.fingerprint == vocabulary.fingerprint)
      #expect(returned.pipeline == vocabulary.pipeline, "line \(each.line)")
      let text = try TokenizerJSON.text(of: vocabulary, path: nil)
      #expect(try TokenizerJSON.vocabulary(text, path: nil) == vocabulary, "line \(each.line)")
    }
    let prints = try Self.cases.map {
      try TokenizerJSON.vocabulary($0.file, path: nil).fingerprint
    }
    #expect(Set(prints).count == prints.count)
  }
}
