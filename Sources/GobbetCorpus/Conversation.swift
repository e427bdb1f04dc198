/// What somebody says in a conversation.
public struct ConversationMessage: Hashable, Sendable {
  /// Who says it, as `user` or `assistant`.
  public let role: String
  /// The text, UTF-8.
  public let content: [UInt8]
  /// The tools that are called after the text.
  public let calls: [ToolCall]

  /// Bytes of the text, and of the names and arguments of the calls.
  package var byteCount: Int {
    calls.reduce(content.count) { $0 + $1.name.count + $1.arguments.count }
  }

  /// Creates a message.
  public init(role: String, content: [UInt8], calls: [ToolCall] = []) {
    self.role = role
    self.content = content
    self.calls = calls
  }
}

/// A function that a message calls.
public struct ToolCall: Hashable, Sendable {
  /// The name of the function, UTF-8, without what JSON escapes.
  public let name: [UInt8]
  /// The arguments as the text of a JSON object.
  public let arguments: [UInt8]

  /// Creates a call.
  public init(name: [UInt8], arguments: [UInt8]) {
    self.name = name
    self.arguments = arguments
  }
}

/// What is read as a conversation.
public struct ConversationOptions: Hashable, Sendable {
  /// How messages of a role may call tools.
  public enum ToolCalls: Hashable, Sendable {
    /// A message is one call, without a text.
    case alone
    /// A message has any number of calls, after a text or without one.
    case any
  }

  /// The key whose value is the list of messages, written as ``CorpusOptions/textKey`` is.
  public var key: String
  /// The roles that messages may have; a line with another is a bad one.
  public var roles: Set<String>
  /// The roles of which a conversation has one at least, or else is a bad line: those from which there
  /// is something to learn.
  public var learnedRoles: Set<String>
  /// The roles whose messages aren't the last of a conversation, since they are put into the next.
  public var joiningRoles: Set<String> = []
  /// The roles whose messages may call tools.
  public var toolCalls: [String: ToolCalls] = [:]
  /// Whether a line may describe tools.
  public var takesTools = false

  /// Creates options.
  public init(key: String = "messages", roles: Set<String>, learnedRoles: Set<String>) {
    self.key = key
    self.roles = roles
    self.learnedRoles = learnedRoles
  }
}

/// The messages of a line, and the tools that it describes.
package struct Conversation: Hashable, Sendable {
  /// The description of each tool as the text of a JSON object.
  package var tools: [[UInt8]] = []
  /// What is said, in order.
  package var messages: [ConversationMessage] = []

  package init(tools: [[UInt8]] = [], messages: [ConversationMessage] = []) {
    self.tools = tools
    self.messages = messages
  }
}

/// A conversation as the text of a document, on its way from the parser to the encoder.
///
/// For each message the bytes of its role, a zero byte, the length of its content in eight bytes, and the
/// content: conversations that differ have different texts. A call follows its message, with its name
/// after a byte 1 for the role, and tools come first, with a byte 2 for it.
extension Conversation {
  private static let callMark: UInt8 = 1
  private static let toolMark: UInt8 = 2
  /// Roles begin with larger bytes.
  static let roles: ClosedRange<UInt8> = 3...0xFF

  /// The text of the conversation.
  var framed: [UInt8] {
    var text: [UInt8] = []
    func add(_ role: some Sequence<UInt8>, _ content: [UInt8]) {
      text += role
      text.append(0)
      for shift in 0..<8 {
        text.append(UInt8(truncatingIfNeeded: content.count >> (8 * shift)))
      }
      text += content
    }
    for tool in tools { add([Self.toolMark], tool) }
    for message in messages {
      add(message.role.utf8, message.content)
      for call in message.calls { add([Self.callMark] + call.name, call.arguments) }
    }
    return text
  }

  /// The conversation of a text that a parser made.
  package init(framed text: Span<UInt8>) {
    var place = 0
    func bytes(_ count: Int) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count)
      for index in place..<(place + count) { bytes.append(text[index]) }
      return bytes
    }
    while place < text.count {
      var end = place
      while text[end] != 0 { end += 1 }
      let role = bytes(end - place)
      place = end + 1
      let count = (0..<8).reduce(0) { $0 | Int(text[place + $1]) << (8 * $1) }
      place += 8
      let content = bytes(count)
      place += count
      switch role.first {
      case Self.toolMark: tools.append(content)
      case Self.callMark:
        let call = ToolCall(name: Array(role.dropFirst()), arguments: content)
        guard let message = messages.popLast() else { continue }
        messages.append(
          ConversationMessage(
            role: message.role, content: message.content, calls: message.calls + [call]))
      default:
        messages.append(
          ConversationMessage(role: String(decoding: role, as: UTF8.self), content: content))
      }
    }
  }
}
