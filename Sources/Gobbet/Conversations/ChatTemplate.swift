internal import GobbetCorpus

/// How the messages of a conversation become tokens, and which of those count in a loss.
///
/// It is data, not a program: a small JSON file says all of it. Text inside a message never becomes a special token: only the template names those.
public struct ChatTemplate: Hashable, Sendable {
  /// A special token or a text that a template puts somewhere.
  public struct Part: Hashable, Sendable {
    /// What is put there.
    public enum Kind: Hashable, Sendable {
      /// The special token of this name.
      case token(String)
      /// A text.
      case text(String)
    }

    /// What is put there.
    public var kind: Kind
    /// Whether it counts in a loss.
    public var isCounted: Bool

    /// Creates a part.
    public init(_ kind: Kind, isCounted: Bool = false) {
      self.kind = kind
      self.isCounted = isCounted
    }
  }

  /// What a message of a role becomes.
  public struct Turn: Hashable, Sendable {
    /// What stands before the content.
    public var before: [Part] = []
    /// What stands after the content.
    public var after: [Part] = []
    /// What stands after the content of the last message of the conversation instead, if anything.
    public var lastAfter: [Part]?
    /// Whether the content counts in a loss.
    public var isCounted = false
    /// If the content is put before that of the next message, instead of being a turn of its own: what
    /// stands between the two.
    public var joinsNext: String?
    /// If messages of the role that follow one another are one turn: what stands between their contents.
    public var between: [Part]?
    /// What the tools that a message calls become; nil if it must not call any.
    public var calls: Calls?

    /// Creates a turn that is its content alone.
    public init() {}

    /// What calls become, after a text or without one.
    func parts(of toolCalls: [ToolCall], afterText: Bool) -> [Part] {
      guard let calls else { return [] }
      var parts: [Part] = []
      for (index, call) in toolCalls.enumerated() {
        if index > 0 || afterText {
          parts.append(Part(.text(calls.between ?? ""), isCounted: isCounted))
        }
        for part in calls.parts {
          let kind: Part.Kind =
            switch part {
            case .token(let name): .token(name)
            case .text(let text): .text(text)
            case .name: .text(String(decoding: call.name, as: UTF8.self))
            case .arguments: .text(String(decoding: call.arguments, as: UTF8.self))
            }
          parts.append(Part(kind, isCounted: isCounted))
        }
      }
      return parts
    }

    /// Whether there is something to learn from.
    var isLearned: Bool { isCounted || (before + after).contains { $0.isCounted } }
  }

  /// How a call of a tool is written.
  ///
  /// A call counts in a loss where the content of its message does.
  public struct Calls: Hashable, Sendable {
    /// A part of a call.
    public enum Part: Hashable, Sendable {
      /// The special token of this name.
      case token(String)
      /// A text.
      case text(String)
      /// The name of the function.
      case name
      /// The arguments: JSON as Python's `json.dumps` writes it, or the text that they were given as.
      case arguments
    }

    /// What each call becomes.
    public var parts: [Part]
    /// What stands between two calls, and between the content and the first; nil if a message is one
    /// call without a content.
    public var between: String?

    /// Creates a way to write calls.
    public init(_ parts: [Part], between: String? = nil) {
      self.parts = parts
      self.between = between
    }
  }

  /// How descriptions of tools, which a line has beside its messages, are put into the system message
  /// that comes first, or into one of their own.
  public struct Tools: Hashable, Sendable {
    /// What stands between the content of the system message and them.
    public var joint: String
    /// What stands before the first.
    public var before: [ChatTemplate.Part]
    /// What stands between two of them, each of which is JSON as Python's `json.dumps` writes it.
    public var between: String
    /// What stands after the last.
    public var after: [ChatTemplate.Part]

    /// Creates a way to write descriptions of tools.
    public init(
      joint: String = "", before: [ChatTemplate.Part] = [], between: String = "\n",
      after: [ChatTemplate.Part] = []
    ) {
      self.joint = joint
      self.before = before
      self.between = between
      self.after = after
    }
  }

  /// What the template is called.
  public var name: String
  /// What a conversation begins with.
  public var begin: [Part]
  /// What a conversation ends with.
  public var end: [Part]
  /// Whether white space at both ends of a content is left out.
  public var trims: Bool
  /// What the messages of each role become.
  public var turns: [String: Turn]
  /// What the system says in a conversation that begins with another role; nil for nothing.
  public var systemPrompt: String?
  /// How descriptions of tools are written; nil if there must not be any.
  public var tools: Tools?

  /// Creates a template.
  public init(
    name: String, begin: [Part] = [], end: [Part] = [], trims: Bool = false,
    turns: [String: Turn]
  ) {
    self.name = name
    self.begin = begin
    self.end = end
    self.trims = trims
    self.turns = turns
  }

  /// The role of what the system says.
  static let systemRole = "system"

  /// The roles that messages may have.
  public var roles: Set<String> { Set(turns.keys) }
  /// The roles from which there is something to learn.
  public var learnedRoles: Set<String> { Set(turns.filter(\.value.isLearned).keys) }

  /// What lines may hold, their messages under `key`.
  func conversations(key: String) -> ConversationOptions {
    var options = ConversationOptions(key: key, roles: roles, learnedRoles: learnedRoles)
    options.joiningRoles = Set(turns.filter { $0.value.joinsNext != nil }.keys)
    options.toolCalls = turns.compactMapValues { turn in
      turn.calls.map { $0.between == nil ? .alone : .any }
    }
    options.takesTools = tools != nil
    return options
  }

  /// The names of the special tokens that the template puts somewhere.
  var tokenNames: Set<String> {
    var names: Set<String> = []
    for part in begin + end + (tools.map { $0.before + $0.after } ?? []) {
      if case .token(let name) = part.kind { names.insert(name) }
    }
    for turn in turns.values {
      for part in turn.before + turn.after + (turn.lastAfter ?? []) + (turn.between ?? []) {
        if case .token(let name) = part.kind { names.insert(name) }
      }
      for case .token(let name) in turn.calls?.parts ?? [] { names.insert(name) }
    }
    return names
  }
}
