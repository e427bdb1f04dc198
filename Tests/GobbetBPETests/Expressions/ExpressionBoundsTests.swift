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
    ("x(?:a|b??)+", .tiktoken, 1, "(?:a|b??)+"), ("(?:|a)*", .tiktoken, 0, "(?:|a)*"),
    ("(?:a*b?|c)*+", .tiktoken, 0, "(?:a*b?|c)*+"),
    ("(?:(?:a?)*?){2,}", .tiktoken, 0, "(?:(?:a?)*?){2,}"),
    ("(?:$|a)+", .tiktoken, 0, "(?:$|a)+"),
    ("x(?:(?=a)(?:ab)?){2}", .oniguruma, 1, "(?:(?=a)(?:ab)?){2}"),
    (#"(?:a*\b){2,}"#, .oniguruma, 0, #"(?:a*\b){2,}"#),
    ("(?:a?+|b){,3}", .oniguruma, 0, "(?:a?+|b){,3}"),
    ("(?:|b|bcd|c){2}", .oniguruma, 0, "(?:|b|bcd|c){2}"),
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
    "a part that may be empty is repeated where it prefers to match something",
    arguments: [
      "(?:a*b?)*c", "x(?:a|b*)+", #"(?:\s*\b|$)*x"#, "(?:a??b){2,}", "(?:a??){0,3}",
      "(?:(?>b??))*a",
    ])
  func emptyRepeats(text: String) throws {
    _ = try SplitExpression(text, dialect: .tiktoken)
    for other in ["(?:a*b?){2}", #"(?:(?=a)(?:ab)?)*"#, #"(?:\s*\b)?"#, #"(?:a\b){2}"#] {
      _ = try SplitExpression(other, dialect: .oniguruma)
    }
    _ = try SplitExpression("(?:a|b??)+", dialect: .oniguruma)
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
    "(?<=a)a*b|a", ".{1,1000}?x|a",
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

  @Test(
    "what takes too many steps for each character is refused with its beginning",
    arguments: [
      (0..<40).map { "[ab]*a[ab]{\($0)}c" }.joined(separator: "|"),
      (0..<300).map { "[^\(scalar($0))]\(scalar($0 + 1))" }.joined(separator: "|"),
      (0..<600).map { "(?<=\(scalar($0)))\(scalar($0 + 1))" }.joined(separator: "|"),
    ])
  func tooManySteps(text: String) {
    let error = #expect(throws: SplitExpressionError.self) {
      _ = try SplitExpression(text, dialect: .oniguruma)
    }
    guard case .tooLarge = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.starts(with: error?.fragment.prefix(40) ?? "?"))
  }

  @Test(
    "a long list of words, or of pairs of sets, is compiled where no match is sought far",
    arguments: [
      (0..<500).map { #"\p{L}\#(scalar($0))"# }.joined(separator: "|"),
      (0..<200).map { "[^\(scalar($0))]\(scalar($0 + 1))" }.joined(separator: "|"),
      (0..<500).map { "[\(scalar($0))][\(scalar($0 + 1))a]" }.joined(separator: "|"),
      (0..<1000).map { String($0 * 7919, radix: 26) + "é" }.joined(separator: "|"),
    ])
  func manyAlternatives(text: String) throws {
    let expression = try SplitExpression(text, dialect: .oniguruma)
    #expect(expression.stepsPerScalar <= 20)
    var generator = SeededGenerator(29)
    for _ in 0..<20 {
      let letters = (0..<200).map { _ in
        Bool.random(using: &generator)
          ? Self.scalar(Int.random(in: 0..<600, using: &generator))
          : "0123456789abcdefghijké".unicodeScalars.randomElement(using: &generator) ?? "a"
      }
      let bytes = Array(String(String.UnicodeScalarView(letters)).utf8)
      var parts: [Range<Int>] = []
      PretokenScanner(SplitPattern(expression)).forEachPretoken(in: bytes.span) { parts.append($0) }
      #expect(parts == expression.referenceParts(of: bytes))
      #expect(expression.stepCount(cutting: bytes) <= expression.stepsPerScalar * bytes.count)
    }
  }

  static func scalar(_ offset: Int) -> Unicode.Scalar {
    Unicode.Scalar(0x4E00 + UInt32(offset)) ?? "a"
  }

  @Test("a random hostile expression is refused or keeps to its steps", arguments: 0..<4)
  func steps(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    var accepted = 0
    for _ in 0..<60 {
      let text = Self.hostileExpression(&generator, depth: 3)
      guard let expression = try? SplitExpression(text, dialect: .tiktoken) else { continue }
      accepted += 1
      #expect(expression.stepsPerScalar <= 480, "\(text)")
      for byteCount in [60, 5000] {
        let unit = (0..<Int.random(in: 1...9, using: &generator)).map { _ in
          "aaaabbc漢 ".randomElement(using: &generator) ?? "a"
        }
        let bytes = Array(
          String(repeating: String(unit), count: byteCount / unit.count).utf8)
        let steps = expression.stepCount(cutting: bytes)
        #expect(steps >= bytes.count / 3)
        #expect(
          steps <= expression.stepsPerScalar * (bytes.count + 1) + 1024,
          "\(text) on \(String(unit).debugDescription)")
      }
    }
    #expect(accepted > 10)
  }

  /// An expression of what is dear: nested and counted repeats, alternatives that begin alike, looking
  /// ahead in repeats, groups that are left in one way.
  static func hostileExpression(_ generator: inout SeededGenerator, depth: Int) -> String {
    let atom = ["a", "b", "[ab]", ".", "[^c]", #"\w"#, "漢"].randomElement(using: &generator) ?? ""
    guard depth > 0 else { return atom }
    func inner() -> String { hostileExpression(&generator, depth: depth - 1) }
    let count = [2, 3, 5, 9, 20, 100, 1000].randomElement(using: &generator) ?? 1
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: return "(?:\(inner()))*" + inner()
    case 1: return "(?:\(inner())){1,\(count)}" + inner()
    case 2: return "(?:\(inner())){\(count)}|" + inner()
    case 3: return "(?:(?=\(inner())c)\(inner()))+" + atom
    case 4: return "(?:(?!\(inner())c)\(atom)){1,\(count)}|" + inner()
    case 5: return "(?>\(inner())|\(inner()))" + atom
    case 6: return (1...min(count, 100)).map { atom + "{\($0)}c" }.joined(separator: "|") + inner()
    case 7: return "(?<=\(atom))\(inner())|" + inner()
    default: return "(?:\(inner()))?" + inner()
    }
  }

  @Test("expressions and replacements of a pipeline that are too much together are refused")
  func pipelines() throws {
    let dear = try SplitExpression("(?>(?:a|b)*a(?:a|b){20})b", dialect: .oniguruma)
    let cheap = try SplitExpression(#"\s+"#, dialect: .oniguruma)
    func error(_ pipeline: TextPipeline, _ pattern: SplitPattern = .gpt2) -> VocabularyError.Code? {
      var tokens = TokenTable()
      do throws(VocabularyError) {
        for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
        _ = try Vocabulary(
          tokens: tokens, merges: [], mergeRule: .learnedPairs, pattern: pattern,
          pipeline: pipeline)
        return nil
      } catch {
        return error.code
      }
    }
    let three = [PretokenizerStep](repeating: .expression(dear), count: 3)
    #expect(error(TextPipeline(pretokenizers: Array(three.prefix(2)))) == nil)
    guard case .pipelineSteps(let count, let most) = error(TextPipeline(pretokenizers: three))
    else {
      Issue.record("three of them were taken")
      return
    }
    #expect(count == 3 * dear.stepsPerScalar && most == dear.text)
    #expect(error(TextPipeline(pretokenizers: Array(three.prefix(2))), SplitPattern(dear)) != nil)
    let doubled = Normalizer.replace([0x61], with: [0x61, 0x61])
    #expect(error(TextPipeline(normalizers: [doubled], pretokenizers: [three[0]])) == nil)
    #expect(error(TextPipeline(normalizers: [doubled, doubled], pretokenizers: [three[0]])) != nil)
    let ten = [Normalizer](repeating: doubled, count: 10)
    #expect(error(TextPipeline(normalizers: Array(ten.dropLast()))) == nil)
    #expect(error(TextPipeline(normalizers: ten)) == .pipelineGrowth(1024))
    let long = Normalizer.replaceMatches(cheap, with: [UInt8](repeating: 0x61, count: 600))
    #expect(error(TextPipeline(normalizers: [long])) == .pipelineGrowth(601))
    let front = Normalizer.prepend([UInt8](repeating: 0x61, count: 30))
    #expect(error(TextPipeline(normalizers: [front])) == nil)
    #expect(error(TextPipeline(normalizers: [front, front])) == .pipelineGrowth(961))
    // A table whose only sequence, "a", becomes thirty letters.
    let map = try #require(
      CharacterMap(Self.table(of: 0x61, to: [UInt8](repeating: 0x62, count: 30))))
    for normalizer in [Normalizer.characterMap(map), .precompiled(map)] {
      #expect(error(TextPipeline(normalizers: [normalizer])) == nil)
      #expect(error(TextPipeline(normalizers: [normalizer, front])) == .pipelineGrowth(930))
    }
    // What Unicode says costs nothing, but for what was made for it.
    #expect(error(TextPipeline(normalizers: [.nfkd, .lowercase, .stripAccents, .nfkc])) == nil)
    #expect(error(TextPipeline(normalizers: [doubled, .nfkd, doubled, .nfkd])) == nil)
    #expect(
      error(TextPipeline(normalizers: [doubled, .nfkd, doubled, .nfkd, doubled]))
        == .pipelineGrowth(968))
  }

  /// A table of characters with one sequence of one byte.
  private static func table(of byte: UInt8, to text: [UInt8]) -> [UInt8] {
    var units = [UInt32](repeating: 0, count: 512)
    // The root leads to the byte, and the byte to where its value is.
    units[0] = 256 << 10
    units[256 ^ Int(byte)] = UInt32(1) << 10 | 1 << 8 | UInt32(byte)
    units[256 ^ Int(byte) ^ 1] = 1 << 31
    let trie = units.flatMap { unit in (0..<4).map { UInt8(truncatingIfNeeded: unit >> (8 * $0)) } }
    let size = (0..<4).map { UInt8(truncatingIfNeeded: trie.count >> (8 * $0)) }
    return size + trie + text + [0]
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
