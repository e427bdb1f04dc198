public import GobbetBPE

/// Hugging Face's `tokenizer.json`, as far as it holds byte-level BPE.
///
/// What changes ids in a way that a ``Vocabulary`` has no word for is refused by its name: normalizers,
/// other pre-tokenizers, unknown expressions, prefixes, dropout. What comes after the ids, truncation, padding
/// and the post-processor, is not read.
public enum TokenizerJSON {
  private static let maximumFileByteCount = 1 << 28

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the field.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    try vocabulary(try wholeFile(path, limit: maximumFileByteCount), path: path)
  }

  /// The vocabulary in `text`; `path` is for errors.
  static func vocabulary(
    _ text: [UInt8], path: String?
  ) throws(InterchangeError) -> Vocabulary {
    let root = try JSONDocument(text, path: path).root
    guard let model = try root.member("model"), model.isObject else {
      throw root.error(.damaged("no model"), key: "model".utf8)
    }
    if let normalizer = try present(root, "normalizer") {
      throw normalizer.error(.unsupported("the normalizer \(try name(of: normalizer))"))
    }
    if let decoder = try present(root, "decoder"), try name(of: decoder) != "ByteLevel" {
      throw decoder.error(.unsupported("the decoder \(try name(of: decoder))"))
    }
    let pattern = try HuggingFacePretokenizer.pattern(root)
    let mergeRule = try readSettings(model)
    var visible = VisibleVocabulary(path: path)
    guard let entries = try model.member("vocab") else {
      throw model.error(.damaged("no vocab"), key: "vocab".utf8)
    }
    try visible.readEntries(entries)
    try readMerges(model, into: &visible)
    return try visible.vocabulary(
      specialTokens: try addedTokens(root, visible), mergeRule: mergeRule, pattern: pattern,
      tokensField: "model.vocab", mergesField: "model.merges")
  }

  /// The member of that name unless it is `null`.
  private static func present(
    _ value: JSONValue, _ key: String
  ) throws(InterchangeError) -> JSONValue? {
    guard let member = try value.member(key), !member.isNull else { return nil }
    return member
  }

  private static func name(of value: JSONValue) throws(InterchangeError) -> String {
    try value.member("type")?.string ?? "without a type"
  }

  /// Refuses what the model does beyond byte-level BPE; says how it merges.
  private static func readSettings(_ model: JSONValue) throws(InterchangeError) -> MergeRule {
    if let type = try present(model, "type"), type.bytes != Array("BPE".utf8) {
      throw type.error(.unsupported("the model \(type.string ?? "of no name")"))
    }
    if let dropout = try present(model, "dropout"), dropout.double != 0 {
      throw dropout.error(.unsupported("dropout"))
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try present(model, key), affix.bytes?.isEmpty != true {
        throw affix.error(.unsupported("a \(key)"))
      }
    }
    if let fallback = try present(model, "byte_fallback"), fallback.bool != false {
      throw fallback.error(.unsupported("byte_fallback"))
    }
    guard let ignoring = try present(model, "ignore_merges") else { return .learnedPairs }
    guard let ignores = ignoring.bool else { throw ignoring.error(.damaged("not a boolean")) }
    return ignores ? .learnedPairsWholeFirst : .learnedPairs
  }

  /// Reads merges, each a string with a space in it or an array of two.
  private static func readMerges(
    _ model: JSONValue, into visible: inout VisibleVocabulary
  ) throws(InterchangeError) {
    guard let merges = try model.member("merges"), merges.isArray else {
      throw model.error(.damaged("no array"), key: "merges".utf8)
    }
    var index = 0
    try merges.forEach { (_, merge) throws(InterchangeError) in
      var parts: [[UInt8]?] = []
      if let line = merge.bytes {
        guard visible.append(line: line[...]) else {
          throw merges.error(.damaged("merge \(index) is not two parts with a space between"))
        }
      } else {
        merge.forEach { _, part in parts.append(part.bytes) }
        guard merge.isArray, parts.count == 2, let left = parts[0], let right = parts[1] else {
          throw merges.error(.damaged("merge \(index) is neither a string nor two of them"))
        }
        visible.append(left: left, right: right)
      }
      index += 1
    }
  }

  /// The added tokens, which Hugging Face finds in any text; here they are the special tokens.
  private static func addedTokens(
    _ root: JSONValue, _ visible: VisibleVocabulary
  ) throws(InterchangeError) -> [SpecialToken] {
    guard let list = try present(root, "added_tokens") else { return [] }
    var tokens: [SpecialToken] = []
    try list.forEach { (_, added) throws(InterchangeError) in
      guard let content = try added.member("content")?.bytes,
        let id = try added.member("id")?.size, id < TokenTable.maximumCount
      else { throw list.error(.damaged("an entry without content or id")) }
      for key in ["single_word", "lstrip", "rstrip"]
      where try present(added, key)?.bool ?? false {
        throw list.error(.unsupported(key), key: content)
      }
      if let text = visible.texts[TokenID(id)], text != content {
        throw list.error(.damaged("its id \(id) belongs to another token"), key: content)
      }
      tokens.append(SpecialToken(bytes: content, id: TokenID(id)))
    }
    return tokens
  }

  /// Writes a vocabulary as a file that `tokenizers` loads and encodes the same with.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) for a special token that the
  ///   file cannot hold.
  public static func write(
    _ vocabulary: Vocabulary, to path: String, replacing: Bool = false
  ) throws {
    try writeWholeFile(try text(of: vocabulary, path: path), to: path, replacing: replacing)
  }
}
