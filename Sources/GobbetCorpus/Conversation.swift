/// What somebody says in a conversation.
public struct ConversationMessage: Hashable, Sendable {
  /// Who says it, as `user` or `assistant`.
  public let role: String
  /// The text, UTF-8.
  public let content: [UInt8]

  /// Creates a message.
  public init(role: String, content: [UInt8]) {
    self.role = role
    self.content = content
  }
}

/// What is read as a conversation.
public struct ConversationOptions: Hashable, Sendable {
  /// The key whose value is the list of messages, written as ``CorpusOptions/textKey`` is.
  public var key: String
  /// The roles that messages may have; a line with another is a bad one.
  public var roles: Set<String>
  /// The roles of which a conversation has one at least, or else is a bad line: those from which there
  /// is something to learn.
  public var learnedRoles: Set<String>

  /// Creates options.
  public init(key: String = "messages", roles: Set<String>, learnedRoles: Set<String>) {
    self.key = key
    self.roles = roles
    self.learnedRoles = learnedRoles
  }
}

/// Messages as the text of a document, on their way from the parser to the encoder.
///
/// For each the bytes of its role, a zero byte, the length of its content in eight bytes, and the
/// content: conversations that differ have different texts.
package enum FramedConversation {
  /// The text of some messages.
  static func framed(_ messages: [ConversationMessage]) -> [UInt8] {
    var text: [UInt8] = []
    for message in messages {
      text += message.role.utf8
      text.append(0)
      for shift in 0..<8 {
        text.append(UInt8(truncatingIfNeeded: message.content.count >> (8 * shift)))
      }
      text += message.content
    }
    return text
  }

  /// The messages of a text that a parser made.
  package static func messages(_ text: Span<UInt8>) -> [ConversationMessage] {
    var messages: [ConversationMessage] = []
    var place = 0
    while place < text.count {
      var role: [UInt8] = []
      while text[place] != 0 {
        role.append(text[place])
        place += 1
      }
      place += 1
      let count = (0..<8).reduce(0) { $0 | Int(text[place + $1]) << (8 * $1) }
      place += 8
      var content: [UInt8] = []
      content.reserveCapacity(count)
      for index in place..<(place + count) { content.append(text[index]) }
      place += count
      messages.append(
        ConversationMessage(role: String(decoding: role, as: UTF8.self), content: content))
    }
    return messages
  }
}
