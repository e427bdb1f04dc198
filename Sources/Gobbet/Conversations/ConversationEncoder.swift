internal import GobbetBPE
internal import GobbetCorpus
internal import GobbetData

/// What a conversation cannot be encoded for.
public struct ChatTemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line for a terminal or a log.
  public let description: String
}

/// A template with the tokens of a vocabulary.
struct ConversationEncoder: Sendable {
  /// What says the masks of most conversations by their ids, where tokens delimit what counts.
  let rule: LossRule?
  private let template: ChatTemplate
  private let tokens: [String: TokenID]
  private let vocabulary: Vocabulary

  /// Looks the tokens of a template up.
  ///
  /// - Throws: ``ChatTemplateError`` for one that the vocabulary does not have.
  init(_ template: ChatTemplate, _ tokenizer: Tokenizer) throws(ChatTemplateError) {
    var tokens: [String: TokenID] = [:]
    for name in template.tokenNames.sorted() {
      guard
        let token = tokenizer.vocabulary.specialTokens.first(where: { $0.text == name })
      else {
        throw ChatTemplateError(
          description: "template \(template.name): the vocabulary has no special token \(name);"
            + " gobbet vocabulary add --special adds it")
      }
      tokens[name] = token.id
    }
    self.template = template
    self.tokens = tokens
    vocabulary = tokenizer.vocabulary
    rule = Self.rule(template, tokens, tokenizer)
  }

  /// The rule of a template: what counts begins after what stands before it, and ends with the token
  /// after it; nil if that isn't so.
  private static func rule(
    _ template: ChatTemplate, _ tokens: [String: TokenID], _ tokenizer: Tokenizer
  ) -> LossRule? {
    var openings: Set<[TokenID]> = []
    var closings: [TokenID: Bool] = [:]
    for turn in template.turns.values where turn.isCounted {
      var opening: [TokenID] = []
      for part in turn.before {
        switch part.kind {
        case .token(let name): opening.append(tokens[name] ?? 0)
        case .text(let text): opening += tokenizer.encoded(text)
        }
      }
      guard turn.before.contains(where: { if case .token = $0.kind { true } else { false } })
      else { return nil }
      openings.insert(opening)
      for after in [turn.after, turn.lastAfter ?? turn.after] {
        guard let last = after.first, case .token(let name) = last.kind, let id = tokens[name],
          closings.updateValue(last.isCounted, forKey: id) ?? last.isCounted == last.isCounted
        else { return nil }
      }
    }
    return LossRule(
      openings: openings.sorted { $0.lexicographicallyPrecedes($1) },
      closings: closings.map { LossRule.Closing($0.key, isCounted: $0.value) })
  }

  /// Adds the ids of a conversation to `ids`, and returns which of them count in a loss, counted from
  /// the first that is added.
  ///
  /// - Throws: ``ChatTemplateError`` if the last message was to join another one, or the vocabulary
  ///   changes texts so that it can't be told which of its tokens count.
  func encode(
    _ conversation: Conversation, _ encoder: inout TokenEncoder, into ids: inout [TokenID]
  ) throws(ChatTemplateError) -> [Range<Int>] {
    var writer = ConversationWriter(vocabulary, firstID: ids.count)
    func add(_ parts: [ChatTemplate.Part]) throws(ChatTemplateError) {
      for part in parts {
        switch part.kind {
        case .text(let text): writer.add(text.utf8, part.isCounted)
        case .token(let name):
          try writer.flush(&encoder, into: &ids)
          writer.add(tokens[name] ?? 0, part.isCounted, into: &ids)
        }
      }
    }
    try add(template.begin)
    let messages = withSystem(conversation)
    var joined: [UInt8] = []
    for (index, message) in messages.enumerated() {
      guard let turn = template.turns[message.role] else {
        throw ChatTemplateError(
          description: "template \(template.name): no role \(message.role)")
      }
      let content = template.trims ? Whitespace.trimmed(message.content) : message.content[...]
      let isLast = index + 1 == messages.count
      if let separator = turn.joinsNext {
        guard !isLast else {
          throw ChatTemplateError(
            description: "template \(template.name): a \(message.role) message without one after it"
          )
        }
        joined += content
        joined += separator.utf8
        continue
      }
      // With `between`, messages of a role that follow one another are one turn.
      let between = index > 0 && messages[index - 1].role == message.role ? turn.between : nil
      try add(between ?? turn.before)
      writer.add(joined + content, turn.isCounted)
      if index == 0, !conversation.tools.isEmpty, let tools = template.tools {
        if !content.isEmpty { writer.add(tools.joint.utf8, false) }
        try add(tools.before)
        writer.add(Array(conversation.tools.joined(separator: tools.between.utf8)), false)
        try add(tools.after)
      }
      try add(turn.parts(of: message.calls, afterText: !(joined.isEmpty && content.isEmpty)))
      joined = []
      if turn.between != nil, !isLast, messages[index + 1].role == message.role { continue }
      try add(isLast ? turn.lastAfter ?? turn.after : turn.after)
    }
    try add(template.end)
    try writer.flush(&encoder, into: &ids)
    return writer.counted
  }

  /// The messages, and before them what the system says where they don't begin with that, and the template
  /// has it say something or there are tools.
  private func withSystem(_ conversation: Conversation) -> [ConversationMessage] {
    let messages = conversation.messages
    guard messages.first?.role != ChatTemplate.systemRole,
      template.systemPrompt != nil || !conversation.tools.isEmpty
    else { return messages }
    let prompt = Array((template.systemPrompt ?? "").utf8)
    return [ConversationMessage(role: ChatTemplate.systemRole, content: prompt)] + messages
  }
}

/// The ids of a conversation as they come about: texts between special tokens are encoded as one.
private struct ConversationWriter {
  private let vocabulary: Vocabulary
  private let firstID: Int
  private var text: [UInt8] = []
  /// The bytes of `text` that count.
  private var countedBytes: [Range<Int>] = []
  /// The ids that count.
  private(set) var counted: [Range<Int>] = []

  init(_ vocabulary: Vocabulary, firstID: Int) {
    self.vocabulary = vocabulary
    self.firstID = firstID
  }

  mutating func add(_ bytes: some Collection<UInt8>, _ isCounted: Bool) {
    guard !bytes.isEmpty else { return }
    let start = text.count
    text += bytes
    guard isCounted else { return }
    if let last = countedBytes.last, last.upperBound == start {
      countedBytes[countedBytes.count - 1] = last.lowerBound..<text.count
    } else {
      countedBytes.append(start..<text.count)
    }
  }

  mutating func add(_ token: TokenID, _ isCounted: Bool, into ids: inout [TokenID]) {
    if isCounted { count(ids.count - firstID) }
    ids.append(token)
  }

  private mutating func count(_ id: Int) {
    if let last = counted.last, last.upperBound == id {
      counted[counted.count - 1] = last.lowerBound..<(id + 1)
    } else {
      counted.append(id..<(id + 1))
    }
  }

  /// Encodes the text; a token counts if one of its bytes does, as in transformers.
  mutating func flush(
    _ encoder: inout TokenEncoder, into ids: inout [TokenID]
  ) throws(ChatTemplateError) {
    let start = ids.count
    encoder.encode(text.span, into: &ids)
    defer {
      text = []
      countedBytes = []
    }
    if countedBytes.isEmpty { return }
    if countedBytes == [0..<text.count] {
      for id in start..<ids.count { count(id - firstID) }
      return
    }
    var place = 0
    var range = 0
    for id in start..<ids.count {
      let end = place + (vocabulary.bytes(of: ids[id])?.count ?? 0)
      while range < countedBytes.count, countedBytes[range].upperBound <= place { range += 1 }
      if range < countedBytes.count, countedBytes[range].lowerBound < end { count(id - firstID) }
      place = end
    }
    guard place == text.count else {
      throw ChatTemplateError(
        description: "the vocabulary changes texts, so that it can't be told which tokens count")
    }
  }
}

/// What Python takes for white space.
private enum Whitespace {
  private static let scalars: Set<UInt32> = Set(
    [0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000] + Array(0x09...0x0D)
      + Array(0x1C...0x1F) + Array(0x2000...0x200A))

  /// The bytes without white space at both ends.
  static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var trimmed = bytes[...]
    while let first = String(decoding: trimmed.prefix(4), as: UTF8.self).unicodeScalars.first,
      scalars.contains(first.value)
    {
      trimmed = trimmed.dropFirst(UTF8.width(first))
    }
    while let count = (1...3).first(where: { count in
      let end = String(decoding: trimmed.suffix(count), as: UTF8.self).unicodeScalars
      return end.count == 1 && count <= trimmed.count
        && end.first.map { UTF8.width($0) == count && scalars.contains($0.value) } ?? false
    }) {
      trimmed = trimmed.dropLast(count)
    }
    return trimmed
  }
}
