package import GobbetBPE

/// JSON that is a vocabulary, of which only a parse tells in which format.
package enum JSONVocabulary {
  private static let maximumFileByteCount = 1 << 28

  /// The vocabulary in a file of JSON: a `tokenizer.json`, a `tekken.json`, or a `vocab.json` with its
  /// merges beside it; nil for JSON of another kind.
  ///
  /// - Throws: `FileError`; ``InterchangeError``.
  package static func vocabulary(
    recognizing file: any TokenizerFile, pattern: SplitPattern?
  ) throws -> Vocabulary? {
    let root = try JSONDocument(
      file.bytes(limit: maximumFileByteCount), path: file.path
    ).root
    if try root.member("model")?.isObject == true {
      return try TokenizerJSON.vocabulary(root, path: file.path)
    }
    if try TekkenJSON.isTekken(root) { return try TekkenJSON.vocabulary(root, path: file.path) }
    guard VocabularyAndMerges.isTokenMap(root) else { return nil }
    return try VocabularyAndMerges.vocabulary(recognizing: file, pattern: pattern)
  }
}
