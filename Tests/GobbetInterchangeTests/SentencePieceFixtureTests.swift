import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

/// What SentencePiece 0.2.3 makes of random texts by small models: `Fixtures/sentencepiece`.
@Suite("Models that SentencePiece trained") struct SentencePieceFixtureTests {
  struct Case: Decodable {
    let model: String
    let texts: [String]
    let ids: [[TokenID]]
  }

  static func cases() throws -> [Case] {
    try fixture("sentencepiece/cases.jsonl").split(separator: 0x0A).map {
      try JSONDecoder().decode(Case.self, from: Data($0))
    }
  }

  static func vocabulary(_ name: String) throws -> Vocabulary {
    try SentencePieceModel.vocabulary(
      contentsOf: "\(fixturesFolder)/sentencepiece/\(name).model")
  }

  @Test(
    "a model gives SentencePiece's ids: with a table, folded spaces, symbols protected from both")
  func ids() throws {
    let cases = try Self.cases()
    #expect(cases.count == 16)
    for each in cases {
      let vocabulary = try Self.vocabulary(each.model)
      let tokenizer = Tokenizer(vocabulary)
      let reference = ReferenceEncoder(vocabulary)
      for (text, ids) in zip(each.texts, each.ids) {
        let place: Comment = "\(each.model): \(text.debugDescription)"
        #expect(tokenizer.encoded(text) == ids, place)
        #expect(reference.encoded(Array(text.utf8)) == ids, place)
        var encoder = tokenizer.makeEncoder()
        var withEnds: [TokenID] = []
        var ends: [Int] = []
        encoder.encode(Array(text.utf8).span, into: &withEnds, ends: &ends)
        #expect(withEnds == ids && ends.allSatisfy { $0 <= text.utf8.count }, place)
      }
    }
  }

  @Test("a model's table and user-defined symbols are kept in a file of ours")
  func files() throws {
    let folder = try TemporaryFolder()
    for each in try Self.cases() {
      let vocabulary = try Self.vocabulary(each.model)
      let path = folder.file("\(each.model).gobbet")
      try vocabulary.write(to: path)
      #expect(try Vocabulary(contentsOf: path) == vocabulary, "\(each.model)")
    }
  }

  @Test("a model of pieces of any scores and kinds is written as one with the same ids")
  func drawnModels() throws {
    let drawn = try Self.cases().filter { $0.model.hasPrefix("drawn") }
    #expect(drawn.count == 6)
    for each in drawn {
      let bytes = try SentencePieceModel.bytes(of: Self.vocabulary(each.model), path: nil)
      let again = Tokenizer(try SentencePieceModel.vocabulary(bytes, path: nil))
      for (text, ids) in zip(each.texts, each.ids) { #expect(again.encoded(text) == ids) }
    }
  }

  @Test("what tokenizer.json has no place for is not written as one")
  func notRepresentable() throws {
    for name in ["table", "spaces", "symbols"] {
      #expect(throws: InterchangeError.self, "\(name)") {
        try TokenizerJSON.text(of: Self.vocabulary(name), path: nil)
      }
    }
    let plain = try Self.vocabulary("identity")
    let again = try TokenizerJSON.vocabulary(TokenizerJSON.text(of: plain, path: nil), path: nil)
    // Its list of merges says what the scores say.
    var pipeline = plain.pipeline
    pipeline.symbols.pieceOrder = nil
    #expect(again == (try plain.with(pipeline: pipeline)))
  }

  @Test("a bent table of characters is refused, or maps to something, in bounded time")
  func bentTables() throws {
    let file = try fixture("sentencepiece/table.model")
    var generator = SeededGenerator(23)
    let texts = try #require(try Self.cases().first { $0.model == "table" }).texts
    for _ in 0..<300 {
      var bent = file
      for _ in 0..<4 {
        // The table is in the last fields of the file.
        let place = Int.random(in: (bent.count - 1400)..<bent.count, using: &generator)
        bent[place] = UInt8.random(in: 0...255, using: &generator)
      }
      guard let vocabulary = try? SentencePieceModel.vocabulary(bent, path: nil) else { continue }
      let tokenizer = Tokenizer(vocabulary)
      for text in texts.prefix(12) { _ = tokenizer.encoded(text) }
    }
  }
}
