internal import GobbetBPE

extension GGUFVocabulary {
  /// The values of a vocabulary of WordPiece: pieces that begin a word have U+2581 before them, and those
  /// that go on have no `##`.
  ///
  /// - Source: `BertModel.set_vocab` of llama.cpp's converter, as of llama-cpp-python 0.3.36.
  /// - Throws: `InterchangeError` (`notRepresentable`) for one that llama.cpp would apply in another way.
  static func wordPieces(
    of vocabulary: Vocabulary, rowCount: Int?, path: String
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    let count = try tokenCount(of: vocabulary, rowCount, path)
    let pipeline = vocabulary.pipeline
    guard case .bert(let normalization)? = pipeline.normalizers.first,
      let unknown = pipeline.symbols.unknown, let template = pipeline.template,
      let first = template.before.first, let last = template.after.first
    else {
      throw InterchangeError(
        .notRepresentable("pieces without BERT's normalizer, unknown token and template"),
        path: path)
    }
    let prefix = Array("##".utf8)
    var expected = TextPipeline(
      normalizers: [.bert(normalization.union([.cleansText, .separatesChinese]))],
      pretokenizers: [.bert],
      symbols: InitialSymbols(
        unit: .piece, isComplete: false, unknown: unknown, continuingPrefix: prefix,
        maximumScalarCount: 100),
      template: SpecialTokenTemplate(before: [first], after: [last]))
    // How ids become texts is no matter for an encoder.
    expected.decoders = pipeline.decoders
    guard pipeline.decidingIDs == expected.decidingIDs else {
      throw InterchangeError(
        .notRepresentable("pieces that are found in another way than llama.cpp does it"),
        path: path)
    }
    let space: [UInt8] = [0xE2, 0x96, 0x81]
    var texts: [GGUFValue] = []
    var kinds: [GGUFValue] = []
    for id in 0..<TokenID(truncatingIfNeeded: count) {
      var text = vocabulary.bytes(of: id).map { Array($0) } ?? Array("[PAD\(id)]".utf8)
      var kind = SentencePieces.Kind.unused
      if let added = vocabulary.specialTokens.token(withID: id) {
        kind = added.isSpecial ? .control : .userDefined
      } else if vocabulary.tokens.contains(id) {
        kind = .normal
        if text.starts(with: prefix), text.count > prefix.count {
          text.removeFirst(prefix.count)
          guard !text.starts(with: space) else {
            throw InterchangeError(
              .notRepresentable("the piece \(id), which would be read as another"), path: path)
          }
        } else {
          text = space + text
        }
      }
      texts.append(.string(String(decoding: text, as: UTF8.self)))
      kinds.append(.int32(Int32(kind.rawValue)))
    }
    return [
      ("tokenizer.ggml.model", .string("bert")), ("tokenizer.ggml.pre", .string("default")),
      ("tokenizer.ggml.tokens", .array(elementType: 8, texts)),
      ("tokenizer.ggml.token_type", .array(elementType: 5, kinds)),
      ("tokenizer.ggml.unknown_token_id", .uint32(unknown)),
      ("tokenizer.ggml.bos_token_id", .uint32(first)),
      ("tokenizer.ggml.cls_token_id", .uint32(first)),
      ("tokenizer.ggml.seperator_token_id", .uint32(last)),
      ("tokenizer.ggml.normalizer.lowercase", .bool(normalization.contains(.lowercases))),
      ("tokenizer.ggml.normalizer.strip_accents", .bool(normalization.contains(.stripsAccents))),
    ]
  }
}
