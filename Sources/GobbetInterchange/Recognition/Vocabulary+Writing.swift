public import GobbetBPE
internal import GobbetData

extension Vocabulary {
  /// Writes the vocabulary in one of the formats for vocabularies; beside a `tokenizer.json`, a
  /// `vocab.json` or a `vocab.txt` also the `tokenizer_config.json` and the chat template that it keeps.
  ///
  /// - Throws: `LoadingError` for a format of weights; `InterchangeError` for what the format
  ///   cannot say; `FileError`.
  public func write(
    to path: String, format: FileFormat, replacing: Bool = false
  ) throws {
    guard let write = format.vocabularies?.write else {
      throw LoadingError(path: path, reason: "\(format) does not hold vocabularies")
    }
    guard [.tokenizerJSON, .vocabularyAndMerges, .wordPiece].contains(format) else {
      return try write(self, path, replacing)
    }
    let neighbours = try TokenizerNeighbours.files(of: self, beside: path, replacing: replacing)
    try write(self, path, replacing)
    for neighbour in neighbours {
      try writeWholeFile(neighbour.text, to: neighbour.path, replacing: replacing)
    }
  }
}
