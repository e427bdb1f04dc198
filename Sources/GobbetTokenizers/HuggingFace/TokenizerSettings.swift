internal import GobbetSystem

/// What the files beside a vocabulary say of a tokenizer that changes no ids: which special tokens have
/// which part, and the chat templates.
///
/// A template is a program in Jinja; nothing here runs it.
public struct TokenizerSettings: Hashable, Sendable {
  /// The token that begins a text (`bos_token`); nil where nothing says so.
  public var beginningToken: String?
  /// The token that ends a text (`eos_token`).
  public var endToken: String?
  /// The token for what has no other (`unk_token`).
  public var unknownToken: String?
  /// The token that fills up a batch (`pad_token`).
  public var paddingToken: String?
  /// The template of a conversation that counts unless another is asked for.
  public var chatTemplate: String?
  /// Templates for other purposes, by their names: `tool_use`, `rag`.
  public var otherChatTemplates: [String: String] = [:]

  private static let maximumFileByteCount = 1 << 26

  /// Creates settings of which nothing is known.
  public init() {}

  /// Reads `tokenizer_config.json`, `special_tokens_map.json` and `chat_template.jinja` of a folder, of
  /// which the first that says something counts; nothing is known without them.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) with the field.
  public init(folder path: String) throws {
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    for name in ["tokenizer_config.json", "special_tokens_map.json"] where exists(folder + name) {
      let text = try wholeFile(folder + name, limit: Self.maximumFileByteCount)
      try read(JSONDocument(text, path: folder + name).root)
    }
    let template = folder + "chat_template.jinja"
    guard exists(template) else { return }
    let text = try wholeFile(template, limit: Self.maximumFileByteCount)
    guard isUTF8(text) else { throw InterchangeError(.damaged("not UTF-8"), path: template) }
    // transformers writes templates there, or into the configuration, and reads this one first.
    chatTemplate = String(decoding: text, as: UTF8.self)
  }

  private mutating func read(_ root: JSONValue) throws(InterchangeError) {
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    try Self.read("bos_token", of: root, into: &beginningToken)
    try Self.read("eos_token", of: root, into: &endToken)
    try Self.read("unk_token", of: root, into: &unknownToken)
    try Self.read("pad_token", of: root, into: &paddingToken)
    guard let templates = try root.present("chat_template") else { return }
    if let template = templates.string {
      chatTemplate = template
      return
    }
    guard templates.isArray else { throw templates.error(.damaged("neither a text nor a list")) }
    try templates.forEach { (_, entry) throws(InterchangeError) in
      guard let name = try entry.member("name")?.string,
        let template = try entry.member("template")?.string
      else { throw templates.error(.damaged("an entry without a name and a template")) }
      if name == "default" { chatTemplate = template } else { otherChatTemplates[name] = template }
    }
  }

  /// Reads a token, which is its text or an object that has it, unless it is known.
  private static func read(
    _ key: String, of root: JSONValue, into token: inout String?
  ) throws(InterchangeError) {
    guard token == nil, let value = try root.present(key) else { return }
    if let text = value.string {
      token = text
    } else if let text = try value.member("content")?.string {
      token = text
    } else {
      throw value.error(.damaged("neither a text nor a token"))
    }
  }
}
