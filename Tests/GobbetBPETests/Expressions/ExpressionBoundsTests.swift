import GobbetBPE
import TestSupport
import Testing

@Suite("Expressions that are refused, or dear") struct ExpressionBoundsTests {
  static let unsupported: [(String, RegularExpressionDialect, offset: Int, fragment: String)] = [
    (#"é\K"#, .oniguruma, 2, #"\K"#), (#"(a)\1"#, .tiktoken, 3, #"\1"#),
    (#"a\X"#, .oniguruma, 1, #"\X"#),
    ("(?<=ab)c", .oniguruma, 0, "(?<=ab)"), ("ab(?x)c", .tiktoken, 2, "(?x"),
    (#"\p{Nope}"#, .tiktoken, 0, #"\p{Nope}"#), (#"x\pL"#, .oniguruma, 1, #"\p"#),
    ("a+*", .tiktoken, 0, "a+*"), ("(?i:straße)", .oniguruma, 4, "st"),
    ("a{1001}", .oniguruma, 0, "a{1001}"),
    ("(?i:aßa)", .oniguruma, 5, "ß"), ("[a--b]", .tiktoken, 1, "a-"),
    ("(?=a)+", .oniguruma, 0, "(?=a)+"),
    ("(?<n", .oniguruma, 0, "(?<n"),
  ]

  @Test(
    "an expression outside the grammar is refused with the part that is", arguments: unsupported)
  func refusals(
    text: String, dialect: RegularExpressionDialect, offset: Int, fragment: String
  ) throws {
    let error = #expect(throws: SplitExpressionError.self) {
      _ = try SplitExpression(text, dialect: dialect)
    }
    #expect(error?.offset == offset && error?.fragment == fragment, "\(String(describing: error))")
    #expect(error?.description.contains("\n") == false)
  }

  @Test(
    "what isn't an expression, or grows too large, says so",
    arguments: [
      "(a", "a)", "[a", "[]", "\\", "*a", "[b-a]", #"\x{110000}"#, #"\u12"#,
      String(repeating: "(", count: 5000), String(repeating: "[", count: 5000),
      String(repeating: "a|", count: 100_000), "(a{1000}){1000}", "((a{100}){100}){100}",
      String(repeating: "(?:a?", count: 3000) + String(repeating: ")*", count: 3000),
    ])
  func errors(text: String) throws {
    for dialect in [RegularExpressionDialect.oniguruma, .tiktoken] {
      #expect(throws: SplitExpressionError.self) { _ = try SplitExpression(text, dialect: dialect) }
    }
  }

  static let hostile = [
    "(a|a)*b", "(a*)*b", "(a+)+b", "a+b|a", ".*?x|a", "(?:a|b)*a(?:a|b){12}c", "(?=.*x)a",
    "(?>a*)b", "((((a?b?)*)*)*)*c", "(?:a?){200}a{200}", "(?>(?:a|b)*a(?:a|b){20})b", "a(?=a*$)",
    "(?<=a)a*b|a",
  ]

  @Test("a hostile expression takes time linear in the text", arguments: hostile)
  func linear(text: String) throws {
    let expression = try SplitExpression(text, dialect: .oniguruma)
    let scanner = PretokenScanner(SplitPattern(expression))
    for unit in ["a", "ab", " ", "aaab"] {
      var counts: [Int] = []
      let bytes = Array(String(repeating: unit, count: 200_000 / unit.utf8.count).utf8)
      let short = Array(bytes.prefix(2000))
      for text in [short, bytes] {
        var end = 0
        var count = 0
        scanner.forEachPretoken(in: text.span) {
          #expect($0.lowerBound == end)
          end = $0.upperBound
          count += 1
        }
        #expect(end == text.count)
        counts.append(count)
      }
      #expect(counts[0] > 0 && counts[1] > 0)
    }
    var parts: [Range<Int>] = []
    let bytes = Array(String(repeating: "aab ", count: 2000).utf8)
    scanner.forEachPretoken(in: bytes.span) { parts.append($0) }
    #expect(parts == expression.referenceParts(of: bytes))
  }

  @Test("settings of an expression come back, and others with its mark are refused")
  func settings() throws {
    for behavior in PretokenizerStep.Behavior.allCases {
      let pattern = SplitPattern(
        try SplitExpression("é+|x", dialect: .tiktoken, behavior: behavior, isInverted: true))
      #expect(SplitPattern(settings: pattern.settings) == pattern)
      #expect(pattern.name == nil && pattern != .whole)
    }
    let good = SplitPattern(try SplitExpression("x+", dialect: .oniguruma)).settings
    #expect(good == [255, 0, 1, 0, 0x78, 0x2B])
    for (place, value): (Int, UInt8) in [(1, 2), (2, 5), (3, 2), (4, 0x2A), (5, 0xFF)] {
      var bad = good
      bad[place] = value
      #expect(SplitPattern(settings: bad) == nil)
      #expect(!SplitPattern.complaint(about: bad).isEmpty)
    }
    #expect(SplitPattern(settings: [255, 0, 1, 0]) == nil)
  }

  @Test("an expression goes to the other dialect only where it means the same there")
  func dialects() throws {
    func spelled(_ text: String) throws -> SplitExpression? {
      try SplitExpression(text, dialect: .tiktoken).spelled(for: .oniguruma)
    }
    #expect(try spelled(#"\p{L}+|\s+(?!\S)|[^\r\n]"#) != nil)
    for text in [#"\p{N}{1,3}+"#, #"\w+"#, "a$", "^a", "(?s).", #"\pL"#, "x(?i)a|b"] {
      #expect(try spelled(text) == nil, "\(text)")
    }
  }
}
