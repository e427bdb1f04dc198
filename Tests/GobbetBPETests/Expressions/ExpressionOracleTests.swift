import GobbetBPE
import TestSupport
import Testing

@Suite("Random expressions") struct ExpressionOracleTests {
  private static let atoms = [
    "a", "b", "c", #"\s"#, #"\w"#, "[ab]", "[^a]", #"\p{L}"#, ".", "é", "(?i:b)", "[a-c&&[^b]]",
  ]
  private static let places = [
    "(?=a)", "(?!b)", "$", "^", #"\b"#, #"\B"#, "(?<=a)", "(?<!b)", "(?=ab|c)", "(?!a+b)",
    "(?!(?=ab)a)", "(?>(?=b))",
  ]
  private static let repeats = [
    "*", "+", "?", "*?", "+?", "??", "++", "*+", "?+", "{2}", "{1,2}", "{,2}", "{1,3}?", "{2,}",
  ]

  /// A random expression.
  static func expression(_ generator: inout SeededGenerator, depth: Int) -> String {
    func sequence(_ generator: inout SeededGenerator) -> String {
      var text = ""
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: text += places.randomElement(using: &generator) ?? ""
        case 1...3 where depth > 0:
          let opening = ["(", "(?:", "(?>"].randomElement(using: &generator) ?? ""
          text += opening + expression(&generator, depth: depth - 1) + ")"
          if Bool.random(using: &generator) {
            text += repeats.randomElement(using: &generator) ?? ""
          }
        default:
          text += atoms.randomElement(using: &generator) ?? ""
          if Bool.random(using: &generator) {
            text += repeats.randomElement(using: &generator) ?? ""
          }
        }
      }
      return text
    }
    let count = Int.random(in: 1...2, using: &generator)
    return (0..<count).map { _ in sequence(&generator) }.joined(separator: "|")
  }

  @Test("a random expression matches what trying every way in turn matches", arguments: 0..<8)
  func oracle(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    for index in 0..<500 {
      let text = Self.expression(&generator, depth: 2)
      let dialect: RegularExpressionDialect = index % 2 == 0 ? .oniguruma : .tiktoken
      guard let syntax = try? ExpressionParser.parse(text, dialect),
        let expression = try? SplitExpression(
          text, dialect: dialect, behavior: .removed, isInverted: true)
      else { continue }
      for _ in 0..<10 {
        let scalars = (0..<Int.random(in: 0...7, using: &generator)).map { _ in
          "aaabbc é\n".unicodeScalars.randomElement(using: &generator)?.value ?? 0
        }
        let matches = ReferenceMatcher(syntax: syntax, scalars: scalars).matches
        var offsets = [0]
        for scalar in scalars {
          offsets.append(offsets[offsets.count - 1] + (scalar > 0x7F ? 2 : 1))
        }
        let expected = matches.filter { !$0.isEmpty }.map {
          offsets[$0.lowerBound]..<offsets[$0.upperBound]
        }
        let string = String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
        let parts = ExpressionFixtureTests.parts(string, expression)
        #expect(parts == expected, "\(dialect) \(text) \(string.debugDescription)")
      }
    }
  }

  @Test("bytes that aren't part of a scalar are in no class but those of what something is not")
  func strayBytes() throws {
    let bytes: [UInt8] = [0x61, 0xFF, 0x80, 0x61, 0xE6, 0xBC, 0xE6, 0xBC, 0xA2]
    func parts(_ text: String) throws -> [Range<Int>] {
      let expression = try SplitExpression(text, dialect: .oniguruma)
      return expression.referenceParts(of: bytes)
    }
    #expect(try parts("[^a]+") == [0..<1, 1..<3, 3..<4, 4..<9])
    #expect(try parts(#"\p{L}"#) == [0..<1, 1..<3, 3..<4, 4..<6, 6..<9])
    #expect(try parts(#"\P{L}+"#) == [0..<1, 1..<3, 3..<4, 4..<6, 6..<9])
    #expect(try parts(".") == [0..<1, 1..<2, 2..<3, 3..<4, 4..<5, 5..<6, 6..<9])
  }
}
