public import GobbetBPE
internal import GobbetData

extension Vocabulary {
  /// Writes the vocabulary in one of the formats for vocabularies.
  ///
  /// - Throws: `LoadingError` for a format of weights; ``InterchangeError`` for what the format
  ///   cannot say; `FileError`.
  public func write(
    to path: String, format: FileFormat, replacing: Bool = false
  ) throws {
    guard let write = format.vocabularies?.write else {
      throw LoadingError(path: path, reason: "\(format) does not hold vocabularies")
    }
    try write(self, path, replacing)
  }
}
