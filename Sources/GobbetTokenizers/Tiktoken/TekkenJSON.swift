public import GobbetBPE
internal import GobbetSystem

/// Mistral's `tekken.json`: ranks of tiktoken, an expression, and special tokens in front of the ranks.
///
/// The id of a rank is the rank after as many special tokens as the file says. Of the ranks as many
/// count as the vocabulary has room for.
/// - Source: `Tekkenizer` in mistral-common 1.13.
public enum TekkenJSON {
  private static let maximumFileByteCount = 1 << 28

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the field.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    try vocabulary(StoredTokenizerFile(path))
  }

  /// The vocabulary in an open file.
  package static func vocabulary(_ file: any TokenizerFile) throws -> Vocabulary {
    let text = try file.bytes(limit: maximumFileByteCount)
    return try vocabulary(try JSONDocument(text, path: file.path).root, path: file.path)
  }

  /// Whether a file's outermost object is such a vocabulary.
  package static func isTekken(_ root: JSONValue) throws(InterchangeError) -> Bool {
    guard root.isObject, let config = try root.member("config"), config.isObject else {
      return false
    }
    guard try config.member("pattern") != nil else { return false }
    return try root.member("vocab")?.isArray == true
  }

  /// The vocabulary in an object; `path` is for errors.
  static func vocabulary(
    _ root: JSONValue, path: String?
  ) throws(InterchangeError) -> Vocabulary {
    guard let config = try root.member("config"), let list = try root.member("vocab") else {
      throw root.error(.damaged("no config, or no vocab"))
    }
    guard let expression = try config.member("pattern")?.string else {
      throw config.error(.damaged("no expression"), key: "pattern".utf8)
    }
    let pattern: SplitPattern
    do {
      pattern = try SplitPattern(expression: expression, dialect: .tiktoken)
    } catch {
      throw config.error(.init(error), key: "pattern".utf8)
    }
    func number(_ key: String) throws(InterchangeError) -> Int {
      guard let value = try config.member(key)?.size, value < TokenTable.maximumCount else {
        throw config.error(.damaged("not a number"), key: key.utf8)
      }
      return value
    }
    let specialCount = try number("default_num_special_tokens")
    let rankCount = try number("default_vocab_size") - specialCount
    let specials = try specialTokens(root, specialCount)
    do {
      var tokens = TokenTable()
      for _ in 0..<specialCount { try tokens.append([]) }
      try append(list, rankCount, to: &tokens)
      return try Vocabulary(
        ranks: tokens, pattern: pattern, specialTokens: try SpecialTokens(specials),
        pipeline: TextPipeline(keptParts: try kept(root, config)))
    } catch let error as VocabularyError {
      throw InterchangeError(.vocabulary(error), path: path)
    } catch let error as InterchangeError {
      throw error
    } catch {
      throw root.error(.damaged("\(error)"))
    }
  }

  /// Appends the first ranks, which have to be all that the vocabulary has room for.
  private static func append(
    _ list: JSONValue, _ rankCount: Int, to tokens: inout TokenTable
  ) throws {
    var bytes: [[UInt8]] = []
    try list.forEach { (_, entry) throws(InterchangeError) in
      let rank = bytes.count
      guard rank < rankCount else { return }
      guard try entry.member("rank")?.size == rank else {
        throw list.error(.damaged("entry \(rank) has another rank"))
      }
      var token: [UInt8] = []
      guard let text = try entry.member("token_bytes")?.bytes,
        Base64.decode(text.span, text.indices, appendingTo: &token), !token.isEmpty
      else { throw list.error(.damaged("entry \(rank) has no bytes in base64")) }
      bytes.append(token)
    }
    guard bytes.count == rankCount, rankCount >= 256 else {
      throw list.error(
        .damaged(
          "\(bytes.count.counted("entry", plural: "entries")), where the config says \(rankCount)"))
    }
    for token in bytes { try tokens.append(token) }
  }

  /// The special tokens, and names for the ids that have none.
  private static func specialTokens(
    _ root: JSONValue, _ count: Int
  ) throws(InterchangeError) -> [SpecialToken] {
    var texts: [Int: String] = [:]
    if let list = try root.present("special_tokens") {
      try list.forEach { (_, entry) throws(InterchangeError) in
        guard let id = try entry.member("rank")?.size, id < count,
          let text = try entry.member("token_str")?.string, !text.isEmpty,
          texts.updateValue(text, forKey: id) == nil
        else { throw list.error(.damaged("an entry without a rank and text of its own")) }
      }
    } else {
      for id in 0..<min(count, oldNames.count) { texts[id] = oldNames[id] }
    }
    return (0..<count).map { id in
      SpecialToken(texts[id] ?? madeUpName(of: id), id: TokenID(truncatingIfNeeded: id))
    }
  }

  /// The text of a special token that a file doesn't name.
  static func madeUpName(of id: Int) -> String { "<SPECIAL_\(id)>" }

  /// The text of a special token in a file that names none.
  static func name(of id: Int) -> String {
    oldNames.indices.contains(id) ? oldNames[id] : madeUpName(of: id)
  }

  /// What else a file holds, as JSON, by ``keptKey``.
  private static func kept(
    _ root: JSONValue, _ config: JSONValue
  ) throws(InterchangeError) -> [String: String] {
    var text: [UInt8] = []
    func append(_ key: [UInt8], _ value: JSONValue) {
      text.append(text.isEmpty ? "{" : ",")
      text.append(quoted: key)
      text.append(":")
      text += value.text
    }
    if let version = try config.present("version") { append(Array("version".utf8), version) }
    root.forEach { key, value in
      if !readKeys.contains(key) { append(key, value) }
    }
    return text.isEmpty ? [:] : [keptKey: String(decoding: text, as: UTF8.self) + "}"]
  }

  private static let readKeys = ["config", "vocab", "special_tokens"].map { Array($0.utf8) }

  /// The special tokens of files that do not name them, up to version 3.
  private static let oldNames = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]",
    "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
  ]
}
