internal import GobbetFile
internal import GobbetInterchange

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

    /// Creates a turn that is its content alone.
    public init() {}

    /// Whether there is something to learn from.
    var isLearned: Bool { isCounted || (before + after).contains { $0.isCounted } }
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

  /// What tells templates apart, whatever they are called.
  var contentID: ContentDigest {
    func text(_ parts: [Part]) -> String {
      parts.map { part in
        switch part.kind {
        case .token(let name): "T\(name.utf8.count):\(name)\(part.isCounted)"
        case .text(let text): "S\(text.utf8.count):\(text)\(part.isCounted)"
        }
      }.joined()
    }
    var content = "\(trims);\(text(begin));\(text(end))"
    for (role, turn) in turns.sorted(by: { $0.key < $1.key }) {
      let joins = turn.joinsNext.map { "J\($0.utf8.count):\($0)" } ?? ""
      content += ";\(role.utf8.count):\(role);\(text(turn.before));\(text(turn.after));"
      content += "\(turn.lastAfter.map(text) ?? "-");\(turn.isCounted);\(joins)"
    }
    return ContentDigest(of: Array(content.utf8).span)
  }

  /// The roles that messages may have.
  public var roles: Set<String> { Set(turns.keys) }
  /// The roles from which there is something to learn.
  public var learnedRoles: Set<String> { Set(turns.filter(\.value.isLearned).keys) }
}

extension ChatTemplate {
  /// Reads a template out of JSON.
  ///
  /// `path` names it in errors.
  /// - Throws: `InterchangeError` (`damaged`) for what isn't a template, an unknown member among it.
  public init(json: [UInt8], path: String? = nil) throws(InterchangeError) {
    let root = try JSONDocument(json, path: path).root
    try root.check(members: ["name", "begin", "end", "trim", "roles"])
    guard let name = try root.member("name")?.string else {
      throw root.error(.damaged("no name"))
    }
    guard let roles = try root.member("roles"), roles.isObject else {
      throw root.error(.damaged("no roles"))
    }
    var turns: [String: Turn] = [:]
    try roles.forEach { key, value throws(InterchangeError) in
      let role = String(decoding: key, as: UTF8.self)
      guard !role.isEmpty, turns.updateValue(try Turn(value), forKey: role) == nil else {
        throw value.error(.damaged("a role without a name, or twice"))
      }
    }
    self.init(
      name: name, begin: try Part.list(try root.member("begin")),
      end: try Part.list(try root.member("end")), trims: try root.flag("trim"), turns: turns)
    guard !learnedRoles.isEmpty else {
      throw root.error(.damaged("there is no role to learn from: nothing counts"))
    }
  }
}

extension ChatTemplate.Turn {
  fileprivate init(_ value: JSONValue) throws(InterchangeError) {
    try value.check(members: ["before", "after", "last_after", "counts", "joins_next"])
    before = try ChatTemplate.Part.list(try value.member("before"))
    after = try ChatTemplate.Part.list(try value.member("after"))
    if let last = try value.member("last_after") { lastAfter = try ChatTemplate.Part.list(last) }
    isCounted = try value.flag("counts")
    if let joins = try value.member("joins_next") {
      guard let text = joins.string else { throw joins.error(.damaged("no text")) }
      joinsNext = text
      guard before.isEmpty, after.isEmpty, !isCounted else {
        throw joins.error(.damaged("a turn that joins the next has nothing around it"))
      }
    }
  }
}

extension ChatTemplate.Part {
  fileprivate static func list(_ value: JSONValue?) throws(InterchangeError) -> [Self] {
    guard let value else { return [] }
    guard value.isArray else { throw value.error(.damaged("no list of tokens and texts")) }
    var parts: [Self] = []
    try value.forEach { _, part throws(InterchangeError) in
      try part.check(members: ["token", "text", "counts"])
      let isCounted = try part.flag("counts")
      switch (try part.member("token")?.string, try part.member("text")?.string) {
      case (let token?, nil): parts.append(Self(.token(token), isCounted: isCounted))
      case (nil, let text?): parts.append(Self(.text(text), isCounted: isCounted))
      default: throw part.error(.damaged("a part is a token or a text"))
      }
    }
    return parts
  }
}

extension JSONValue {
  /// Checks that the value is an object without other members than these.
  fileprivate func check(members: Set<String>) throws(InterchangeError) {
    guard isObject else { throw error(.damaged("no object")) }
    try forEach { key, _ throws(InterchangeError) in
      let key = String(decoding: key, as: UTF8.self)
      guard members.contains(key) else {
        let known = members.sorted().joined(separator: ", ")
        throw error(.damaged("\(key) isn't one of \(known)"))
      }
    }
  }

  /// A truth value; false if there is none.
  fileprivate func flag(_ key: String) throws(InterchangeError) -> Bool {
    guard let value = try member(key) else { return false }
    guard let bool = value.bool else { throw value.error(.damaged("neither true nor false")) }
    return bool
  }
}
