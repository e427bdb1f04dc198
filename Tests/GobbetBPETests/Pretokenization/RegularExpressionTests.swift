import GobbetBPE
import TestSupport
import Testing

@Suite("Regular expressions of patterns") struct RegularExpressionTests {
  /// As published: tiktoken's `openai_public.py`, Llama 3's `tokenizer.py`, minbpe, nanochat, and
  /// the `tokenizer.json` of Qwen 2, Qwen 3.5 and Mistral Nemo.
  static let published: [(String, SplitPattern)] = [
    (#"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#, .gpt2),
    (#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2),
    (#"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2),
    (
      #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"#
        + #"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#, .cl100k
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .llama3
    ),
    (
      #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"#
        + #"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#, .llama3
    ),
    (
      #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}"#
        + #"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#,
      SplitPattern(
        contractions: .anyCase, words: .letters, wordPrefix: .anyButNewline, digits: .upToTwo,
        symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: false)
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .qwen2
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"#
        + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .qwen35
    ),
    (
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
        + #"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"#
        + #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .o200k
    ),
    (
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
        + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .tekken
    ),
  ]

  static let deepSeek = [
    #"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
      + "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+"
      + "|\\s+(?!\\S)|\\s+",
  ]

  @Test("published spellings are recognised")
  func publishedSpellings() {
    for (expression, pattern) in Self.published {
      #expect(
        SplitPattern(regularExpression: expression, dialect: .tiktoken) == pattern, "\(expression)")
    }
    #expect(SplitPattern(regularExpressions: Self.deepSeek) == .deepSeekV3)
  }

  @Test("Oniguruma reads a plus after {1,3} as any number of groups, so it is refused there")
  func oniguruma() {
    for (expression, pattern) in Self.published {
      let found = SplitPattern(regularExpression: expression)
      #expect(found == (expression.contains("}+") && pattern == .cl100k ? nil : pattern))
    }
  }

  @Test("what a pattern writes is recognised as that pattern, whatever its settings")
  func roundTrip() {
    var count = 0
    for code in 0..<(4 * 4 * 2 * 4 * 3 * 4) {
      let settings = [
        code % 4, code / 4 % 4, code / 16 % 2, code / 32 % 4, code / 128 % 3, code / 384 % 2,
        code / 768,
      ]
      guard let pattern = SplitPattern(settings: settings.map(UInt8.init)) else { continue }
      // Final white space is whole anyway where newlines are nothing special.
      guard pattern.newlineRuns || pattern.finalWhitespaceWhole else { continue }
      #expect(SplitPattern(regularExpressions: pattern.regularExpressions) == pattern)
      count += 1
    }
    #expect(count == 4 * 3 * 2 * 4 * 3 * 3 + 3)
  }

  @Test(
    "Hugging Face cuts by what a pattern writes as the pattern does",
    .enabled(if: peersPython != nil, "\(peersNeeded)"), arguments: SplitPattern.named.map(\.name))
  func huggingFace(name: String) throws {
    let folder = fixturesFolder + "/pretokenization/"
    let expressions = try #require(SplitPattern(named: name)).regularExpressions
    let result = try run(
      try #require(peersPython), [folder + "cut_with_tokenizers.py", folder + "strings.txt"],
      input: Array(expressions.joined(separator: "\n").utf8),
      environment: ["PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"])
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.output == (try fixture("pretokenization/\(name).txt")))
  }

  @Test("anything else is not recognised")
  func unknown() {
    let expression = Self.published[4].0
    for changed in [
      "", expression + " ", expression + "|", " " + expression, "(?:\(expression))",
      String(expression.dropLast()) + "*", expression.replacing(#"\s*[\r\n]+|"#, with: #"\s*\n|"#),
    ] {
      #expect(SplitPattern(regularExpression: changed) == nil, "\(changed)")
    }
    // Not the plus signs: one newline, or one blank, does for the last alternatives.
    for index in expression.indices where expression[index] != "+" {
      var changed = expression
      changed.remove(at: index)
      #expect(SplitPattern(regularExpression: changed) != .llama3, "\(changed)")
    }
    #expect(SplitPattern(regularExpressions: []) == nil)
    #expect(SplitPattern(regularExpressions: [expression, expression]) == nil)
    #expect(SplitPattern(regularExpressions: Self.deepSeek.reversed()) == nil)
  }
}
