import Foundation
import TestSupport
import Testing

@Suite("The tokens of a text at a terminal") struct TokensTests {
  private static let text = "Hello, \u{1B}[31mred\u{202E} <b>мир</b> \\n 日\n<|endoftext|>"

  /// The rows of tokens, ids and offsets, put together again.
  private func rows(_ output: String) -> [String] {
    let lines = output.split(separator: "\n")
    return ["text ", "id   ", "byte "].map { label in
      lines.filter { $0.hasPrefix(label) }.map { String($0.dropFirst(label.count)) }
        .joined(separator: " ")
    }
  }

  @Test("elsewhere are plain, wrapped, with the ids and offsets of encode --json")
  func plain() throws {
    let shop = try Workshop.shared.get()
    let shown = try gobbet(
      "tokens", Self.text, "-v", shop.vocabulary, "--allow-all-specials", "--width", "50")
    #expect(shown.status == 0, "\(shown.errorText)")
    #expect(!shown.output.contains(0x1B))
    #expect(shown.text.split(separator: "\n").allSatisfy { $0.unicodeScalars.count <= 50 })
    let encoded = try gobbet(
      "encode", "--text", Self.text, "-v", shop.vocabulary, "--allow-all-specials", "--json")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(encoded.output)) as? [String: Any])
    let found = rows(shown.text)
    let ids = found[1].split(separator: " ").map { $0.filter { $0 != "*" } }
    #expect(ids.compactMap { Int($0) } == object["tokens"] as? [Int])
    #expect(found[2].split(separator: " ").compactMap { Int($0) } == object["offsets"] as? [Int])
    #expect(found[1].hasSuffix("*") && found[0].hasSuffix("<|endoftext|>"))
    let texts = try #require(object["texts"] as? [String])
    #expect(texts.first.map { Self.text.hasPrefix($0) } == true && texts.last == "<|endoftext|>")
    let typed = try gobbet(
      "tokens", "-", "-v", shop.vocabulary, "--allow-all-specials", "--width", "50",
      input: Array(Self.text.utf8))
    #expect(typed.output == shown.output)
  }

  @Test("have colors on a terminal, but for NO_COLOR, and always or never by --color")
  func colors() throws {
    let shop = try Workshop.shared.get()
    func shown(_ color: String, _ environment: [String: String]) throws -> String {
      let arguments = ["tokens", Self.text, "-v", shop.vocabulary, "--color", color]
      let result = try runAtTerminal(
        productPath("gobbet"), arguments, showsOutput: true,
        environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 })
      #expect(result.status == 0)
      return result.errorText
    }
    let colored = try shown("auto", [:])
    #expect(colored.contains("\u{1B}[38;5;16;48;5;153m"))
    #expect(try shown("auto", ["NO_COLOR": "1"]).contains("\u{1B}") == false)
    #expect(try shown("auto", ["TERM": "dumb"]).contains("\u{1B}") == false)
    #expect(try shown("never", [:]).contains("\u{1B}") == false)
    #expect(try shown("always", ["NO_COLOR": "1"]) == colored)
    // Of the text itself nothing steers the terminal.
    let own = colored.replacing(/\u{1B}\[(38;5;16;48;5;\d+|0)m/, with: "")
    #expect(!own.contains("\u{1B}") && !own.contains("\u{202E}"))
    #expect(own.contains(#"\u{1B}"#) && own.contains(#"\\"#))
    let piped = try gobbet("tokens", Self.text, "-v", shop.vocabulary, "--color", "always")
    #expect(piped.output.contains(0x1B))
  }

  @Test("that aren't whole characters are shown in hexadecimal")
  func fragments() throws {
    let shop = try Workshop.shared.get()
    let shown = try gobbet("tokens", "🙂", "-v", shop.vocabulary)
    #expect(shown.text.contains("<F0") && shown.text.contains("82>"))
    #expect(try gobbet("tokens", "", "-v", shop.vocabulary).text == "0 tokens, 0 bytes\n")
    expectOneLine(
      try gobbet("tokens", "a", "-v", shop.vocabulary, "--allow-special", "<\u{1B}>"), 2,
      #"no special token <\u{1B}>"#)
  }
}
