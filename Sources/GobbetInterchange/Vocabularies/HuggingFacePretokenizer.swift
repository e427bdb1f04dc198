internal import GobbetBPE

/// The `pre_tokenizer` of a `tokenizer.json`: `ByteLevel`, which brings GPT-2's pattern, or `Split`s
/// by known expressions in front of a `ByteLevel` that splits no more.
enum HuggingFacePretokenizer {
  /// The pattern of the file whose outermost object is `root`.
  ///
  /// - Throws: ``InterchangeError`` (`unsupported`) for any other.
  static func pattern(_ root: JSONValue) throws(InterchangeError) -> SplitPattern {
    guard let pretokenizer = try root.member("pre_tokenizer"), !pretokenizer.isNull else {
      throw root.error(.unsupported("no pre-tokenizer"), key: "pre_tokenizer".utf8)
    }
    var steps = [pretokenizer]
    if try type(of: pretokenizer) == "Sequence" {
      steps = []
      try pretokenizer.member("pretokenizers")?.forEach { _, step in steps.append(step) }
    }
    var expressions: [String] = []
    for step in steps.dropLast() {
      guard try type(of: step) == "Split" else {
        throw step.error(.unsupported("the pre-tokenizer \(try type(of: step)) at this place"))
      }
      expressions.append(try expression(ofSplit: step))
    }
    let splitPattern = SplitPattern(regularExpressions: expressions)
    if splitPattern == nil, let split = steps.dropLast().first {
      throw split.error(
        .unsupported("the expression \(expressions.joined(separator: " followed by "))"))
    }
    guard let last = steps.last else {
      throw pretokenizer.error(.unsupported("no pre-tokenizer"))
    }
    guard try type(of: last) == "ByteLevel" else {
      throw last.error(.unsupported("the pre-tokenizer \(try type(of: last)) at this place"))
    }
    let ownPattern = try byteLevelPattern(last)
    guard let pattern = splitPattern ?? ownPattern, splitPattern == nil || ownPattern == nil else {
      throw last.error(.unsupported("a ByteLevel that splits as well, or nothing that does"))
    }
    return pattern
  }

  private static func type(of value: JSONValue) throws(InterchangeError) -> String {
    try value.member("type")?.string ?? "without a type"
  }

  /// GPT-2's pattern, or nil where the step only makes bytes visible.
  private static func byteLevelPattern(_ step: JSONValue) throws(InterchangeError) -> SplitPattern?
  {
    if try step.member("add_prefix_space")?.bool != false {
      throw step.error(.unsupported("add_prefix_space"))
    }
    return try step.member("use_regex")?.bool == false ? nil : .gpt2
  }

  /// The expression that a `Split` cuts by, every piece kept.
  private static func expression(ofSplit step: JSONValue) throws(InterchangeError) -> String {
    // The expressions match every scalar, so that matches or what is between them, is all one.
    let behavior = try step.member("behavior")?.string ?? ""
    let isInverted = try step.member("invert")?.bool ?? false
    guard (behavior == "Isolated" && !isInverted) || (behavior == "Removed" && isInverted) else {
      throw step.error(.unsupported("a Split that is \(behavior)"))
    }
    guard let expression = try step.member("pattern")?.member("Regex")?.bytes else {
      throw step.error(.unsupported("a Split without an expression"))
    }
    return String(decoding: expression, as: UTF8.self)
  }
}
