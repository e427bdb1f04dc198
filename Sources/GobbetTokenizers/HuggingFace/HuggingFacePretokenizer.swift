internal import GobbetBPE

/// The `pre_tokenizer` of a `tokenizer.json`: steps, and after them a pattern, which is that of a
/// `ByteLevel`, or of `Split`s by known expressions, or else the expression of the last `Split`.
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
    var splits: [(text: String, part: JSONValue)] = []
    isByteLevel = try HuggingFaceNormalizer.spellsBytes(root)
    for part in try HuggingFaceParts.flattened(pretokenizer, "pretokenizers") {
      let type = try HuggingFaceParts.type(of: part)
      guard !isByteLevel else {
        throw part.error(.unsupported("the pre-tokenizer \(type) after a ByteLevel"))
      }
      if type == "Split", let text = try part.member("pattern")?.member("Regex")?.string {
        splits.append((text, part))
        continue
      }
      let isByteLevel = type == "ByteLevel"
      let cuts = try part.member("use_regex")?.bool != false && isByteLevel
      let prefixes = try part.member("add_prefix_space")?.bool != false && isByteLevel
      if !isByteLevel || cuts || prefixes {
        // The expressions so far are not what the text is cut by last.
        for split in splits { steps.append(.expression(try Self.expression(split))) }
        splits = []
      }
      guard isByteLevel else {
        steps.append(try Self.step(part, type))
        continue
      }
      self.isByteLevel = true
      if prefixes { steps.append(.prefixSpace) }
      if cuts { pattern = .gpt2 }
    }
    try readLast(splits)
  }

  /// Reads the `Split`s that nothing comes after.
  private mutating func readLast(
    _ splits: [(text: String, part: JSONValue)]
  ) throws(InterchangeError) {
    guard let last = splits.last else { return }
    // Known expressions match every scalar, so that matches, or what is between them, is all one.
    var cutting = splits[...]
    for split in splits.reversed() {
      let behavior = try Self.behavior(split.part)
      let isInverted = try split.part.member("invert")?.bool ?? false
      guard (behavior == .isolated && !isInverted) || (behavior == .removed && isInverted) else {
        cutting = []
        break
      }
    }
    if let known = SplitPattern(regularExpressions: cutting.map(\.text)) {
      pattern = known
      return
    }
    for split in splits.dropLast() { steps.append(.expression(try Self.expression(split))) }
    let expression = try Self.expression(last)
    let isPlain = expression.behavior == .isolated && !expression.isInverted
    let known = isPlain ? SplitPattern(regularExpression: last.text) : nil
    pattern = known ?? SplitPattern(expression)
  }

  /// The expression of a `Split`.
  private static func expression(
    _ split: (text: String, part: JSONValue)
  ) throws(InterchangeError) -> SplitExpression {
    let behavior = try behavior(split.part)
    let isInverted = try split.part.member("invert")?.bool ?? false
    return try HuggingFaceParts.expression(
      split.text, of: split.part, behavior, isInverted: isInverted)
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

  /// Refuses a vocabulary with an expression that Oniguruma and its own library read differently.
  static func requireSpelling(_ vocabulary: Vocabulary, path: String?) throws(InterchangeError) {
    var expressions = vocabulary.pattern.expression.map { [$0] } ?? []
    for case .expression(let expression) in vocabulary.pipeline.pretokenizers {
      expressions.append(expression)
    }
    for expression in expressions where expression.spelled(for: .oniguruma) == nil {
      throw InterchangeError(
        .notRepresentable(
          "the expression \(expression.text), which means something else in a tokenizer.json"),
        path: path)
    }
  }

  /// Appends the pre-tokenizer of a vocabulary.
  static func append(_ vocabulary: Vocabulary, to text: inout [UInt8]) {
    let pattern = vocabulary.pattern
    var steps = vocabulary.pipeline.pretokenizers[...]
    var parts: [[UInt8]] = []
    var byteLevel: [UInt8]?
    if vocabulary.pipeline.symbols.unit == .byte {
      // A ByteLevel puts the space in front of what it cuts itself, not of what a Split cuts.
      let prefixes = steps.last == .prefixSpace && (pattern == .gpt2 || pattern == .whole)
      if prefixes { steps = steps.dropLast() }
      byteLevel = []
      byteLevel?.append(
        #"{"type":"ByteLevel","add_prefix_space":\#(prefixes),"trim_offsets":true,"#
          + #""use_regex":\#(pattern == .gpt2)}"#)
    }
    parts += steps.map(Self.text(of:))
    if let expression = pattern.expression {
      parts.append(Self.text(of: .expression(expression)))
    } else if pattern != .gpt2 {
      for expression in pattern.regularExpressions {
        parts.append(Self.split("Regex", expression.utf8, .isolated, isInverted: false))
      }
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
      text = split("String", bytes, behavior, isInverted: isInverted)
    case .expression(let expression):
      text = split(
        "Regex", expression.text.utf8, expression.behavior, isInverted: expression.isInverted)
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

  private static func split(
    _ kind: String, _ pattern: some Collection<UInt8>, _ behavior: PretokenizerStep.Behavior,
    isInverted: Bool
  ) -> [UInt8] {
    var text: [UInt8] = []
    let name = name(of: behavior)
    text.append(#"{"type":"Split","pattern":{"\#(kind)":"#)
    text.append(quoted: pattern)
    text.append(#"},"behavior":"\#(name)","invert":\#(isInverted)}"#)
    return text
  }

  private static func name(of behavior: PretokenizerStep.Behavior) -> String {
    behaviors.first { $0.1 == behavior }?.0 ?? ""
  }
}
