package import GobbetBPE

extension TokenizerJSON {
  /// The bytes of a file that holds `vocabulary`.
  ///
  /// Special tokens are in the model's vocabulary too: `tokenizers` numbers those that are not by
  /// itself. A `.ranks` vocabulary is written with `ignore_merges`.
  package static func text(
    of vocabulary: Vocabulary, path: String?
  ) throws(InterchangeError) -> [UInt8] {
    guard vocabulary.pipeline.symbols.wholeSymbols.isEmpty else {
      throw InterchangeError(
        .notRepresentable("user-defined symbols, which tokenizer.json has no place for"),
        path: path)
    }
    guard vocabulary.pipeline.symbols.pieceOrder?.mergesTexts != true else {
      throw InterchangeError(
        .notRepresentable(
          "pieces of equal score, unused pieces or pieces of characters that have none, "
            + "which tokenizer.json has no place for"), path: path)
    }
    try HuggingFacePretokenizer.requireSpelling(vocabulary, path: path)
    let visible = try VisibleText(vocabulary, path: path)
    var text: [UInt8] = []
    let pipeline = vocabulary.pipeline
    func kept(_ key: String) -> String { pipeline.keptParts[key] ?? "null" }
    text.append(#"{"version":"1.0","truncation":"# + kept("truncation"))
    text.append(#","padding":"# + kept("padding") + #","added_tokens":["#)
    for (position, token) in vocabulary.specialTokens.enumerated() {
      text.append(position == 0 ? "\n" : ",\n")
      text.append(#"{"id":\#(token.id),"content":"#)
      text.append(quoted: token.bytes)
      for (key, option) in matchingKeys {
        text.append(#","\#(key)":\#(token.matching.contains(option))"#)
      }
      text.append(#","special":\#(token.isSpecial)}"#)
    }
    text.append("],\n")
    text.append(#""normalizer":"#)
    try HuggingFaceNormalizer.append(pipeline.normalizers, to: &text, path: path)
    text.append(#","pre_tokenizer":"#)
    HuggingFacePretokenizer.append(vocabulary, to: &text)
    text.append(",\n" + #""post_processor":"#)
    if let processor = pipeline.keptParts["post_processor"] {
      text.append(processor)
    } else {
      HuggingFacePostProcessor.append(vocabulary, to: &text)
    }
    text.append(#","decoder":"#)
    HuggingFaceDecoder.append(pipeline, to: &text)
    text.append(",\n" + #""model":"#)
    HuggingFaceModel.append(vocabulary, visible, to: &text)
    text.append("}\n")
    return text
  }
}
