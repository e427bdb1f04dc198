internal import GobbetBPE
internal import GobbetData

extension FileFormat {
  /// tiktoken's ranks: lines of base64 and a number.
  public static let tiktoken: FileFormat = {
    var format = FileFormat("tiktoken")
    format.endings = [".tiktoken"]
    format.isText = true
    format.recognizes = { isTiktokenLine($0.firstLine) }
    format.vocabularies = Vocabularies(
      read: { try Vocabulary(tiktoken: $0, $1.pattern, $1.specialTokens) },
      leavesPatternOpen: { _ in true },
      write: { try TiktokenRanks.write($0, to: $1, replacing: $2) })
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

  /// Whether `line` is base64, white space and a number.
  private static func isTiktokenLine(_ line: ArraySlice<UInt8>) -> Bool {
    let parts = line.split { $0 == 0x20 || $0 == 0x09 }
    guard parts.count == 2, parts[0].count % 4 == 0 else { return false }
    return parts[1].allSatisfy { (0x30...0x39).contains($0) }
      && parts[0].allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
          UInt8(ascii: "="):
          true
        default: false
        }
      }
  }
}

extension Vocabulary {
  /// Reads ranks, of which those that are published say the rest.
  fileprivate init(
    tiktoken file: OpenedFile, _ given: SplitPattern?, _ setName: String?
  ) throws {
    let (text, path) = (
      try file.bytes(limit: TiktokenRanks.maximumFileByteCount), file.path
    )
    let ranks = try TiktokenRanks.tokens(text.span, path: path)
    let published = WellKnownTokenizer.recognized(ranks, text: text)
    guard let pattern = given ?? published?.pattern else {
      throw LoadingError(
        path: path,
        reason:
          "does not say how text is split, and is none of the published ones; give the pattern")
    }
    if let setName {
      guard let published, published.pattern == pattern,
        let specials = published.specialTokens(named: setName)
      else {
        let names = published.map { $0.specialTokenNames.joined(separator: " and ") }
        throw LoadingError(
          path: path,
          reason: "knows no special tokens named \(setName), but \(names ?? "none of any name")")
      }
      self = try TiktokenRanks.vocabulary(
        of: ranks, path: path, pattern: pattern,
        specialTokens: SpecialTokens(specials.map { SpecialToken($0.text, id: $0.id) }))
      return
    }
    // With another pattern it is another tokenizer, and its special tokens are its own affair.
    let specials = published.flatMap { $0.pattern == pattern ? $0.specialTokens : nil } ?? []
    self = try TiktokenRanks.vocabulary(
      of: ranks, path: path, pattern: pattern,
      specialTokens: SpecialTokens(
        specials.map { SpecialToken(bytes: Array($0.text.utf8), id: $0.id) }))
  }
}
