internal import GobbetBPE
internal import GobbetFile

extension FileFormat {
  /// tiktoken's ranks: lines of base64 and a number.
  public static let tiktoken: FileFormat = {
    var format = FileFormat("tiktoken")
    format.endings = [".tiktoken"]
    format.isText = true
    format.recognizes = { TiktokenRanks.begins($0.start) }
    format.vocabularies = Vocabularies(
      read: { file, choice in
        try TiktokenRanks.vocabulary(
          recognizing: file, pattern: choice.pattern, specialTokens: choice.specialTokens,
          specials: choice.specials,
          digest: { ContentDigest(of: $0).description })
      },
      leavesPatternOpen: { _ in true },
      write: { try TiktokenRanks.write($0, to: $1, replacing: $2) },
      leavesOut: { TiktokenRanks.parts(leftOutOf: $0) })
    return format
  }()

  /// An `Encoding` of tiktoken in a pickle, as nanochat's `tokenizer.pkl`.
  public static let tiktokenPickle: FileFormat = {
    var format = FileFormat("tokenizer.pkl")
    format.folderNames = ["tokenizer.pkl"]
    format.noun = "a pickle of tiktoken"
    format.advice = "it holds a vocabulary; give it as one"
    format.recognizes = { TiktokenPickle.begins($0.start) }
    format.vocabularies = Vocabularies(
      read: { file, _ in
        try TiktokenPickle.vocabulary(
          file.bytes(limit: TiktokenPickle.maximumFileByteCount), path: file.path)
      })
    return format
  }()
}
