internal import GobbetBPE

/// The `pre_tokenizer` of a `tokenizer.json`: `ByteLevel`, which brings GPT-2's pattern, or a `Split`
/// by a known expression in front of a `ByteLevel` that splits no more.
enum HuggingFacePretokenizer {
  /// The pattern of the file whose outermost object is `root`.
  ///
  /// - Throws: ``InterchangeError`` (`unsupported`) for any other.
  static func pattern(_ root: JSONValue) throws(InterchangeError) -> Pattern {
    guard let pretokenizer = try root.member("pre_tokenizer"), !pretokenizer.isNull else {
      throw root.error(.unsupported("no pre-tokenizer"), key: "pre_tokenizer".utf8)
    }
    var steps = [pretokenizer]
    if try type(of: pretokenizer) == "Sequence" {
      steps = []
      try pretokenizer.member("pretokenizers")?.forEach { _, step in steps.append(step) }
    }
    var pattern: Pattern?
    for (index, step) in steps.enumerated() {
      switch try type(of: step) {
      case "Split" where index == 0 && steps.count == 2:
        pattern = try splitPattern(step)
      case "ByteLevel" where index == steps.count - 1:
        let ownPattern = try byteLevelPattern(step)
        guard (pattern == nil) != (ownPattern == nil) else {
          throw step.error(.unsupported("a ByteLevel that splits as well, or nothing that does"))
        }
        pattern = pattern ?? ownPattern
      case let type: throw step.error(.unsupported("the pre-tokenizer \(type) at this place"))
      }
    }
    guard let pattern, steps.count == 1 || steps.count == 2 else {
      throw pretokenizer.error(.unsupported("pre-tokenizers without a ByteLevel"))
    }
    return pattern
  }

  private static func type(of value: JSONValue) throws(InterchangeError) -> String {
    try value.member("type")?.string ?? "without a type"
  }

  /// GPT-2's pattern, or nil where the step only makes bytes visible.
  private static func byteLevelPattern(_ step: JSONValue) throws(InterchangeError) -> Pattern? {
    if try step.member("add_prefix_space")?.bool != false {
      throw step.error(.unsupported("add_prefix_space"))
    }
    return try step.member("use_regex")?.bool == false ? nil : .gpt2
  }

  /// The pattern that a `Split` cuts by, every piece kept.
  private static func splitPattern(_ step: JSONValue) throws(InterchangeError) -> Pattern {
    // The expressions match every scalar, so that matches or what is between them, is all one.
    let behavior = try step.member("behavior")?.string ?? ""
    let isInverted = try step.member("invert")?.bool ?? false
    guard (behavior == "Isolated" && !isInverted) || (behavior == "Removed" && isInverted) else {
      throw step.error(.unsupported("a Split that is \(behavior)"))
    }
    guard let expression = try step.member("pattern")?.member("Regex")?.bytes else {
      throw step.error(.unsupported("a Split without an expression"))
    }
    guard let pattern = PatternSpelling.pattern(of: expression) else {
      let text = String(decoding: expression, as: UTF8.self)
      throw step.error(.unsupported("the expression \(text)"))
    }
    return pattern
  }
}
