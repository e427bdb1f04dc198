public import GobbetBPE
internal import GobbetSystem

extension WordPieceVocabulary {
  /// Writes the pieces of `vocabulary`, one a line.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) if a reader of the file, and of the
  ///   `tokenizer_config.json` that the vocabulary keeps, would make another vocabulary of it.
  public static func write(
    _ vocabulary: Vocabulary, to path: String, replacing: Bool = false
  ) throws {
    try writeWholeFile(try text(of: vocabulary, path: path), to: path, replacing: replacing)
  }

  /// The bytes of the file.
  static func text(of vocabulary: Vocabulary, path: String) throws(InterchangeError) -> [UInt8] {
    func refusal(_ what: String) -> InterchangeError {
      InterchangeError(.notRepresentable("\(what), which vocab.txt has no place for"), path: path)
    }
    guard vocabulary.pipeline.symbols.unit == .piece else {
      throw refusal("tokens that aren't pieces of WordPiece")
    }
    var text: [UInt8] = []
    var lineCount: TokenID = 0
    for entry in try VisibleText(vocabulary, path: path).entries {
      guard !entry.text.contains(UInt8(ascii: "\n")), entry.text.last != UInt8(ascii: "\r") else {
        throw refusal("token \(entry.id), which doesn't fit on a line")
      }
      // An id without a token has an empty line.
      while lineCount <= entry.id {
        if lineCount == entry.id { text += entry.text }
        text.append("\n")
        lineCount += 1
      }
    }
    guard begins(text) else { throw refusal("another first token than [PAD]") }
    var settings = Settings()
    if TokenizerNeighbours.belong(beside: path),
      let kept = try vocabulary.keptSettings("tokenizer_config")
    {
      try settings.read(kept)
    }
    let same = try? Self.vocabulary(text, settings, path: path)
    guard same == vocabulary, same?.pipeline.template == vocabulary.pipeline.template else {
      throw refusal(
        "other settings or special tokens than BertTokenizer's, or those of a kept "
          + "tokenizer_config.json")
    }
    return text
  }
}
