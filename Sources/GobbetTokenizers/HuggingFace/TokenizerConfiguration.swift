internal import GobbetBPE

/// What a `tokenizer_config.json` says that changes ids: the class, which decides how text is split,
/// and tokens that were added.
struct TokenizerConfiguration {
  /// How text is split; nil if the file does not say.
  let pattern: SplitPattern?
  /// Tokens that were added.
  let addedTokens: [SpecialToken]

  /// The classes of transformers whose files are `vocab.json` and `merges.txt`, and how they split.
  private static let patterns: [(name: String, pattern: SplitPattern)] = [
    ("GPT2Tokenizer", .gpt2), ("RobertaTokenizer", .gpt2), ("BartTokenizer", .gpt2),
    ("CodeGenTokenizer", .gpt2), ("LongformerTokenizer", .gpt2), ("LEDTokenizer", .gpt2),
    ("WhisperTokenizer", .gpt2), ("Qwen2Tokenizer", .qwen2),
  ]

  /// Reads an open file; who has a pattern already doesn't need that of the class.
  ///
  /// - Throws: ``InterchangeError``: `unsupported` for a setting that changes ids and isn't
  ///   understood; `FileError`.
  init(_ file: any TokenizerFile, needsPattern: Bool) throws {
    let root = try JSONDocument(file.bytes(limit: 1 << 26), path: file.path).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    for (key, effect) in [
      ("add_prefix_space", "puts a space before every text"),
      ("do_lower_case", "makes every text lower-case"),
      ("split_special_tokens", "splits special tokens"),
    ] {
      if let value = try root.member(key), value.bool == true {
        throw value.error(.unsupported("\(key), which \(effect)"))
      }
    }
    pattern = needsPattern ? try Self.pattern(root) : nil
    addedTokens = try Self.addedTokens(root)
  }

  private static func pattern(_ root: JSONValue) throws(InterchangeError) -> SplitPattern? {
    guard let value = try root.member("tokenizer_class"), let name = value.string else {
      return nil
    }
    let slow = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
    guard let found = patterns.first(where: { $0.name == slow }) else {
      throw value.error(
        .unsupported("the class \(name), whose way to split text isn't known; give a pattern"))
    }
    return found.pattern
  }

  private static func addedTokens(_ root: JSONValue) throws(InterchangeError) -> [SpecialToken] {
    guard let decoder = try root.member("added_tokens_decoder"), decoder.isObject else { return [] }
    var tokens: [SpecialToken] = []
    try decoder.forEach { (key, value) throws(InterchangeError) in
      guard let id = Int(String(decoding: key, as: UTF8.self)), id >= 0,
        id < TokenTable.maximumCount
      else {
        throw decoder.error(.damaged("not an id below \(TokenTable.maximumCount)"), key: key)
      }
      guard let content = try value.member("content")?.bytes else {
        throw value.error(.damaged("no content"), key: "content".utf8)
      }
      for setting in ["lstrip", "rstrip", "single_word"] {
        if let value = try value.member(setting), value.bool == true {
          let name = String(decoding: content, as: UTF8.self)
          throw value.error(.unsupported("\(setting) of the added token \(name)"))
        }
      }
      tokens.append(SpecialToken(bytes: content, id: TokenID(id)))
    }
    return tokens
  }
}
