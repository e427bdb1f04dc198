public import GobbetBPE

/// Hugging Face's `tokenizer.json`, as far as it holds BPE.
///
/// What changes ids in a way that a ``Vocabulary`` has no word for is refused by its name: some
/// normalizers and pre-tokenizers, unknown expressions, dropout. Truncation, padding and the
/// post-processor are kept.
public enum TokenizerJSON {
  private static let maximumFileByteCount = 1 << 28

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the field.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    try vocabulary(try wholeFile(path, limit: maximumFileByteCount), path: path)
  }

  /// The vocabulary in `text`; `path` is for errors.
  package static func vocabulary(
    _ text: [UInt8], path: String?
  ) throws(InterchangeError) -> Vocabulary {
    let root = try JSONDocument(text, path: path).root
    guard let model = try root.member("model"), model.isObject else {
      throw root.error(.damaged("no model"), key: "model".utf8)
    }
    let pretokenizer = try HuggingFacePretokenizer(root)
    var pipeline = TextPipeline(
      normalizers: try HuggingFaceNormalizer.steps(try root.member("normalizer")),
      pretokenizers: pretokenizer.steps,
      decoders: try HuggingFaceDecoder.steps(root, isByteLevel: pretokenizer.isByteLevel),
      template: try HuggingFacePostProcessor.template(try root.member("post_processor")))
    for key in keptKeys {
      guard let part = try present(root, key) else { continue }
      pipeline.keptParts[key] = String(decoding: part.text, as: UTF8.self)
    }
    let mergeRule = try readSettings(model)
    var visible = VisibleVocabulary(path: path, isByteLevel: pretokenizer.isByteLevel)
    guard let entries = try model.member("vocab") else {
      throw model.error(.damaged("no vocab"), key: "vocab".utf8)
    }
    try visible.readEntries(entries)
    try readMerges(model, into: &visible)
    pipeline.symbols = try symbols(model, visible)
    let added = try addedTokens(root, visible)
    if let template = pipeline.template {
      let ids = Set(added.map(\.id)).union(visible.texts.keys)
      for id in template.before + template.after where !ids.contains(id) {
        throw root.error(
          .damaged("adds the id \(id), which no token has"), key: "post_processor".utf8)
      }
    }
    return try visible.vocabulary(
      specialTokens: added, mergeRule: mergeRule, pattern: pretokenizer.pattern, pipeline: pipeline,
      tokensField: "model.vocab", mergesField: "model.merges")
  }

  /// What is kept as it is, to be written again.
  static let keptKeys = ["truncation", "padding", "post_processor"]

  /// The member of that name unless it is `null`.
  private static func present(
    _ value: JSONValue, _ key: String
  ) throws(InterchangeError) -> JSONValue? {
    guard let member = try value.member(key), !member.isNull else { return nil }
    return member
  }

  /// What the model makes pretokens of.
  private static func symbols(
    _ model: JSONValue, _ visible: VisibleVocabulary
  ) throws(InterchangeError) -> InitialSymbols {
    let fallsBack = try flag(model, "byte_fallback")
    let fuses = try flag(model, "fuse_unk")
    if visible.isByteLevel, fallsBack {
      throw model.error(.unsupported("byte_fallback with a ByteLevel"), key: "byte_fallback".utf8)
    }
    // If no symbol is unknown, nothing else matters.
    if visible.isByteLevel, visible.hasEveryByte { return .bytes }
    var unknown: TokenID?
    if let token = try present(model, "unk_token") {
      guard let bytes = token.bytes, let id = visible.ids[bytes] else {
        throw token.error(.damaged("is no token of the vocabulary"))
      }
      unknown = id
    }
    return InitialSymbols(
      unit: visible.isByteLevel ? .byte : .scalar, isComplete: false, unknown: unknown,
      fusesUnknown: fuses, fallsBackToBytes: fallsBack)
  }

  private static func flag(_ model: JSONValue, _ key: String) throws(InterchangeError) -> Bool {
    guard let value = try present(model, key) else { return false }
    guard let flag = value.bool else { throw value.error(.damaged("not a boolean")) }
    return flag
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

  /// The added tokens with the ids that `tokenizers` gives them: those of `model.vocab` or, for what
  /// is not there, the next ones behind as many as it has, whatever the file says.
  private static func addedTokens(
    _ root: JSONValue, _ visible: VisibleVocabulary
  ) throws(InterchangeError) -> [SpecialToken] {
    guard let list = try present(root, "added_tokens") else { return [] }
    var tokens: [[UInt8]: SpecialToken] = [:]
    var nextID = visible.ids.count
    try list.forEach { (_, added) throws(InterchangeError) in
      guard let content = try added.member("content")?.bytes, try added.member("id")?.size != nil
      else { throw list.error(.damaged("an entry without content or id")) }
      guard !content.isEmpty else { throw list.error(.damaged("an entry without text")) }
      var id = visible.ids[content] ?? tokens[content]?.id
      if id == nil {
        guard nextID < TokenTable.maximumCount else {
          throw list.error(.damaged("no id is left for it"), key: content)
        }
        guard visible.texts[TokenID(nextID)] == nil else {
          let reason = "it gets the id \(nextID), which another token has, for ids are left out"
          throw list.error(.damaged(reason), key: content)
        }
        id = TokenID(nextID)
        nextID += 1
      }
      // Of entries with the same content, `tokenizers` keeps the last.
      tokens[content] = SpecialToken(bytes: content, id: id ?? 0, matching: try matching(added))
    }
    return Array(tokens.values)
  }

  private static func matching(_ added: JSONValue) throws(InterchangeError) -> TokenMatching {
    var matching: TokenMatching = []
    if try present(added, "special")?.bool == false { matching.insert(.ordinary) }
    for (key, option) in matchingKeys where try present(added, key)?.bool == true {
      matching.insert(option)
    }
    return matching
  }

  /// The fields of an added token, in the order that `tokenizers` writes them in.
  static let matchingKeys: [(String, TokenMatching)] = [
    ("single_word", .wholeWord), ("lstrip", .stripsLeft), ("rstrip", .stripsRight),
    ("normalized", .normalized),
  ]

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
