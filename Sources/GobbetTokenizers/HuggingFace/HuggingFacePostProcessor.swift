internal import GobbetBPE

/// The `post_processor` of a `tokenizer.json`: what it puts around a single text.
enum HuggingFacePostProcessor {
  /// The special tokens around a text; nil if there are none, or more than that happens to it.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`) for a post-processor that is malformed.
  static func template(
    _ processor: JSONValue?
  ) throws(InterchangeError) -> SpecialTokenTemplate? {
    var whole = SpecialTokenTemplate(before: [], after: [])
    for part in try HuggingFaceParts.flattened(processor, "processors") {
      guard let template = try around(part) else { return nil }
      whole.before = template.before + whole.before
      whole.after += template.after
    }
    return whole.before.isEmpty && whole.after.isEmpty ? nil : whole
  }

  /// Appends the part of a file that does what a vocabulary's template says, or `null`.
  static func append(_ vocabulary: Vocabulary, to text: inout [UInt8]) {
    guard let template = vocabulary.pipeline.template else {
      text.append("null")
      return
    }
    /// A token's name in the file.
    func name(_ id: TokenID) -> [UInt8] {
      var quoted: [UInt8] = []
      quoted.append(quoted: vocabulary.bytes(of: id) ?? [])
      return quoted
    }
    func append(_ pieces: [(id: TokenID?, type: Int)]) {
      for (position, piece) in pieces.enumerated() {
        if position > 0 { text.append(",") }
        if let id = piece.id {
          text.append(#"{"SpecialToken":{"id":"#)
          text += name(id)
          text.append(#","type_id":\#(piece.type)}}"#)
        } else {
          text.append(#"{"Sequence":{"id":"\#(piece.type == 0 ? "A" : "B")","#)
          text.append(#""type_id":\#(piece.type)}}"#)
        }
      }
    }
    let (before, after) = (template.before, template.after)
    let first: [(TokenID?, Int)] = before.map { ($0, 0) } + [(nil, 0)] + after.map { ($0, 0) }
    let second: [(TokenID?, Int)] = before.map { ($0, 1) } + [(nil, 1)] + after.map { ($0, 1) }
    text.append(#"{"type":"TemplateProcessing","single":["#)
    append(first)
    text.append(#"],"pair":["#)
    append(first + second)
    text.append(#"],"special_tokens":{"#)
    for (position, id) in Set(before + after).sorted().enumerated() {
      if position > 0 { text.append(",") }
      text += name(id)
      text.append(#":{"id":"#)
      text += name(id)
      text.append(#","ids":[\#(id)],"tokens":["#)
      text += name(id)
      text.append("]}")
    }
    text.append("}}")
  }

  private static func around(_ part: JSONValue) throws(InterchangeError) -> SpecialTokenTemplate? {
    switch try HuggingFaceParts.type(of: part) {
    case "ByteLevel": return SpecialTokenTemplate(before: [], after: [])
    case "BertProcessing", "RobertaProcessing":
      return SpecialTokenTemplate(before: [try id(part, "cls")], after: [try id(part, "sep")])
    case "TemplateProcessing": return try around(template: part)
    case let other: throw part.error(.unsupported("the post-processor \(other)"))
    }
  }

  /// The id in a pair of text and id.
  private static func id(_ part: JSONValue, _ key: String) throws(InterchangeError) -> TokenID {
    var members: [JSONValue] = []
    try part.member(key)?.forEach { _, member in members.append(member) }
    guard members.count == 2, let id = members[1].size, id < TokenTable.maximumCount else {
      throw part.error(.damaged("no text and id"), key: key.utf8)
    }
    return TokenID(id)
  }

  private static func around(
    template: JSONValue
  ) throws(InterchangeError) -> SpecialTokenTemplate? {
    guard let single = try template.member("single"), single.isArray else {
      throw template.error(.damaged("no template"), key: "single".utf8)
    }
    var whole = SpecialTokenTemplate(before: [], after: [])
    var textCount = 0
    try single.forEach { (_, piece) throws(InterchangeError) in
      guard let name = try piece.member("SpecialToken")?.member("id")?.string else {
        textCount += 1
        return
      }
      var ids: [TokenID] = []
      let token = try template.member("special_tokens")?.member(name)
      try token?.member("ids")?.forEach { (_, id) throws(InterchangeError) in
        guard let id = id.size, id < TokenTable.maximumCount else {
          throw template.error(.damaged("not an id"), key: name.utf8)
        }
        ids.append(TokenID(id))
      }
      guard !ids.isEmpty else {
        throw template.error(.damaged("has no ids"), key: "special_tokens.\(name)".utf8)
      }
      if textCount == 0 { whole.before += ids } else { whole.after += ids }
    }
    // A text that is left out, or comes twice, has no counterpart.
    return textCount == 1 ? whole : nil
  }
}
