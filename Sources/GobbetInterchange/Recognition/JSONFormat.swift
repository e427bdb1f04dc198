internal import GobbetBPE
internal import GobbetData

extension FileFormat {
  /// A JSON object, of which only a parse tells whether it is a vocabulary, and in which format.
  public static let json: FileFormat = {
    var format = FileFormat("json")
    format.isText = true
    format.recognizes = { $0.start.beginsJSONObject }
    format.vocabularies = Vocabularies(
      read: { file, choice in
        guard
          let vocabulary = try JSONVocabulary.vocabulary(
            recognizing: file, pattern: choice.pattern)
        else { throw try FileDescription.error(file, wanted: "a vocabulary") }
        return vocabulary
      },
      leavesPatternOpen: { file in
        try JSONTopLevel.first(of: [.addedTokens, .tokenizerModel], in: file) == nil
      })
    format.weights = Weights(
      read: { file, _ in
        guard file.path.hasSuffix(".index.json") else { return nil }
        // Without the list of tensors there is nothing to open; the error says so.
        return WeightsInput(file, .safetensorsIndex, try SafetensorsIndex(file), .neighbours(nil))
      }, isWritten: false)
    return format
  }()

  /// Hugging Face's `tokenizer.json`.
  public static let tokenizerJSON: FileFormat = {
    var format = FileFormat("tokenizer.json")
    format.endings = [".json"]
    format.folderNames = ["tokenizer.json"]
    format.isText = true
    format.vocabularies = Vocabularies(
      read: { file, _ in try TokenizerJSON.vocabulary(file) },
      write: { try TokenizerJSON.write($0, to: $1, replacing: $2) })
    return format
  }()

  /// Mistral's `tekken.json`.
  public static let tekkenJSON: FileFormat = {
    var format = FileFormat("tekken.json")
    format.endings = ["tekken.json"]
    format.folderNames = ["tekken.json"]
    format.isText = true
    format.vocabularies = Vocabularies(
      read: { file, _ in try TekkenJSON.vocabulary(file) },
      write: { try TekkenJSON.write($0, to: $1, replacing: $2) },
      leavesOut: { TekkenJSON.parts(leftOutOf: $0) })
    return format
  }()

  /// GPT-2's `vocab.json` with a `merges.txt` beside it; OpenAI's names are `encoder.json` and
  /// `vocab.bpe`.
  public static let vocabularyAndMerges: FileFormat = {
    var format = FileFormat("vocab.json")
    format.endings = VocabularyAndMerges.names.map(\.tokens)
    format.folderNames = VocabularyAndMerges.names.map(\.tokens)
    format.vocabularies = Vocabularies(
      read: { try VocabularyAndMerges.vocabulary(recognizing: $0, pattern: $1.pattern) },
      write: {
        try VocabularyAndMerges.write(
          $0, tokens: $1, merges: TokenizerFolder.mergesPath(ofTokens: $1), replacing: $2)
      })
    return format
  }()
}
