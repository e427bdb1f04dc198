internal import GobbetBPE

/// A pattern as a regular expression, in the dialect of Hugging Face's `tokenizers`.
///
/// A file's expression is compared with those that are known, never compiled.
enum PatternSpelling {
  /// The expression of `pattern`.
  static func text(of pattern: Pattern) -> String {
    let contractions = "'s|'t|'re|'ve|'m|'ll|'d"
    let prefix =
      switch pattern.wordPrefix {
      case .space: " ?"
      case .anyButNewline: #"[^\r\n\p{L}\p{N}]?"#
      }
    let suffix = pattern.contractions == .anyCaseSuffix ? "(?i:\(contractions))?" : ""
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    var parts: [String] = []
    switch pattern.contractions {
    case .none, .anyCaseSuffix: break
    case .lowercase: parts.append(contractions)
    case .anyCase: parts.append("(?i:\(contractions))")
    }
    switch pattern.words {
    case .letters: parts.append(prefix + #"\p{L}+"# + suffix)
    case .caseAware:
      parts.append(prefix + upper + "*" + lower + "+" + suffix)
      parts.append(prefix + upper + "+" + lower + "*" + suffix)
    }
    switch pattern.digits {
    case .runWithSpace: parts.append(#" ?\p{N}+"#)
    case .one: parts.append(#"\p{N}"#)
    case .upToThree: parts.append(#"\p{N}{1,3}"#)
    }
    let symbols = #" ?[^\s\p{L}\p{N}]+"#
    switch pattern.symbolTail {
    case .none: parts.append(symbols)
    case .newlines: parts.append(symbols + #"[\r\n]*"#)
    case .newlinesAndSlashes: parts.append(symbols + #"[\r\n/]*"#)
    }
    // Without newline runs the last two say the same.
    if pattern.finalWhitespaceWhole && pattern.newlineRuns { parts.append(#"\s+\z"#) }
    if pattern.newlineRuns { parts.append(#"\s*[\r\n]+"#) }
    parts += [#"\s+(?!\S)"#, #"\s+"#]
    return parts.joined(separator: "|")
  }

  /// The pattern whose expression, in one of its known spellings, is `text`; nil for any other.
  static func pattern(of text: [UInt8]) -> Pattern? {
    for (spelling, pattern) in others where spelling.utf8.elementsEqual(text) { return pattern }
    for (_, pattern) in Pattern.named where Self.text(of: pattern).utf8.elementsEqual(text) {
      return pattern
    }
    return nil
  }

  /// Spellings that are not our own: GPT-2's, and tiktoken's of 2023 and since.
  private static let others: [(String, Pattern)] = [
    (
      #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2
    ),
    (
      #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#, .gpt2
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"#
        + #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .llama3
    ),
    (
      #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}|"#
        + #" ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#, .llama3
    ),
  ]
}
