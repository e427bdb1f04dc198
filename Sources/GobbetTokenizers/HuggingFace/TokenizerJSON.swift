public import GobbetBPE

/// Hugging Face's `tokenizer.json`, as far as it holds BPE or WordPiece.
///
/// What changes ids in a way that a `Vocabulary` has no word for is refused by its name: other
/// models, unknown expressions, dropout. Truncation, padding and the
/// post-processor are kept. A key or a token that an object has twice is refused, where `tokenizers`
/// takes the last: which one was meant, nothing says.
public enum TokenizerJSON {
  private static let maximumFileByteCount = 1 << 28

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the field.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    try vocabulary(StoredTokenizerFile(path))
  }

  /// The vocabulary in an open file.
  package static func vocabulary(_ file: any TokenizerFile) throws -> Vocabulary {
    let document = try JSONDocument(file.bytes(limit: maximumFileByteCount), path: file.path)
    return try TokenizerNeighbours.kept(by: vocabulary(document.root, path: file.path), of: file)
  }

  /// The vocabulary in `text`; `path` is for errors.
  package static func vocabulary(
    _ text: [UInt8], path: String?
  ) throws(InterchangeError) -> Vocabulary {
    try vocabulary(JSONDocument(text, path: path).root, path: path)
  }

  /// The vocabulary in a file whose outermost object is `root`.
  package static func vocabulary(
    _ root: JSONValue, path: String?
  ) throws(InterchangeError) -> Vocabulary {
    let model = try HuggingFaceModel(root)
    let pretokenizer = try HuggingFacePretokenizer(root)
    var pipeline = TextPipeline(
      normalizers: try HuggingFaceNormalizer.steps(root),
      pretokenizers: pretokenizer.steps,
      decoders: try HuggingFaceDecoder.steps(root, isByteLevel: pretokenizer.isByteLevel),
      template: try HuggingFacePostProcessor.template(try root.member("post_processor")))
    for key in keptKeys {
      guard let part = try root.present(key) else { continue }
      pipeline.keptParts[key] = String(decoding: part.text, as: UTF8.self)
    }
    let visible = try model.entries(path, isByteLevel: pretokenizer.isByteLevel)
    pipeline.symbols = try model.symbols(visible)
    let added = try addedTokens(root, visible)
    if let template = pipeline.template {
      for id in template.before + template.after
      where visible.entries.text(of: id) == nil && !added.contains(where: { $0.id == id }) {
        throw root.error(
          .damaged("adds the id \(id), which no token has"), key: "post_processor".utf8)
      }
    }
    try checkKeys(root)
    return try visible.vocabulary(
      specialTokens: added, mergeRule: model.mergeRule, pattern: pretokenizer.pattern,
      pipeline: pipeline,
      tokensField: "model.vocab", mergesField: "model.merges")
  }

  /// Refuses what `tokenizers` refuses: another version, and members that it doesn't have.
  private static func checkKeys(_ root: JSONValue) throws(InterchangeError) {
    if let version = try root.member("version"), version.string != "1.0" {
      throw version.error(.unsupported("a version other than 1.0"))
    }
    try root.forEachMember { (key, _) throws(InterchangeError) in
      let key = [UInt8](copying: key)
      guard keys.contains(where: { $0.utf8.elementsEqual(key) }) else {
        throw root.error(.unsupported("a member that no tokenizer.json has"), key: key)
      }
    }
  }

  private static let keys = [
    "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
    "post_processor", "decoder", "model",
  ]

  /// What is kept as it is, to be written again.
  static let keptKeys = ["truncation", "padding", "post_processor"]

  /// The added tokens with the ids that `tokenizers` gives them: those of `model.vocab` or, for what
  /// is not there, the next ones after as many as it has, whatever the file says.
  private static func addedTokens(
    _ root: JSONValue, _ visible: VisibleVocabulary
  ) throws(InterchangeError) -> [SpecialToken] {
    guard let list = try root.present("added_tokens") else { return [] }
    var tokens: [[UInt8]: SpecialToken] = [:]
    var nextID = visible.entries.count
    try list.forEach { (_, added) throws(InterchangeError) in
      guard let content = try added.member("content")?.bytes, try added.member("id")?.size != nil
      else { throw list.error(.damaged("an entry without content or id")) }
      guard !content.isEmpty else { throw list.error(.damaged("an entry without text")) }
      var id = visible.id(of: content) ?? tokens[content]?.id
      if id == nil {
        guard nextID < TokenTable.maximumCount else {
          throw list.error(.damaged("no id is left for it"), key: content)
        }
        guard visible.entries.text(of: TokenID(nextID)) == nil else {
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
    if try added.present("special")?.bool == false { matching.insert(.ordinary) }
    for (key, option) in matchingKeys where try added.present(key)?.bool == true {
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
