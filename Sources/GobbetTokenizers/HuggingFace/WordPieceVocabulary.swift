public import GobbetBPE

/// A `vocab.txt` of BERT: a piece of WordPiece on every line, whose id is the number of the line.
///
/// How a text is taken apart, `tokenizer_config.json` beside it says; without one it is what
/// `transformers` does with a `BertTokenizer`, which makes every text lower-case.
public enum WordPieceVocabulary {
  private static let maximumFileByteCount = 1 << 26
  private static let prefix = Array("##".utf8)

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the line or the setting.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    try vocabulary(StoredTokenizerFile(path))
  }

  /// The vocabulary in an open file.
  package static func vocabulary(_ file: any TokenizerFile) throws -> Vocabulary {
    let text = try file.bytes(limit: maximumFileByteCount)
    var settings = Settings()
    if let other = try file.neighbour("tokenizer_config.json") {
      try settings.read(JSONDocument(other.bytes(limit: 1 << 26), path: other.path).root)
    }
    return try vocabulary(text, settings, path: file.path)
  }

  /// Whether a file that begins so is such a vocabulary.
  package static func begins(_ start: [UInt8]) -> Bool {
    start.starts(with: "[PAD]\n".utf8) || start.starts(with: "[PAD]\r\n".utf8)
  }

  /// What the configuration of a tokenizer says.
  struct Settings {
    var normalization = BERTNormalization.all
    /// The special tokens by their names there.
    var tokens = [
      "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
      "mask_token": "[MASK]",
    ]

    mutating func read(_ root: JSONValue) throws(InterchangeError) {
      func flag(_ key: String) throws(InterchangeError) -> Bool? {
        guard let value = try root.present(key) else { return nil }
        guard let flag = value.bool else { throw value.error(.damaged("not a boolean")) }
        return flag
      }
      let lowercases = try flag("do_lower_case") ?? true
      normalization = .cleansText
      if lowercases { normalization.insert(.lowercases) }
      if try flag("tokenize_chinese_chars") ?? true { normalization.insert(.separatesChinese) }
      if try flag("strip_accents") ?? lowercases { normalization.insert(.stripsAccents) }
      if try flag("do_basic_tokenize") == false {
        throw root.error(.unsupported("WordPiece without words"), key: "do_basic_tokenize".utf8)
      }
      for name in tokens.keys.sorted() {
        guard let value = try root.present(name) else { continue }
        let text = value.isObject ? try value.member("content")?.string : value.string
        if let text { tokens[name] = text }
      }
    }
  }

  static func vocabulary(
    _ text: [UInt8], _ settings: Settings, path: String
  ) throws(InterchangeError) -> Vocabulary {
    var visible = VisibleVocabulary(path: path, isByteLevel: false)
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (number, line) in lines.enumerated() {
      let piece = Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
      // An id whose line is empty is left out.
      guard !piece.isEmpty else { continue }
      guard number < TokenTable.maximumCount, isUTF8(piece),
        visible.append(piece, id: TokenID(number))
      else {
        throw InterchangeError(
          .damaged("isn't UTF-8, or there twice, or one line too many"), path: path,
          field: "line \(number + 1)")
      }
    }
    let specials = settings.tokens.values.sorted().compactMap { text in
      visible.id(of: Array(text.utf8)).map { SpecialToken(text, id: $0) }
    }
    func id(_ name: String) -> TokenID? {
      settings.tokens[name].flatMap { visible.id(of: Array($0.utf8)) }
    }
    guard let unknown = id("unk_token") else {
      throw InterchangeError(
        .damaged("has no line \(settings.tokens["unk_token"] ?? "")"), path: path)
    }
    var pipeline = TextPipeline(
      normalizers: [.bert(settings.normalization)], pretokenizers: [.bert],
      symbols: InitialSymbols(
        unit: .piece, isComplete: false, unknown: unknown, continuingPrefix: prefix,
        maximumScalarCount: 100),
      decoders: [.wordPiece(prefix: prefix, cleansUp: true)])
    if let first = id("cls_token"), let last = id("sep_token") {
      pipeline.template = SpecialTokenTemplate(before: [first], after: [last])
    }
    return try visible.vocabulary(
      specialTokens: specials, mergeRule: .learnedPairs, pattern: .whole, pipeline: pipeline,
      tokensField: "line", mergesField: "")
  }
}
