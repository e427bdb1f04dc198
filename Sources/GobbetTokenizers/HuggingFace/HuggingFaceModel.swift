internal import GobbetBPE

/// The `model` of a `tokenizer.json`: BPE or WordPiece.
struct HuggingFaceModel {
  /// Which pairs merge, and in which order.
  let mergeRule: MergeRule
  private let model: JSONValue
  private let isWordPiece: Bool

  /// The settings that only WordPiece has, all of which it needs.
  private static let wordPieceKeys = [
    "unk_token", "continuing_subword_prefix", "max_input_chars_per_word",
  ]

  /// Reads the settings of the file whose outermost object is `root`.
  ///
  /// - Throws: ``InterchangeError``: `unsupported` for another model, and for what has no counterpart.
  init(_ root: JSONValue) throws(InterchangeError) {
    guard let model = try root.member("model"), model.isObject else {
      throw root.error(.damaged("no model"), key: "model".utf8)
    }
    self.model = model
    let type = try Self.type(of: model)
    isWordPiece = type == "WordPiece"
    guard isWordPiece || type == "BPE" else {
      throw (try model.member("type") ?? model).error(.unsupported("the model \(type)"))
    }
    if let dropout = try model.present("dropout"), dropout.double != 0 {
      throw dropout.error(
        .unsupported(
          "a dropout other than 0, with which tokenizers leaves out merges at random"))
    }
    var rule = MergeRule.learnedPairs
    if !isWordPiece, let ignoring = try model.present("ignore_merges") {
      guard let ignores = ignoring.bool else { throw ignoring.error(.damaged("not a boolean")) }
      if ignores { rule = .learnedPairsWholeFirst }
    }
    mergeRule = rule
  }

  /// The name of the model; older files leave it out, and then the members tell.
  private static func type(of model: JSONValue) throws(InterchangeError) -> String {
    if let type = try model.present("type") { return type.string ?? "of no name" }
    if try model.member("merges") != nil { return "BPE" }
    var isWordPiece = true
    for key in wordPieceKeys where try model.member(key) == nil { isWordPiece = false }
    if isWordPiece { return "WordPiece" }
    return try model.member("vocab")?.isArray == true ? "Unigram" : "BPE"
  }

  /// Tokens and merges.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`): malformed entries or merges.
  func entries(
    _ path: String?, isByteLevel: Bool
  ) throws(InterchangeError) -> VisibleVocabulary {
    guard !(isByteLevel && isWordPiece) else {
      throw model.error(.unsupported("a WordPiece with a ByteLevel"))
    }
    var visible = VisibleVocabulary(path: path, isByteLevel: isByteLevel)
    visible.endOfWordSuffix = try suffix()
    guard let entries = try model.member("vocab") else {
      throw model.error(.damaged("no vocab"), key: "vocab".utf8)
    }
    try visible.readEntries(entries)
    if !isWordPiece { try readMerges(into: &visible) }
    return visible
  }

  /// What pretokens are made of.
  ///
  /// - Throws: ``InterchangeError``: an unknown token that the vocabulary lacks, settings that have no counterpart.
  func symbols(_ visible: VisibleVocabulary) throws(InterchangeError) -> InitialSymbols {
    var unknown: TokenID?
    if let token = try model.present("unk_token") {
      unknown = token.bytes.flatMap { visible.id(of: $0) }
      guard unknown != nil || visible.isByteLevel && visible.hasEveryByte else {
        throw token.error(.damaged("isn't a token of the vocabulary"))
      }
    }
    if isWordPiece { return try pieces(unknown) }
    let fallsBack = try flag("byte_fallback")
    let fuses = try flag("fuse_unk")
    if visible.isByteLevel, fallsBack {
      throw model.error(.unsupported("byte_fallback with a ByteLevel"), key: "byte_fallback".utf8)
    }
    if let prefix = try model.present("continuing_subword_prefix"), prefix.bytes?.isEmpty != true {
      throw prefix.error(.unsupported("a continuing_subword_prefix with merges"))
    }
    let suffix = try suffix()
    if !suffix.isEmpty, fallsBack {
      throw model.error(
        .unsupported("byte_fallback with an end_of_word_suffix"), key: "byte_fallback".utf8)
    }
    // If no symbol is unknown, nothing else matters.
    if visible.isByteLevel, visible.hasEveryByte, suffix.isEmpty { return .bytes }
    return InitialSymbols(
      unit: visible.isByteLevel ? .byte : .scalar, isComplete: false, unknown: unknown,
      fusesUnknown: fuses, fallsBackToBytes: fallsBack, endOfWordSuffix: suffix)
  }

  private func pieces(_ unknown: TokenID?) throws(InterchangeError) -> InitialSymbols {
    guard let unknown else {
      throw model.error(.damaged("a WordPiece without an unk_token"), key: "unk_token".utf8)
    }
    guard let prefix = try model.member("continuing_subword_prefix")?.bytes else {
      throw model.error(.damaged("no text"), key: "continuing_subword_prefix".utf8)
    }
    guard let count = try model.member("max_input_chars_per_word")?.size else {
      throw model.error(.damaged("not a number"), key: "max_input_chars_per_word".utf8)
    }
    return InitialSymbols(
      unit: .piece, isComplete: false, unknown: unknown, continuingPrefix: prefix,
      maximumScalarCount: min(count, Int(UInt32.max)))
  }

  private func suffix() throws(InterchangeError) -> [UInt8] {
    guard !isWordPiece, let value = try model.present("end_of_word_suffix") else { return [] }
    guard let suffix = value.bytes else { throw value.error(.damaged("not a string")) }
    return suffix
  }

  private func flag(_ key: String) throws(InterchangeError) -> Bool {
    guard let value = try model.present(key) else { return false }
    guard let flag = value.bool else { throw value.error(.damaged("not a boolean")) }
    return flag
  }

  private static let version = Array("#version".utf8)

  /// Reads merges, all of them strings with a space inside or all arrays of two.
  private func readMerges(into visible: inout VisibleVocabulary) throws(InterchangeError) {
    guard let merges = try model.member("merges"), merges.isArray else {
      throw model.error(.damaged("no array"), key: "merges".utf8)
    }
    var index = 0
    var isArray: Bool?
    try merges.forEach { (_, merge) throws(InterchangeError) in
      guard isArray ?? merge.isArray == merge.isArray else {
        throw merges.error(.damaged("merge \(index) is a string or an array, unlike those before"))
      }
      isArray = merge.isArray
      // A version, as a merges.txt begins with it, wherever it stands.
      if merge.withBytes({ $0.begins(with: Self.version) }) == true { return }
      if let isMerge = merge.withBytes({ visible.append(line: $0) }) {
        guard isMerge else {
          throw merges.error(.damaged("merge \(index) is not two parts with a space between"))
        }
      } else {
        let isPair = merge.withPair { left, right in
          visible.append(part: left)
          visible.append(part: right)
        }
        guard isPair else {
          throw merges.error(.damaged("merge \(index) is neither a string nor two of them"))
        }
        visible.finishMerge()
      }
      index += 1
    }
  }

  /// Appends the model of a vocabulary.
  static func append(_ vocabulary: Vocabulary, _ visible: VisibleText, to text: inout [UInt8]) {
    let symbols = vocabulary.pipeline.symbols
    let isWordPiece = symbols.unit == .piece
    text.append(isWordPiece ? #"{"type":"WordPiece","# : #"{"type":"BPE","dropout":null,"#)
    text.append(#""unk_token":"#)
    if let unknown = symbols.unknown,
      let entry = visible.entries.first(where: { $0.id == unknown })
    {
      text.append(quoted: entry.text)
    } else {
      text.append("null")
    }
    text.append(#","continuing_subword_prefix":"#)
    if isWordPiece {
      text.append(quoted: symbols.continuingPrefix)
      text.append(#","max_input_chars_per_word":\#(symbols.maximumScalarCount)"#)
    } else {
      text.append(#"null,"end_of_word_suffix":"#)
      if symbols.endOfWordSuffix.isEmpty {
        text.append("null")
      } else {
        text.append(quoted: symbols.endOfWordSuffix)
      }
      text.append(#","fuse_unk":\#(symbols.fusesUnknown)"#)
      text.append(#","byte_fallback":\#(symbols.fallsBackToBytes),"ignore_merges":"#)
      text.append("\(vocabulary.mergeRule != .learnedPairs)")
    }
    text.append(#","vocab":{"#)
    for (position, entry) in visible.entries.enumerated() {
      text.append(position == 0 ? "\n" : ",\n")
      text.append(quoted: entry.text)
      text.append(":\(entry.id)")
    }
    text.append("}")
    if !isWordPiece {
      text.append(",\n\"merges\":[")
      for (position, merge) in visible.merges.enumerated() {
        text.append(position == 0 ? "\n[" : ",\n[")
        text.append(quoted: merge.left)
        text.append(",")
        text.append(quoted: merge.right)
        text.append("]")
      }
      text.append("]")
    }
    text.append("}")
  }
}

extension JSONValue {
  /// The member of that name unless it is `null`.
  package func present(_ key: String) throws(InterchangeError) -> JSONValue? {
    guard let member = try member(key), !member.isNull else { return nil }
    return member
  }
}

extension Span<UInt8> {
  /// Whether the first bytes are these.
  fileprivate func begins(with bytes: [UInt8]) -> Bool {
    count >= bytes.count && bytes.indices.allSatisfy { self[$0] == bytes[$0] }
  }
}
