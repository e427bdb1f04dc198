internal import CGobbetJSON

extension JSONLineParser {
  /// Members of a message that say something which its content does not, and a template has no place
  /// for.
  private static let refusedMembers = [
    "function_call", "reasoning_content", "reasoning", "thinking", "refusal",
  ]

  /// The messages under `key`, or the instruction, input and output of the line where it has those, and
  /// the tools that it describes.
  ///
  /// - Throws: ``CorpusError`` without its place.
  func conversation(
    _ key: TextKey, _ options: ConversationOptions
  ) throws(CorpusError) -> Conversation {
    var conversation = Conversation(tools: try tools())
    do throws(CorpusError) {
      conversation.messages = try unsafe messages(value(key), key)
    } catch {
      guard case .missingKey = error.code else { throw error }
      guard let instruction = try instruction(options) else {
        throw Self.fault(.noMessages, "no key \(key.text), nor an instruction and an output")
      }
      conversation.messages = instruction
    }
    try Self.check(conversation, options)
    return conversation
  }

  private static func fault(_ kind: BadLineKind, _ text: String) -> CorpusError {
    CorpusError(.notAConversation(kind, text))
  }

  /// Refuses what the template has no place for, and what there is nothing to learn from.
  private static func check(
    _ conversation: Conversation, _ options: ConversationOptions
  ) throws(CorpusError) {
    let messages = conversation.messages
    if messages.isEmpty { throw fault(.noMessages, "there is no message to learn from") }
    for message in messages {
      guard options.roles.contains(message.role) else {
        let known = options.roles.sorted().joined(separator: ", ")
        throw fault(.unknownRole, "the template has no role \(message.role), only \(known)")
      }
      if message.calls.isEmpty { continue }
      switch options.toolCalls[message.role] {
      case .any: break
      case .alone:
        guard message.calls.count == 1, message.content.isEmpty else {
          throw fault(.toolCalls, "the template takes one tool call a message, without a text")
        }
      case nil:
        throw fault(
          .toolCalls, "the template doesn't say what tool calls of the \(message.role) become")
      }
    }
    guard messages.contains(where: { options.learnedRoles.contains($0.role) }) else {
      throw fault(.nothingToLearn, "there is no message to learn from")
    }
    if let last = messages.last, options.joiningRoles.contains(last.role) {
      throw fault(
        .noPlace, "a \(last.role) message is the last, and the template joins it to the next")
    }
    guard conversation.tools.isEmpty || options.takesTools else {
      throw fault(.noPlace, "the template has no place for tools: describe them in a message")
    }
  }

  private func messages(
    _ list: gobbet_json_value, _ key: TextKey
  ) throws(CorpusError) -> [ConversationMessage] {
    guard unsafe gobbet_json_kind_of(list) == GOBBET_JSON_ARRAY else {
      throw Self.fault(.wrongType, "the value of the key \(key.text) isn't a list")
    }
    var messages: [ConversationMessage] = []
    var cursor = unsafe gobbet_json_walk(list)
    var message = unsafe gobbet_json_value()
    // SAFETY: values belong to the parser, which holds the line that was parsed last.
    while unsafe gobbet_json_next(&cursor, nil, nil, &message) {
      let number = messages.count + 1
      func fault(_ kind: BadLineKind, _ text: String) -> CorpusError {
        Self.fault(kind, "message \(number) \(text)")
      }
      guard unsafe gobbet_json_kind_of(message) == GOBBET_JSON_OBJECT else {
        throw fault(.noRole, "isn't an object")
      }
      guard let role = try unsafe text("role", of: message) else {
        throw fault(.noRole, "has no role")
      }
      let name = String(decoding: role, as: UTF8.self)
      guard let first = role.first, Conversation.roles.contains(first), !role.contains(0) else {
        throw fault(.noRole, "has an empty role")
      }
      for key in Self.refusedMembers {
        guard let value = try unsafe member(key, of: message) else { continue }
        let kind = unsafe gobbet_json_kind_of(value)
        let isEmpty =
          unsafe kind == GOBBET_JSON_NULL || kind == GOBBET_JSON_ARRAY && isEmptyArray(value)
        guard isEmpty else {
          throw fault(.noPlace, "has \(key), which isn't text: put it into the content")
        }
      }
      let calls = try unsafe toolCalls(of: message, number: number)
      // Who calls a tool may say nothing.
      let isSilent = try unsafe calls.isEmpty ? false : isNull("content", of: message)
      let said = try unsafe text("content", of: message)
      guard let content = said ?? (isSilent ? [] : nil) else {
        throw fault(.notText, "has no content that is a text, or a list of texts")
      }
      messages.append(ConversationMessage(role: name, content: content, calls: calls))
    }
    return messages
  }

  /// The messages of a line with an instruction and an output; nil if it has neither.
  ///
  /// Where messages have no role of these names, a user says the instruction, and after an empty line the
  /// input, and the assistant the output.
  private func instruction(
    _ options: ConversationOptions
  ) throws(CorpusError) -> [ConversationMessage]? {
    var messages: [ConversationMessage] = []
    for key in ["instruction", "input", "output"] {
      guard let value = try unsafe member(key, of: unsafe line) else {
        if key == "input" { continue }
        return nil
      }
      if key == "input", unsafe gobbet_json_kind_of(value) == GOBBET_JSON_NULL { continue }
      guard let text = try unsafe text(of: value) else { throw CorpusError(.notAString(key: key)) }
      if key == "input", text.isEmpty { continue }
      messages.append(ConversationMessage(role: key, content: text))
    }
    guard !options.roles.contains("instruction"), options.roles.contains("user") else {
      return messages
    }
    let asked = messages.dropLast().map(\.content).joined(separator: Array("\n\n".utf8))
    return [
      ConversationMessage(role: "user", content: Array(asked)),
      ConversationMessage(role: "assistant", content: messages[messages.count - 1].content),
    ]
  }

  /// The text that a member is; nil if there is none, or it isn't text.
  private func text(
    _ key: String, of object: gobbet_json_value
  ) throws(CorpusError) -> [UInt8]? {
    guard let value = try unsafe member(key, of: object) else { return nil }
    return try unsafe text(of: value)
  }

  /// Whether an object doesn't have a member, or has null there.
  private func isNull(_ key: String, of object: gobbet_json_value) throws(CorpusError) -> Bool {
    guard let value = try unsafe member(key, of: object) else { return true }
    return unsafe gobbet_json_kind_of(value) == GOBBET_JSON_NULL
  }

  private func isEmptyArray(_ value: gobbet_json_value) -> Bool {
    var cursor = unsafe gobbet_json_walk(value)
    var element = unsafe gobbet_json_value()
    return unsafe !gobbet_json_next(&cursor, nil, nil, &element)
  }

  /// A member of an object; nil if there is none.
  func member(
    _ key: String, of object: gobbet_json_value
  ) throws(CorpusError) -> gobbet_json_value? {
    var found = unsafe gobbet_json_value()
    switch unsafe gobbet_json_find(object, Array(key.utf8), key.utf8.count, &found) {
    case 0: return nil
    case 1: return unsafe found
    default: throw CorpusError(.duplicateKey(key))
    }
  }

  /// The text that a content is: a string, or the texts of a list of parts one after the other; nil if
  /// it is anything else.
  private func text(of value: gobbet_json_value) throws(CorpusError) -> [UInt8]? {
    if let text = unsafe string(value) { return unsafe Array(text) }
    guard unsafe gobbet_json_kind_of(value) == GOBBET_JSON_ARRAY else { return nil }
    var texts: [UInt8] = []
    var cursor = unsafe gobbet_json_walk(value)
    var part = unsafe gobbet_json_value()
    while unsafe gobbet_json_next(&cursor, nil, nil, &part) {
      guard unsafe gobbet_json_kind_of(part) == GOBBET_JSON_OBJECT,
        let type = try unsafe member("type", of: part), let type = unsafe string(type),
        unsafe type.elementsEqual("text".utf8),
        let text = try unsafe member("text", of: part), let text = unsafe string(text)
      else { return nil }
      unsafe texts.append(contentsOf: text)
    }
    return texts
  }
}
