import Foundation
import TestSupport
import Testing

@Suite("A look into vocabularies") struct VocabularyVerbTests {
  static let text = fixturesFolder + "/corpus-heldout"

  private func object(_ result: CommandResult) throws -> [String: Any] {
    #expect(result.status == 0, "\(result.errorText)")
    return try #require(
      JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
  }

  @Test("the statistics add up to what count says")
  func statistics() throws {
    let shop = try Workshop.shared.get()
    let report = try object(
      gobbet("vocabulary", "stats", Self.text, "-v", shop.vocabulary, "--json"))
    let counted = try object(gobbet("count", Self.text, "-v", shop.vocabulary, "--json"))
    #expect(report["bytes"] as? Int == counted["bytes"] as? Int)
    #expect(report["tokens"] as? Int == counted["tokens"] as? Int)
    for key in ["lengths", "scripts"] {
      let groups = try #require(report[key] as? [[String: Any]])
      func sum(_ field: String) -> Int { groups.reduce(0) { $0 + ($1[field] as? Int ?? 0) } }
      #expect(sum("tokens") == 999)
      #expect(sum("occurrences") == counted["tokens"] as? Int)
      #expect(sum("bytes") == counted["bytes"] as? Int)
      #expect(999 - sum("used") == (report["unused"] as? [Int])?.count)
    }
    let sizes = try #require(report["sizes"] as? [[String: Any]])
    #expect(sizes.map { $0["size"] as? Int } == [512, 1000])
    let ratios = sizes.compactMap { $0["bytes_per_token"] as? Double }
    #expect(ratios == ratios.sorted())
    let shown = try gobbet("vocabulary", "stats", Self.text, "-v", shop.vocabulary)
    #expect(shown.text.contains("cyrillic"))
  }

  @Test("truncating gives what training for the size gives")
  func truncation() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let small = folder.file("small.gobbet")
    #expect(
      try gobbet("vocabulary", "truncate", shop.vocabulary, "--size", "600", "-o", small).status
        == 0)
    let trained = folder.file("trained.gobbet")
    #expect(
      try gobbet(
        "train", fixturesFolder + "/corpus", "--size", "600", "--special", "<|endoftext|>", "-o",
        trained
      ).status == 0)
    #expect(try readFile(small) == readFile(trained))
    let large = try gobbet(
      "vocabulary", "truncate", shop.vocabulary, "--size", "1001", "-o", folder.file("large"))
    #expect(large.status == 2)
    let comparison = try object(
      gobbet("vocabulary", "compare", shop.vocabulary, small, Self.text, "--json"))
    #expect(comparison["common_tokens"] as? Int == 599)
  }

  @Test("a token is shown with the merges that made it")
  func mergeTree() throws {
    let shop = try Workshop.shared.get()
    let the = try object(gobbet("vocabulary", "show", " the", "-v", shop.vocabulary, "--json"))
    #expect(the["text"] as? String == " the")
    let parts = try #require(the["parts"] as? [[String: Any]])
    #expect(parts.compactMap { $0["text"] as? String }.joined() == " the")
    let id = try #require(the["id"] as? Int)
    let byID = try gobbet("vocabulary", "show", "\(id)", "-v", shop.vocabulary)
    #expect(byID.text.hasPrefix("\" the\" \(id), merge "))
    let digit = try gobbet("vocabulary", "show", "7", "--text", "-v", shop.vocabulary)
    #expect(digit.text.hasPrefix("\"7\" "))
    let missing = try gobbet("vocabulary", "show", "99999", "-v", shop.vocabulary)
    #expect(missing.status == 1)
  }
}
