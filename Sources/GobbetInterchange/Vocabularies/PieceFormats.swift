internal import GobbetBPE

extension FileFormat {
  /// A model of SentencePiece.
  public static let sentencePiece: FileFormat = {
    var format = FileFormat("sentencepiece")
    format.endings = [".model"]
    format.folderNames = ["tokenizer.model"]
    format.noun = "a SentencePiece model"
    format.advice = "it holds a vocabulary; give it as one"
    format.recognizes = { SentencePieceModel.begins($0.start) }
    format.vocabularies = Vocabularies(
      read: { file, _ in try SentencePieceModel.vocabulary(file) },
      write: { try SentencePieceModel.write($0, to: $1, replacing: $2) })
    return format
  }()

  /// Pieces of WordPiece, one a line: a `vocab.txt` of BERT.
  public static let wordPiece: FileFormat = {
    var format = FileFormat("wordpiece")
    format.endings = ["vocab.txt"]
    format.folderNames = ["vocab.txt"]
    format.noun = "a vocab.txt of WordPiece, as BERT has it"
    format.advice = "it holds a vocabulary; give it as one"
    format.isText = true
    format.recognizes = { WordPieceVocabulary.begins($0.start) }
    format.vocabularies = Vocabularies(
      read: { file, _ in try WordPieceVocabulary.vocabulary(file) },
      write: { try WordPieceVocabulary.write($0, to: $1, replacing: $2) })
    return format
  }()
}
