package import GobbetBPE

/// A vocabulary in GGUF's metadata, as llama.cpp reads it.
package enum GGUFVocabulary {
  /// The keys that hold it, and that ``GGUFReader/vocabulary()`` reads.
  static let keys = Set(
    ["model", "pre", "tokens", "token_type", "merges"].map { Array("tokenizer.ggml.\($0)".utf8) })

  /// What llama.cpp calls the kinds of tokens.
  private enum Kind: Int32 {
    case normal = 1
    case control = 3
    case userDefined = 4
    case unused = 5
  }

  /// The values of a vocabulary for a model whose embedding has `rowCount` rows.
  ///
  /// llama.cpp takes the number of tokens from the list, and wants as many rows: ids without a token
  /// are filled with `[PADn]`, as its own converter does.
  /// - Throws: ``InterchangeError`` (`notRepresentable`) for a pattern that llama.cpp has no name for,
  ///   and for more ids than rows.
  package static func values(
    of vocabulary: Vocabulary, rowCount: Int?, path: String
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    try vocabulary.requireText(path, of: "llama.cpp")
    guard let name = GGUFReader.patterns.first(where: { $0.pattern == vocabulary.pattern })?.name
    else {
      throw InterchangeError(
        .notRepresentable("the pattern \(vocabulary.pattern.name ?? "without a name")"), path: path)
    }
    let count = rowCount ?? vocabulary.idBound
    guard vocabulary.idBound <= count else {
      throw InterchangeError(
        .notRepresentable(
          "a vocabulary of \(vocabulary.idBound) ids, of which the embedding has \(count)"),
        path: path)
    }
    let visible = try VisibleText(vocabulary, path: path)
    var texts = (0..<count).map { GGUFValue.string("[PAD\($0)]") }
    var kinds = [GGUFValue](repeating: .int32(Kind.unused.rawValue), count: count)
    for entry in visible.entries {
      texts[Int(entry.id)] = .string(String(decoding: entry.text, as: UTF8.self))
      kinds[Int(entry.id)] = .int32(kind(of: entry.id, in: vocabulary).rawValue)
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
