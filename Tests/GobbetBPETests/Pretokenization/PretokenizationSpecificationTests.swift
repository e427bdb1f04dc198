import GobbetBPE
import TestSupport
import Testing

@Suite("Spec/Pretokenization.md") struct PretokenizationSpecificationTests {
  /// One example: settings, and the pretokens of the text that they make up.
  struct Example: Sendable, CustomTestStringConvertible {
    var name: String
    var settings: [UInt8] = []
    var pretokens: [[UInt8]] = []

    var testDescription: String { name }
  }

  @Test("what the examples say is what happens", arguments: try Self.examples())
  func example(_ example: Example) throws {
    let scanner = PretokenScanner(try #require(SplitPattern(settings: example.settings)))
    let text = Array(example.pretokens.joined())
    var found: [[UInt8]] = []
    scanner.forEachPretoken(in: text.span) { found.append(Array(text[$0])) }
    #expect(found == example.pretokens)
  }

  @Test("the settings of the named patterns are those of the table")
  func names() throws {
    let rows = try Self.specification().split(separator: "\n").filter { $0.hasPrefix("| ") }
      .map { $0.split(separator: "|").map { $0.split(separator: " ") } }
    for (name, pattern) in SplitPattern.named {
      let row = try #require(rows.first { $0[0] == [Substring(name)] })
      #expect(row[1].flatMap(Self.bytes) == pattern.settings)
    }
  }

  static func specification() throws -> String {
    String(
      decoding: try readFile(fixturesFolder + "/../Spec/Pretokenization.md"), as: UTF8.self)
  }

  static func examples() throws -> [Example] {
    let lines = try specification().split(separator: "\n")
    var examples: [Example] = []
    for line in lines.drop(while: { $0 != "```examples" }).dropFirst().dropLast() {
      let words = line.split(separator: " ")
      switch words[0] {
      case "example": examples.append(Example(name: words.dropFirst().joined(separator: " ")))
      case "settings": examples[examples.count - 1].settings = bytes(words[1])
      case "pretokens": examples[examples.count - 1].pretokens = words.dropFirst().map(bytes)
      default: Issue.record("\(line) isn't part of an example")
      }
    }
    return examples
  }

  private static func bytes(_ hexadecimal: Substring) -> [UInt8] {
    let digits = Array(hexadecimal)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0..<($0 + 2)]), radix: 16)
    }
  }
}
