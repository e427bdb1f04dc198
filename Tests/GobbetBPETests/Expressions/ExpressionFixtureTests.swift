import Foundation
import GobbetBPE
import TestSupport
import Testing

@Suite("Expressions of two libraries") struct ExpressionFixtureTests {
  /// An expression, texts, and where a library cuts them.
  struct Line<Part: Decodable>: Decodable {
    let expression: String
    let behavior: UInt8?
    let inverted: Bool?
    let texts: [String]
    let parts: [[Part]?]?
  }

  static func lines<Part: Decodable>(_ name: String, _: Part.Type) throws -> [Line<Part>] {
    let decoder = JSONDecoder()
    return try fixture("expressions/\(name).jsonl").split(separator: 0x0A).map {
      try decoder.decode(Line<Part>.self, from: Data($0))
    }
  }

  /// The parts of a text, by the tables and without them.
  static func parts(_ text: String, _ expression: SplitExpression) -> [Range<Int>] {
    let bytes = Array(text.utf8)
    var parts: [Range<Int>] = []
    PretokenScanner(SplitPattern(expression)).forEachPretoken(in: bytes.span) { parts.append($0) }
    #expect(parts == expression.referenceParts(of: bytes), "\(expression.text) \(text)")
    return parts
  }

  @Test("a text is cut where tokenizers' Split cuts it, whatever becomes of the matches")
  func oniguruma() throws {
    var refused: Set<String> = []
    for line in try Self.lines("oniguruma", Int.self) {
      let behavior = try #require(line.behavior.flatMap(PretokenizerStep.Behavior.init(rawValue:)))
      guard
        let expression = try? SplitExpression(
          line.expression, dialect: .oniguruma, behavior: behavior,
          isInverted: line.inverted ?? false)
      else {
        refused.insert(line.expression)
        continue
      }
      for (text, expected) in zip(line.texts, try #require(line.parts, "\(line.expression)")) {
        let parts = Self.parts(text, expression)
        #expect(
          parts.flatMap { [$0.lowerBound, $0.upperBound] } == expected,
          "\(line.expression) \(behavior) \(text.debugDescription)")
      }
    }
    #expect(refused.isSubset(of: Self.refusedByOniguruma.union(Self.seldom)))
    #expect(Self.refusedByOniguruma.isSubset(of: refused))
  }

  @Test("a text has the pieces that tiktoken makes of it")
  func tiktoken() throws {
    var refused: Set<String> = []
    for line in try Self.lines("tiktoken", String.self) {
      guard let expression = try? SplitExpression(line.expression, dialect: .tiktoken) else {
        refused.insert(line.expression)
        continue
      }
      for (text, expected) in zip(line.texts, try #require(line.parts, "\(line.expression)")) {
        // Where it finds a match without a character, tiktoken fails.
        guard let expected else { continue }
        let bytes = Array(text.utf8)
        let parts = Self.parts(text, expression).map { String(decoding: bytes[$0], as: UTF8.self) }
        #expect(parts == expected, "\(line.expression) \(text.debugDescription)")
      }
    }
    #expect(refused.isSubset(of: Self.refusedByTiktoken.union(Self.seldom)))
    #expect(Self.refusedByTiktoken.isSubset(of: refused))
  }

  /// What the libraries refuse themselves, or take for something that nobody writes.
  private static let common: Set<String> = [
    "a{2,1}", "a**", "a+*", "[a&&]", #"[\d-z]"#, "[a--b]", #"\R"#, #"\X"#, #"\K"#, #"\Ga"#,
    #"(a)\1"#,
    "(?~a)", #"\y"#, #"\i"#, "(?x)a b", "(?=a)*", "^*", "*a", "(a", "a)", "[a", #"\p{Nope}"#,
    #"\p{L"#, "[b-a]", "\\", "(?<=ab)c", #"\p{In_Basic_Latin}"#,
  ]
  private static let refusedByOniguruma = common.union([
    "(?s)a.b", #"\pL+"#, #"\p{Script=Greek}+"#, #"\u{44}"#, "(?P<name>a)", #"\p{gc=Lu}"#, "(?i:ß)",
    "(?i:ss)", "(?i:fi)", #"(?<=^|\s)\w"#, "(?i:[[^k]x])", #"(?i:[\p{Lu}])"#,
  ])
  private static let refusedByTiktoken = common.union([
    "[a~~b]", #"\-\_\ \"|\<"#, "a{1,2}*b", "(?:|a)+b", "(?:a??b?)+",
  ])
  /// Drawn ones with a repeat of a place, or a set whose members stand for several letters.
  private static var seldom: Set<String> {
    var found: Set<String> = []
    for line in (try? lines("oniguruma", Int.self)) ?? [] where line.texts.count == 4 {
      for dialect in [RegularExpressionDialect.oniguruma, .tiktoken] {
        do throws(SplitExpressionError) {
          _ = try SplitExpression(line.expression, dialect: dialect)
        } catch {
          if case .unsupported = error.code { found.insert(line.expression) }
        }
      }
    }
    return found
  }

  @Test("a published pattern's expression, compiled, cuts as the grammar does")
  func grammar() throws {
    let strings = String(decoding: try fixture("pretokenization/strings.txt"), as: UTF8.self)
      .split(separator: "\n").map { line in
        let digits = Array(line)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
          UInt8(String(digits[$0..<($0 + 2)]), radix: 16)
        }
      }
    for (name, pattern) in SplitPattern.named {
      guard let text = pattern.regularExpression else { continue }
      let compiled = PretokenScanner(
        SplitPattern(try SplitExpression(text, dialect: .oniguruma)))
      let grammar = PretokenScanner(pattern)
      for string in strings {
        var (parts, expected): ([Range<Int>], [Range<Int>]) = ([], [])
        compiled.forEachPretoken(in: string.span) { parts.append($0) }
        grammar.forEachPretoken(in: string.span) { expected.append($0) }
        #expect(parts == expected, "\(name): \(string)")
      }
    }
  }
}
