public import GobbetBPE
internal import GobbetSystem

extension TekkenJSON {
  /// The parts of a file, beside its tokens, that a vocabulary keeps: the version of the configuration,
  /// and how images and sounds become tokens.
  static let keptKey = "tekken"

  /// Writes `vocabulary` as Mistral writes its own.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) if mistral-common would not encode
  ///   with the file as the vocabulary does.
  public static func write(
    _ vocabulary: Vocabulary, to path: String, replacing: Bool = false
  ) throws {
    try writeWholeFile(try text(of: vocabulary, path: path), to: path, replacing: replacing)
  }

  /// What a file doesn't say of a vocabulary.
  package static func parts(leftOutOf vocabulary: Vocabulary) -> [String] {
    vocabulary.pipeline.template == nil ? [] : ["the special tokens around a text"]
  }

  /// The bytes of the file.
  static func text(of vocabulary: Vocabulary, path: String?) throws(InterchangeError) -> [UInt8] {
    func refusal(_ what: String) -> InterchangeError {
      InterchangeError(.notRepresentable("\(what), which tekken.json has no place for"), path: path)
    }
    try vocabulary.requireText(path, of: "tekken.json")
    guard let expression = expression(vocabulary.pattern) else {
      throw refusal("the pattern \(vocabulary.pattern.name ?? "of its own")")
    }
    try TiktokenRanks.checkMerges(of: vocabulary, path)
    let specials = vocabulary.specialTokens
    for (position, token) in specials.enumerated() {
      guard Int(token.id) == position else {
        throw refusal("the special token \(token.text) behind an ordinary one")
      }
      guard token.matching == [], isUTF8(token.bytes) else {
        throw refusal("how \(token.text) is found")
      }
    }
    let tokens = vocabulary.tokens
    let first = TokenID(truncatingIfNeeded: specials.count)
    let end = TokenID(truncatingIfNeeded: tokens.count)
    guard end >= first + 256, (first..<end).allSatisfy({ tokens.contains($0) }) else {
      throw refusal("an id without a token")
    }
    guard (0..<256).allSatisfy({ tokens[first + $0].elementsEqual([UInt8($0)]) }) else {
      throw refusal("another order of bytes than their values")
    }
    return text(expression, specials, tokens, first..<end, try kept(by: vocabulary))
  }

  /// The expression that tiktoken cuts text by as the pattern does; nil if there is none.
  private static func expression(_ pattern: SplitPattern) -> String? {
    if let own = pattern.expression {
      guard own.behavior == .isolated || own.behavior == .removed && own.isInverted else {
        return nil
      }
      return own.spelled(for: .tiktoken)?.text
    }
    return pattern.regularExpression.flatMap {
      SplitPattern(regularExpression: $0, dialect: .tiktoken) == pattern ? $0 : nil
    }
  }

  /// The kept members of the file that the vocabulary comes from.
  private static func kept(
    by vocabulary: Vocabulary
  ) throws(InterchangeError) -> (version: String, others: [(key: String, text: String)]) {
    var version = "v3"
    var others: [(key: String, text: String)] = []
    try vocabulary.keptSettings(keptKey)?.forEach { (key, value) throws(InterchangeError) in
      let key = String(decoding: key, as: UTF8.self)
      if key == "version" {
        version = value.string ?? version
      } else {
        others.append((key, String(decoding: value.text, as: UTF8.self)))
      }
    }
    return (version, others)
  }

  private static func text(
    _ expression: String, _ specials: SpecialTokens, _ tokens: TokenTable, _ ids: Range<TokenID>,
    _ kept: (version: String, others: [(key: String, text: String)])
  ) -> [UInt8] {
    var text: [UInt8] = []
    text.append("{\n    \"config\": {\n        \"pattern\": ")
    text.append(ascii: expression)
    text.append(",\n        \"num_vocab_tokens\": \(ids.count)")
    text.append(",\n        \"default_vocab_size\": \(tokens.count)")
    text.append(",\n        \"default_num_special_tokens\": \(specials.count)")
    text.append(",\n        \"version\": ")
    text.append(ascii: kept.version)
    text.append("\n    },\n    \"vocab\": [")
    for id in ids {
      text.append(id == ids.lowerBound ? "\n" : ",\n")
      text.append("        {\n            \"rank\": \(id - ids.lowerBound)")
      text.append(",\n            \"token_bytes\": \"")
      Base64.encode(tokens[id], appendingTo: &text)
      text.append("\",\n            \"token_str\": ")
      if let token = String(validating: tokens[id], as: UTF8.self) {
        text.append(ascii: token)
      } else {
        text.append("null")
      }
      text.append("\n        }")
    }
    text.append("\n    ]")
    let texts = specials.map(\.text)
    // Older files leave the names out, and every file those that its reader makes up.
    if texts != texts.indices.map({ name(of: $0) }) {
      let end = texts.indices.last { texts[$0] != madeUpName(of: $0) }.map { $0 + 1 } ?? 0
      text.append(",\n    \"special_tokens\": [")
      for id in 0..<end {
        text.append(id == 0 ? "\n" : ",\n")
        text.append("        {\n            \"rank\": \(id),\n            \"token_str\": ")
        text.append(ascii: texts[id])
        text.append(",\n            \"is_control\": true\n        }")
      }
      text.append(end == 0 ? "]" : "\n    ]")
    }
    for (key, value) in kept.others {
      text.append(",\n    ")
      text.append(ascii: key)
      text.append(": " + value)
    }
    text.append("\n}\n")
    return text
  }
}

extension [UInt8] {
  /// Appends a JSON string without other characters than those of ASCII, as Python's `json` does.
  fileprivate mutating func append(ascii text: String) {
    var quoted: [UInt8] = []
    quoted.append(quoted: text.utf8)
    for unit in String(decoding: quoted, as: UTF8.self).utf16 {
      if let byte = UInt8(exactly: unit), byte < 0x7F {
        append(byte)
      } else {
        let digits = String(unit, radix: 16)
        append(#"\u"# + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
      }
    }
  }
}
