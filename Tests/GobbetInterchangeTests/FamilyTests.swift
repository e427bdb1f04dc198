import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Families of tokenizers", .enabled(if: Conformance.isAvailable)) struct FamilyTests {
  /// A text and what the family's own library makes of it.
  struct Vector: Decodable {
    let family: String
    let text: String
    /// The ids if added tokens are taken out of the file.
    let ids: [TokenID]
    /// The ids by the file as it is, where they are others.
    let ids_added: [TokenID]?
    /// The text of the ids, where it is another.
    let decoded: String?
  }

  static func vectors() throws -> [String: [Vector]] {
    let lines = try Conformance.bytes("conformance/families/standins.jsonl").split(separator: 0x0A)
    let decoder = JSONDecoder()
    return try Dictionary(
      grouping: lines.map { try decoder.decode(Vector.self, from: Data($0)) }, by: \.family)
  }

  static let families =
    Conformance.isAvailable ? ((try? vectors()) ?? [:]).keys.sorted() : []

  static func file(_ family: String) throws -> [UInt8] {
    try Conformance.bytes("conformance/families/\(family).tokenizer.json")
  }

  @Test("every family is there, and is read") func reading() throws {
    #expect(Self.families.count == 34)
    for family in Self.families {
      let vocabulary = Result { try TokenizerJSON.vocabulary(Self.file(family), path: family) }
      #expect(throws: Never.self, "\(family)") { try vocabulary.get() }
    }
  }

  @Test("a family's texts get the ids of its own library, and become the same text again")
  func ids() throws {
    for (family, vectors) in try Self.vectors() {
      let file = try Self.file(family)
      let vocabulary = try TokenizerJSON.vocabulary(file, path: family)
      let tokenizer = Tokenizer(vocabulary)
      let bare = Tokenizer(
        vocabulary.specialTokens.haveMatching
          ? try TokenizerJSON.vocabulary(try Self.withoutAddedTokens(file), path: family)
          : vocabulary)
      for vector in vectors {
        let ids = try tokenizer.encoded(vector.text, allowing: .all)
        #expect(ids == vector.ids_added ?? vector.ids, "\(family): \(vector.text.debugDescription)")
        let bareIDs = bare.encoded(vector.text)
        #expect(bareIDs == vector.ids, "\(family): \(vector.text.debugDescription)")
        let decoded = try tokenizer.decoded(ids)
        #expect(
          decoded.unicodeScalars.elementsEqual((vector.decoded ?? vector.text).unicodeScalars),
          "\(family): \(vector.text.debugDescription)")
        var stream = StreamingDecoder(TokenDecoder(vocabulary))
        let parts = try ids.map { try stream.append($0) } + [stream.finish()]
        #expect(parts.joined().unicodeScalars.elementsEqual(decoded.unicodeScalars))
        let reference = ReferenceEncoder(vocabulary).encoded(Array(vector.text.utf8))
        #expect(tokenizer.encoded(vector.text) == reference, "\(family)")
      }
    }
  }

  @Test("a family's vocabulary survives a file of ours and one of Hugging Face's")
  func files() throws {
    let folder = try TemporaryFolder()
    for family in Self.families {
      let vocabulary = try TokenizerJSON.vocabulary(Self.file(family), path: family)
      let path = folder.file("\(family).gobbet")
      try vocabulary.write(to: path)
      #expect(try Vocabulary(contentsOf: path) == vocabulary, "\(family)")
      let text = try TokenizerJSON.text(of: vocabulary, path: nil)
      let again = try TokenizerJSON.vocabulary(text, path: nil)
      #expect(again == vocabulary && again.pipeline == vocabulary.pipeline, "\(family)")
    }
  }

  /// The file with an empty list of added tokens.
  private static func withoutAddedTokens(_ file: [UInt8]) throws -> [UInt8] {
    var object =
      try #require(try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
    object["added_tokens"] = [String]()
    return [UInt8](try JSONSerialization.data(withJSONObject: object))
  }
}
