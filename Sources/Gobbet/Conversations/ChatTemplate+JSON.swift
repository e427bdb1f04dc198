internal import GobbetInterchange

extension ChatTemplate {
  /// Reads a template out of JSON.
  ///
  /// `path` names it in errors.
  /// - Throws: `InterchangeError` (`damaged`) for what isn't a template, an unknown member among it.
  public init(json: [UInt8], path: String? = nil) throws(InterchangeError) {
    let root = try JSONDocument(json, path: path).root
    try root.check(members: ["name", "begin", "end", "trim", "roles", "system", "tools"])
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
    systemPrompt = try root.text("system")
    tools = try root.member("tools").map { value throws(InterchangeError) in try Tools(value) }
    guard !learnedRoles.isEmpty else {
      throw root.error(.damaged("there is no role to learn from: nothing counts"))
    }
    let hasSystemTurn = turns[Self.systemRole].map { $0.joinsNext == nil } ?? false
    guard systemPrompt == nil && tools == nil || hasSystemTurn else {
      throw root.error(
        .damaged("system prompts and tools need a role system with a turn of its own"))
    }
  }
}

extension ChatTemplate.Turn {
  fileprivate init(_ value: JSONValue) throws(InterchangeError) {
    try value.check(members: [
      "before", "after", "last_after", "counts", "joins_next", "between", "calls",
    ])
    before = try ChatTemplate.Part.list(try value.member("before"))
    after = try ChatTemplate.Part.list(try value.member("after"))
    if let last = try value.member("last_after") { lastAfter = try ChatTemplate.Part.list(last) }
    isCounted = try value.flag("counts")
    if let between = try value.member("between") {
      self.between = try ChatTemplate.Part.list(between)
    }
    calls = try value.member("calls").map { value throws(InterchangeError) in
      try ChatTemplate.Calls(value)
    }
    joinsNext = try value.text("joins_next")
    if joinsNext != nil {
      guard before.isEmpty, after.isEmpty, between == nil, calls == nil, !isCounted else {
        throw value.error(
          .damaged("a turn that joins the next has nothing around it, and no calls"))
      }
    }
  }
}

extension ChatTemplate.Calls {
  fileprivate init(_ value: JSONValue) throws(InterchangeError) {
    try value.check(members: ["parts", "between"])
    guard let list = try value.member("parts"), list.isArray else {
      throw value.error(.damaged("no parts of a call"))
    }
    var parts: [Part] = []
    try list.forEach { _, part throws(InterchangeError) in
      try part.check(members: ["token", "text", "value"])
      switch (try part.text("token"), try part.text("text"), try part.text("value")) {
      case (let token?, nil, nil): parts.append(.token(token))
      case (nil, let text?, nil): parts.append(.text(text))
      case (nil, nil, "name"): parts.append(.name)
      case (nil, nil, "arguments"): parts.append(.arguments)
      default:
        throw part.error(
          .damaged("a part of a call is a token, a text, or the value name or arguments"))
      }
    }
    self.init(parts, between: try value.text("between"))
  }
}

extension ChatTemplate.Tools {
  fileprivate init(_ value: JSONValue) throws(InterchangeError) {
    try value.check(members: ["joint", "before", "between", "after"])
    self.init(
      joint: try value.text("joint") ?? "",
      before: try ChatTemplate.Part.list(try value.member("before")),
      between: try value.text("between") ?? "\n",
      after: try ChatTemplate.Part.list(try value.member("after")))
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

  /// A text; nil if there is none.
  fileprivate func text(_ key: String) throws(InterchangeError) -> String? {
    guard let value = try member(key) else { return nil }
    guard let text = value.string else { throw value.error(.damaged("no text")) }
    return text
  }

  /// A truth value; false if there is none.
  fileprivate func flag(_ key: String) throws(InterchangeError) -> Bool {
    guard let value = try member(key) else { return false }
    guard let bool = value.bool else { throw value.error(.damaged("neither true nor false")) }
    return bool
  }
}
