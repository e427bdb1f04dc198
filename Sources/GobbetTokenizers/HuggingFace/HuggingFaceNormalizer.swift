internal import GobbetBPE

/// The `normalizer` of a `tokenizer.json`.
enum HuggingFaceNormalizer {
  /// The steps of the normalizer of a file whose outermost object is `root`.
  ///
  /// - Throws: ``InterchangeError`` (`unsupported`) for one that has no counterpart.
  static func steps(_ root: JSONValue) throws(InterchangeError) -> [Normalizer] {
    var steps: [Normalizer] = []
    var parts = try HuggingFaceParts.flattened(try root.member("normalizer"), "normalizers")
    if try spellsBytes(root) { parts.removeLast() }
    for part in parts { steps.append(try step(part)) }
    return steps
  }

  /// Whether the last step is a `ByteLevel` without a pre-tokenizer after it, which does to a text what
  /// it does elsewhere to pretokens.
  static func spellsBytes(_ root: JSONValue) throws(InterchangeError) -> Bool {
    let normalizer = try root.member("normalizer")
    let pretokenizer = try root.member("pre_tokenizer")
    guard try HuggingFaceParts.flattened(pretokenizer, "pretokenizers").isEmpty,
      let last = try HuggingFaceParts.flattened(normalizer, "normalizers").last
    else { return false }
    return try HuggingFaceParts.type(of: last) == "ByteLevel"
  }

  private static func step(_ part: JSONValue) throws(InterchangeError) -> Normalizer {
    switch try HuggingFaceParts.type(of: part) {
    case "NFC": return .nfc
    case "NFD": return .nfd
    case "NFKC": return .nfkc
    case "NFKD": return .nfkd
    case "Prepend":
      guard let bytes = try part.member("prepend")?.bytes else {
        throw part.error(.damaged("no text to prepend"))
      }
      return .prepend(bytes)
    case "Replace":
      if let text = try part.member("pattern")?.member("Regex")?.string {
        guard let new = try part.member("content")?.bytes else {
          throw part.error(.damaged("a Replace without content"))
        }
        let expression = try HuggingFaceParts.expression(
          text, of: part, .isolated, isInverted: false)
        return .replaceMatches(expression, with: new)
      }
      let (old, new) = try HuggingFaceParts.replacement(part)
      return .replace(old, with: new)
    case "Strip":
      let left = try part.member("strip_left")?.bool ?? true
      return .strip(left: left, right: try part.member("strip_right")?.bool ?? true)
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "Nmt": return .nmt
    case "ByteLevel": return .byteLevel
    case "Precompiled": return .precompiled(try table(part))
    case "BertNormalizer", "Bert": return .bert(try bert(part))
    case let other: throw part.error(.unsupported("the normalizer \(other)"))
    }
  }

  /// The table of a `Precompiled`.
  private static func table(_ part: JSONValue) throws(InterchangeError) -> CharacterMap {
    let key = "precompiled_charsmap"
    guard let text = try part.member(key)?.bytes else {
      throw part.error(.damaged("no text"), key: key.utf8)
    }
    var bytes: [UInt8] = []
    guard Base64.decode(text.span, text.indices, appendingTo: &bytes),
      let map = CharacterMap(bytes)
    else { throw part.error(.damaged("not a table of characters"), key: key.utf8) }
    return map
  }

  /// What a `BertNormalizer` does; accents go with upper case unless the file says otherwise.
  private static func bert(_ part: JSONValue) throws(InterchangeError) -> BERTNormalization {
    var options: BERTNormalization = []
    if try flag(part, "clean_text") ?? true { options.insert(.cleansText) }
    if try flag(part, "handle_chinese_chars") ?? true { options.insert(.separatesChinese) }
    let lowercases = try flag(part, "lowercase") ?? true
    if lowercases { options.insert(.lowercases) }
    if try flag(part, "strip_accents") ?? lowercases { options.insert(.stripsAccents) }
    return options
  }

  /// A setting that is there and not null.
  private static func flag(_ part: JSONValue, _ key: String) throws(InterchangeError) -> Bool? {
    guard let value = try part.member(key), !value.isNull else { return nil }
    guard let flag = value.bool else { throw value.error(.damaged("not a boolean")) }
    return flag
  }

  /// Appends the steps as a file holds them.
  ///
  /// - Throws: ``InterchangeError`` (`notRepresentable`) for a step that a file has no place for.
  static func append(
    _ steps: [Normalizer], to text: inout [UInt8], path: String?
  ) throws(InterchangeError) {
    var parts: [[UInt8]] = []
    for step in steps { parts.append(try self.text(of: step, path)) }
    HuggingFaceParts.append(parts, as: "normalizers", to: &text)
  }

  private static func text(
    of step: Normalizer, _ path: String?
  ) throws(InterchangeError) -> [UInt8] {
    var text: [UInt8] = []
    switch step {
    case .nfc: text.append(#"{"type":"NFC"}"#)
    case .nfd: text.append(#"{"type":"NFD"}"#)
    case .nfkc: text.append(#"{"type":"NFKC"}"#)
    case .nfkd: text.append(#"{"type":"NFKD"}"#)
    case .prepend(let bytes):
      text.append(#"{"type":"Prepend","prepend":"#)
      text.append(quoted: bytes)
      text.append("}")
    case .replace(let old, let new):
      HuggingFaceParts.appendReplacement(of: old, by: new, to: &text)
    case .replaceMatches(let expression, let new):
      guard let other = expression.spelled(for: .oniguruma) else {
        throw InterchangeError(
          .notRepresentable("an expression that tokenizers reads otherwise"), path: path)
      }
      text.append(#"{"type":"Replace","pattern":{"Regex":"#)
      text.append(quoted: Array(other.text.utf8))
      text.append(#"},"content":"#)
      text.append(quoted: new)
      text.append("}")
    case .strip(let left, let right):
      text.append(#"{"type":"Strip","strip_left":\#(left),"strip_right":\#(right)}"#)
    case .lowercase: text.append(#"{"type":"Lowercase"}"#)
    case .stripAccents: text.append(#"{"type":"StripAccents"}"#)
    case .nmt: text.append(#"{"type":"Nmt"}"#)
    case .byteLevel: text.append(#"{"type":"ByteLevel"}"#)
    case .precompiled(let map):
      text.append(#"{"type":"Precompiled","precompiled_charsmap":""#)
      Base64.encode(map.bytes[...], appendingTo: &text)
      text.append(#""}"#)
    case .characterMap, .collapseSpaces:
      // A Precompiled makes something else of the same table.
      throw InterchangeError(
        .notRepresentable("SentencePiece's normalizer, which tokenizer.json has no place for"),
        path: path)
    case .bert(let options):
      text.append(#"{"type":"BertNormalizer","clean_text":\#(options.contains(.cleansText)),"#)
      text.append(#""handle_chinese_chars":\#(options.contains(.separatesChinese)),"#)
      text.append(#""strip_accents":\#(options.contains(.stripsAccents)),"#)
      text.append(#""lowercase":\#(options.contains(.lowercases))}"#)
    }
    return text
  }
}

/// What the parts of a `tokenizer.json` have in common.
enum HuggingFaceParts {
  /// Sequences in sequences are followed no further.
  private static let maximumDepth = 64

  /// The type of a part.
  static func type(of part: JSONValue) throws(InterchangeError) -> String {
    try part.member("type")?.string ?? "without a type"
  }

  /// The part, or the members of a `Sequence`, in whose place those of sequences in it stand.
  ///
  /// - Throws: ``InterchangeError`` for a sequence that is malformed or too deep.
  static func flattened(
    _ part: JSONValue?, _ key: String, depth: Int = 0, in outermost: JSONValue? = nil
  ) throws(InterchangeError) -> [JSONValue] {
    guard let part, !part.isNull else { return [] }
    guard try type(of: part) == "Sequence" else { return [part] }
    guard depth < maximumDepth else {
      let place = outermost ?? part
      throw place.error(.unsupported("more than \(maximumDepth) sequences in each other"))
    }
    guard let list = try part.member(key), list.isArray else {
      throw part.error(.damaged("a Sequence without \(key)"))
    }
    var parts: [JSONValue] = []
    try list.forEach { (_, member) throws(InterchangeError) in
      parts += try flattened(member, key, depth: depth + 1, in: outermost ?? part)
    }
    return parts
  }

  /// Appends one part, several as a `Sequence`, or `null` for none.
  static func append(_ parts: [[UInt8]], as key: String, to text: inout [UInt8]) {
    guard parts.count != 1 else {
      text += parts[0]
      return
    }
    guard !parts.isEmpty else {
      text.append("null")
      return
    }
    text.append(#"{"type":"Sequence","\#(key)":["#)
    for (position, part) in parts.enumerated() {
      if position > 0 { text.append(",") }
      text += part
    }
    text.append("]}")
  }

  /// What a `Replace` looks for, and what it puts there.
  static func replacement(_ part: JSONValue) throws(InterchangeError) -> ([UInt8], [UInt8]) {
    let old = try literal(part)
    guard let new = try part.member("content")?.bytes else {
      throw part.error(.damaged("a Replace without content"))
    }
    return (old, new)
  }

  /// The expression of a part.
  ///
  /// - Throws: ``InterchangeError``: `unsupported` with what isn't supported of it, `damaged` for one
  ///   that is malformed.
  static func expression(
    _ text: String, of part: JSONValue, _ behavior: PretokenizerStep.Behavior, isInverted: Bool
  ) throws(InterchangeError) -> SplitExpression {
    do {
      return try SplitExpression(
        text, dialect: .oniguruma, behavior: behavior, isInverted: isInverted)
    } catch {
      throw part.error(.init(error))
    }
  }

  /// The text that a part looks for.
  ///
  /// - Throws: ``InterchangeError`` (`unsupported`) for an expression.
  static func literal(_ part: JSONValue) throws(InterchangeError) -> [UInt8] {
    let pattern = try part.member("pattern")
    if let expression = try pattern?.member("Regex")?.string {
      throw part.error(.unsupported("the expression \(expression)"))
    }
    guard let bytes = try pattern?.member("String")?.bytes, !bytes.isEmpty else {
      throw part.error(.damaged("no text to look for"))
    }
    return bytes
  }

  /// Appends a `Replace`.
  static func appendReplacement(of old: [UInt8], by new: [UInt8], to text: inout [UInt8]) {
    text.append(#"{"type":"Replace","pattern":{"String":"#)
    text.append(quoted: old)
    text.append(#"},"content":"#)
    text.append(quoted: new)
    text.append("}")
  }
}
