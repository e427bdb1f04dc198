public import GobbetBPE
internal import GobbetData

extension Vocabulary {
  /// Writes the vocabulary in one of the formats for vocabularies.
  ///
  /// - Throws: `LoadingError` for a format of weights; ``InterchangeError`` for what the format
  ///   cannot say; `FileError`.
  public func write(
    to path: String, format: ConversionFormat, replacing: Bool = false
  ) throws {
    switch format {
    case .gobbet: try write(to: path, replacing: replacing)
    case .tiktoken: try TiktokenRanks.write(self, to: path, replacing: replacing)
    case .tokenizerJSON: try TokenizerJSON.write(self, to: path, replacing: replacing)
    case .sentencePiece: try SentencePieceModel.write(self, to: path, replacing: replacing)
    case .vocabularyAndMerges:
      try VocabularyAndMerges.write(
        self, tokens: path, merges: TokenizerFolder.mergesPath(ofTokens: path),
        replacing: replacing)
    default:
      throw LoadingError(path: path, reason: "\(format.rawValue) does not hold vocabularies")
    }
  }
}
