package import GobbetBPE
internal import GobbetSystem

/// A vocabulary in GGUF's metadata, as llama.cpp reads it.
package enum GGUFVocabulary {
  /// The keys that hold it, and that ``GGUFReader/vocabulary()`` reads.
  static func keys(ofModel model: String?) -> Set<[UInt8]> {
    var keys = ["model", "pre", "tokens", "token_type", "merges"]
    if model == "llama" { keys += ["scores", "add_space_prefix", "unknown_token_id"] }
    if model == "bert" {
      keys += ["unknown_token_id", "bos_token_id", "cls_token_id", "seperator_token_id"]
      keys += ["normalizer.lowercase", "normalizer.strip_accents"]
    }
    return Set(keys.map { Array("tokenizer.ggml.\($0)".utf8) })
  }

  /// What llama.cpp calls the kinds of tokens: as SentencePiece does.
  private typealias Kind = SentencePieces.Kind

  /// The values of a vocabulary for a model whose embedding has `rowCount` rows, and whose metadata has the
  /// `name` as `general.name`.
  ///
  /// llama.cpp takes the number of tokens from the list, and wants as many rows: ids without a token
  /// are filled with `[PADn]`, as its own converter does. Like that, this leaves out NFC.
  /// - Throws: `InterchangeError` (`notRepresentable`) for a pattern that llama.cpp has no name for,
  ///   for more ids than rows, and for tokens that take white space along where llama.cpp's do not.
  package static func values(
    of vocabulary: Vocabulary, rowCount: Int?, name: String? = nil, path: String
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    let values =
      switch vocabulary.pipeline.symbols.unit {
      case .scalar: try pieces(of: vocabulary, rowCount: rowCount, path: path)
      case .piece: try wordPieces(of: vocabulary, rowCount: rowCount, path: path)
      default: try byteLevelValues(of: vocabulary, rowCount: rowCount, path: path)
      }
    try checkStrips(of: vocabulary, values, name, path)
    return values
  }

  /// What llama.cpp leaves out of a vocabulary: a phrase each.
  package static func parts(leftOutOf vocabulary: Vocabulary) -> [String] {
    vocabulary.pipeline.normalizers.first == .nfc
      ? ["the normalizer NFC (llama.cpp encodes a text as it is)"] : []
  }

  /// Writes a file that holds nothing else, and that llama.cpp loads for its vocabulary alone.
  ///
  /// llama.cpp wants the name of a model's architecture all the same: `llama`.
  /// - Throws: `FileError`; as ``values(of:rowCount:name:path:)``.
  package static func write(
    _ vocabulary: Vocabulary, to path: String, replacing: Bool
  ) throws {
    var values: [(key: String, value: GGUFValue)] = [("general.architecture", .string("llama"))]
    values += try self.values(of: vocabulary, rowCount: nil, path: path)
    if vocabulary.pipeline.symbols.unit == .piece {
      // What stands around a text is among them.
      return try GGUFWriter.write(values, to: path, replacing: replacing)
    }
    let template = vocabulary.pipeline.template
    let ends = ends(GPT2Configuration(), vocabulary)
    for (side, ids, other) in [
      ("bos", template?.before, ends.first), ("eos", template?.after, ends.last),
    ] {
      guard ids?.count ?? 0 < 2 else {
        throw InterchangeError(
          .notRepresentable("several special tokens at one end of a text"), path: path)
      }
      values.append(("tokenizer.ggml.add_\(side)_token", .bool(ids?.isEmpty == false)))
      if let id = ids?.first {
        values.append(("tokenizer.ggml.\(side)_token_id", .uint32(id)))
      } else if let other {
        values.append(other)
      }
    }
    if let template = try vocabulary.chatTemplate {
      values.append(("tokenizer.chat_template", .string(template)))
    }
    try GGUFWriter.write(values, to: path, replacing: replacing)
  }

  /// Refuses tokens that take along other white space than a reader of the values has them take.
  private static func checkStrips(
    of vocabulary: Vocabulary, _ values: [(key: String, value: GGUFValue)], _ name: String?,
    _ path: String
  ) throws(InterchangeError) {
    func value(_ key: String) -> GGUFValue? {
      if key == "general.name" { return name.map { .string($0) } }
      return values.first { $0.key == key }?.value
    }
    let texts = value("tokenizer.ggml.tokens")?.elements ?? []
    let kinds = value("tokenizer.ggml.token_type")?.elements ?? []
    let known = GGUFTokenKinds(
      zip(texts, kinds).map { (text: $0.string ?? "", kind: $1.size ?? 1) }, value: value)
    let stripping: TokenMatching = [.stripsLeft, .stripsRight, .wholeWord]
    for token in vocabulary.specialTokens {
      let own = token.matching.intersection(stripping)
      guard own == known.strips[Int(token.id)] ?? [] else {
        throw InterchangeError(
          .notRepresentable(
            "\(token.text), which takes other white space along than llama.cpp has it take in a model "
              + "named \(name ?? "otherwise")"), path: path)
      }
    }
  }

  private static func byteLevelValues(
    of vocabulary: Vocabulary, rowCount: Int?, path: String
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    let name = try pretokenizerName(of: vocabulary, path)
    let count = try tokenCount(of: vocabulary, rowCount, path)
    let visible = try VisibleText(vocabulary, path: path)
    var texts = (0..<count).map { GGUFValue.string("[PAD\($0)]") }
    var kinds = [GGUFValue](repeating: .int32(Int32(Kind.unused.rawValue)), count: count)
    for entry in visible.entries {
      texts[Int(entry.id)] = .string(String(decoding: entry.text, as: UTF8.self))
      kinds[Int(entry.id)] = .int32(Int32(kind(of: entry.id, in: vocabulary).rawValue))
    }
    let merges = visible.merges.map { left, right in
      GGUFValue.string(String(decoding: left + [UInt8(ascii: " ")] + right, as: UTF8.self))
    }
    return [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(name)),
      ("tokenizer.ggml.tokens", .array(elementType: 8, texts)),
      ("tokenizer.ggml.token_type", .array(elementType: 5, kinds)),
      ("tokenizer.ggml.merges", .array(elementType: 8, merges)),
    ]
  }

  /// How many tokens a file lists.
  static func tokenCount(
    of vocabulary: Vocabulary, _ rowCount: Int?, _ path: String
  ) throws(InterchangeError) -> Int {
    let count = rowCount ?? vocabulary.idBound
    guard vocabulary.idBound <= count else {
      throw InterchangeError(
        .notRepresentable(
          "a vocabulary of \(vocabulary.idBound.counted("id")), of which the embedding has \(count)"
        ),
        path: path)
    }
    return count
  }

  /// llama.cpp's name for how a vocabulary of bytes splits text.
  private static func pretokenizerName(
    of vocabulary: Vocabulary, _ path: String
  ) throws(InterchangeError) -> String {
    var rest = vocabulary.pipeline
    let name = GGUFPretokenizer.name(
      of: vocabulary.pattern, rest.pretokenizers,
      takesWhole: vocabulary.mergeRule != .learnedPairs)
    // Bytes without a token are left out there, too.
    let dropping = InitialSymbols(unit: .byte, isComplete: false)
    if name != nil { rest.pretokenizers = [] }
    if rest.normalizers.first == .nfc { rest.normalizers.removeFirst() }
    if rest.symbols == dropping { rest.symbols = .bytes }
    try rest.requireText(path, of: "llama.cpp")
    guard let name else {
      throw InterchangeError(
        .notRepresentable("the pattern \(vocabulary.pattern.name ?? "without a name")"), path: path)
    }
    return name
  }

  /// The values of a vocabulary of SentencePiece's pieces.
  ///
  /// - Throws: `InterchangeError` (`notRepresentable`) for one that reads back as another.
  private static func pieces(
    of vocabulary: Vocabulary, rowCount: Int?, path: String
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    let count = try tokenCount(of: vocabulary, rowCount, path)
    // What merges first has the highest score; what nothing makes comes last.
    let order = vocabulary.pieceRanks
    var pieces = SentencePieces(
      path: path, field: "tokenizer.ggml.tokens", userDefined: .cutOut)
    pieces.unknown = vocabulary.pipeline.symbols.unknown
    pieces.addsPrefix = vocabulary.pipeline.decoders.contains {
      if case .strip = $0 { true } else { false }
    }
    pieces.template = vocabulary.pipeline.template
    for id in 0..<TokenID(truncatingIfNeeded: count) {
      var piece = SentencePieces.Piece()
      piece.text = vocabulary.bytes(of: id).map { Array($0) } ?? Array("[PAD\(id)]".utf8)
      piece.score = order[id].map { -Float($0) } ?? -Float(order.count + Int(id))
      piece.type = pieceKind(of: id, piece.text, in: vocabulary).rawValue
      pieces.pieces.append(piece)
    }
    let again = try pieces.vocabulary()
    var pipeline = again.pipeline.decidingIDs
    // A list of merges that has all of them says the same.
    if vocabulary.pipeline.symbols.pieceOrder == nil, pipeline.symbols.pieceOrder == .byResult {
      pipeline.symbols.pieceOrder = nil
    }
    let areAlike = zip(again.specialTokens, vocabulary.specialTokens).allSatisfy {
      $0.bytes == $1.bytes && $0.id == $1.id && $0.isSpecial == $1.isSpecial
    }
    guard again.merges == vocabulary.merges, areAlike,
      again.specialTokens.count == vocabulary.specialTokens.count,
      pipeline == vocabulary.pipeline.decidingIDs
    else {
      throw InterchangeError(
        .notRepresentable(
          "pieces that merge, or are found, in another way than llama.cpp does it"), path: path)
    }
    var values: [(key: String, value: GGUFValue)] = [
      ("tokenizer.ggml.model", .string("llama")), ("tokenizer.ggml.pre", .string("default")),
      (
        "tokenizer.ggml.tokens",
        .array(
          elementType: 8,
          pieces.pieces.map { .string(String(decoding: $0.text, as: UTF8.self)) })
      ),
      (
        "tokenizer.ggml.scores",
        .array(elementType: 6, pieces.pieces.map { .float32($0.score) })
      ),
      (
        "tokenizer.ggml.token_type",
        .array(
          elementType: 5, pieces.pieces.map { .int32(Int32(truncatingIfNeeded: $0.type)) })
      ),
      ("tokenizer.ggml.add_space_prefix", .bool(pieces.addsPrefix)),
    ]
    if let unknown = pieces.unknown {
      values.append(("tokenizer.ggml.unknown_token_id", .uint32(unknown)))
    }
    return values
  }

  private static func pieceKind(
    of id: TokenID, _ text: [UInt8], in vocabulary: Vocabulary
  ) -> Kind {
    if id == vocabulary.pipeline.symbols.unknown { return .unknown }
    if let added = vocabulary.specialTokens.token(withID: id) {
      return added.isSpecial ? .control : .userDefined
    }
    guard vocabulary.tokens.contains(id) else { return .unused }
    return vocabulary.pipeline.symbols.fallsBackToBytes && ByteTokens.byte(of: text[...]) != nil
      ? .byte : .normal
  }

  /// The kind of a token; added tokens that are not special are found in any text.
  private static func kind(of id: TokenID, in vocabulary: Vocabulary) -> Kind {
    guard let added = vocabulary.specialTokens.token(withID: id) else { return .normal }
    return added.isSpecial ? .control : .userDefined
  }

  /// The values that name the tokens at the ends of a text: those that the configuration says, else
  /// the `<|endoftext|>` of the vocabulary.
  ///
  /// Without them llama.cpp takes the id 11.
  package static func ends(
    _ configuration: GPT2Configuration, _ vocabulary: Vocabulary?
  ) -> [(key: String, value: GGUFValue)] {
    let ids = configuration.completed(with: vocabulary)
    return [
      ("tokenizer.ggml.bos_token_id", ids.beginningOfTextID),
      ("tokenizer.ggml.eos_token_id", ids.endOfTextID),
    ].compactMap { key, id in
      id.flatMap { UInt32(exactly: $0) }.map { (key, .uint32($0)) }
    }
  }
}

extension GPT2Configuration {
  /// The configuration with the vocabulary's `<|endoftext|>` at both ends of a text, where it does not
  /// say what stands there.
  package func completed(with vocabulary: Vocabulary?) -> GPT2Configuration {
    var result = self
    let id = vocabulary?.specialTokens.first { $0.text == "<|endoftext|>" }.map { Int($0.id) }
    result.beginningOfTextID = beginningOfTextID ?? id
    result.endOfTextID = endOfTextID ?? id
    return result
  }
}
