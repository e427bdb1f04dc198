internal import GobbetBPE

/// The `pre_tokenizer` of a `tokenizer.json`: steps, and behind them a pattern, which is that of a
/// `ByteLevel` or of `Split`s by known expressions.
struct HuggingFacePretokenizer {
  /// The steps in front of the pattern.
  private(set) var steps: [PretokenizerStep] = []
  /// How the parts are cut that the steps leave.
  private(set) var pattern = SplitPattern.whole
  /// Whether pretokens become bytes that are spelled as visible characters.
  private(set) var isByteLevel = false

  /// Reads the file whose outermost object is `root`.
  ///
  /// - Throws: ``InterchangeError`` (`unsupported`) for what has no counterpart.
  init(_ root: JSONValue) throws(InterchangeError) {
    let pretokenizer = try root.member("pre_tokenizer")
    var expressions: [(text: String, step: JSONValue)] = []
    for part in try HuggingFaceParts.flattened(pretokenizer, "pretokenizers") {
      let type = try HuggingFaceParts.type(of: part)
      guard !isByteLevel else {
        throw part.error(.unsupported("the pre-tokenizer \(type) behind a ByteLevel"))
      }
      if type == "ByteLevel" {
        try readByteLevel(part, behindSplits: !expressions.isEmpty)
      } else if type == "Split", let expression = try Self.expression(of: part) {
        try Self.requireEveryPiece(of: part)
        expressions.append((expression, part))
      } else {
        guard expressions.isEmpty else {
          throw part.error(.unsupported("the pre-tokenizer \(type) behind a Split"))
        }
        steps.append(try Self.step(part, type))
      }
    }
    guard let first = expressions.first else { return }
    let texts = expressions.map(\.text)
    // Here expressions are read that are no known pattern, as soon as there is something to run them.
    guard let known = SplitPattern(regularExpressions: texts) else {
      throw first.step.error(
        .unsupported("the expression \(texts.joined(separator: " followed by "))"))
    }
    pattern = known
  }

  private mutating func readByteLevel(
    _ part: JSONValue, behindSplits: Bool
  ) throws(InterchangeError) {
    isByteLevel = true
    let splits = try part.member("use_regex")?.bool != false
    guard !splits || !behindSplits else {
      throw part.error(.unsupported("a ByteLevel that splits behind a Split"))
    }
    if splits { pattern = .gpt2 }
    guard try part.member("add_prefix_space")?.bool != false else { return }
    guard !behindSplits else {
      throw part.error(.unsupported("add_prefix_space behind a Split"))
    }
    steps.append(.prefixSpace)
  }

  /// The expression of a `Split`; nil if it looks for a text.
  private static func expression(of part: JSONValue) throws(InterchangeError) -> String? {
    try part.member("pattern")?.member("Regex")?.string
  }

  /// Refuses a `Split` that does not keep every piece.
  private static func requireEveryPiece(of part: JSONValue) throws(InterchangeError) {
    // The expressions match every scalar, so that matches or what is between them, is all one.
    let behavior = try part.member("behavior")?.string ?? ""
    let isInverted = try part.member("invert")?.bool ?? false
    guard (behavior == "Isolated" && !isInverted) || (behavior == "Removed" && isInverted) else {
      throw part.error(.unsupported("a Split that is \(behavior)"))
    }
  }

  private static func step(
    _ part: JSONValue, _ type: String
  ) throws(InterchangeError) -> PretokenizerStep {
    switch type {
    case "Digits":
      return .digits(individual: try part.member("individual_digits")?.bool ?? false)
    case "Split":
      let bytes = try HuggingFaceParts.literal(part)
      let isInverted = try part.member("invert")?.bool ?? false
      return .split(bytes, try behavior(part), isInverted: isInverted)
    case "Metaspace":
      guard let replacement = try part.member("replacement")?.bytes, !replacement.isEmpty else {
        throw part.error(.damaged("a Metaspace without a replacement"))
      }
      let splits = try part.member("split")?.bool ?? true
      return .metaspace(replacement: replacement, scheme: try scheme(part), splits: splits)
    case "BertPreTokenizer": return .bert
    case "Punctuation":
      return .punctuation(try part.member("behavior") == nil ? .isolated : try behavior(part))
    case "WhitespaceSplit": return .whitespaceSplit
    case "Whitespace": return .words
    case "CharDelimiterSplit":
      guard let delimiter = try part.member("delimiter")?.bytes, !delimiter.isEmpty else {
        throw part.error(.damaged("a CharDelimiterSplit without a delimiter"))
      }
      return .split(delimiter, .removed, isInverted: false)
    case "FixedLength":
      guard let count = try part.member("length").map({ $0.size }) ?? 5,
        (1...Int(UInt32.max)).contains(count)
      else { throw part.error(.damaged("a FixedLength without a length above 0")) }
      return .fixedLength(count)
    case "UnicodeScripts": return .scripts
    default: throw part.error(.unsupported("the pre-tokenizer \(type)"))
    }
  }

  private static let behaviors: [(String, PretokenizerStep.Behavior)] = [
    ("Removed", .removed), ("Isolated", .isolated), ("MergedWithPrevious", .mergedWithPrevious),
    ("MergedWithNext", .mergedWithNext), ("Contiguous", .contiguous),
  ]

  private static func behavior(
    _ part: JSONValue
  ) throws(InterchangeError) -> PretokenizerStep.Behavior {
    let name = try part.member("behavior")?.string ?? ""
    guard let behavior = behaviors.first(where: { $0.0 == name })?.1 else {
      throw part.error(.unsupported("a Split that is \(name)"))
    }
    return behavior
  }

  /// When a Metaspace prepends; older files say only whether.
  static func scheme(
    _ part: JSONValue
  ) throws(InterchangeError) -> PretokenizerStep.PrependScheme {
    switch try part.member("prepend_scheme")?.string {
    case "always": return .always
    case "first": return .first
    case "never": return .never
    case nil: return try part.member("add_prefix_space")?.bool == false ? .never : .always
    case let name?: throw part.error(.unsupported("the prepend_scheme \(name)"))
    }
  }

  // MARK: Writing

  /// Appends the pre-tokenizer of a vocabulary.
  static func append(_ vocabulary: Vocabulary, to text: inout [UInt8]) {
    let pattern = vocabulary.pattern
    var steps = vocabulary.pipeline.pretokenizers[...]
    var parts: [[UInt8]] = []
    var byteLevel: [UInt8]?
    if vocabulary.pipeline.symbols.unit == .byte {
      let prefixes = steps.last == .prefixSpace
      if prefixes { steps = steps.dropLast() }
      byteLevel = []
      byteLevel?.append(
        #"{"type":"ByteLevel","add_prefix_space":\#(prefixes),"trim_offsets":true,"#
          + #""use_regex":\#(pattern == .gpt2)}"#)
    }
    parts += steps.map(Self.text(of:))
    for expression in pattern == .gpt2 ? [] : pattern.regularExpressions {
      var split: [UInt8] = []
      split.append(#"{"type":"Split","pattern":{"Regex":"#)
      split.append(quoted: expression.utf8)
      split.append(#"},"behavior":"Isolated","invert":false}"#)
      parts.append(split)
    }
    if let byteLevel { parts.append(byteLevel) }
    HuggingFaceParts.append(parts, as: "pretokenizers", to: &text)
  }

  private static func text(of step: PretokenizerStep) -> [UInt8] {
    var text: [UInt8] = []
    switch step {
    case .digits(let individual):
      text.append(#"{"type":"Digits","individual_digits":\#(individual)}"#)
    case .prefixSpace:
      text.append(
        #"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":false}"#)
    case .metaspace(let replacement, let scheme, let splits):
      text.append(#"{"type":"Metaspace","replacement":"#)
      text.append(quoted: replacement)
      text.append(#","prepend_scheme":"\#(scheme)","split":\#(splits)}"#)
    case .split(let bytes, let behavior, let isInverted):
      let name = name(of: behavior)
      text.append(#"{"type":"Split","pattern":{"String":"#)
      text.append(quoted: bytes)
      text.append(#"},"behavior":"\#(name)","invert":\#(isInverted)}"#)
    case .bert: text.append(#"{"type":"BertPreTokenizer"}"#)
    case .punctuation(let behavior):
      text.append(#"{"type":"Punctuation","behavior":"\#(name(of: behavior))"}"#)
    case .whitespaceSplit: text.append(#"{"type":"WhitespaceSplit"}"#)
    case .words: text.append(#"{"type":"Whitespace"}"#)
    case .fixedLength(let count): text.append(#"{"type":"FixedLength","length":\#(count)}"#)
    case .scripts: text.append(#"{"type":"UnicodeScripts"}"#)
    }
    return text
  }

  private static func name(of behavior: PretokenizerStep.Behavior) -> String {
    behaviors.first { $0.1 == behavior }?.0 ?? ""
  }
}
