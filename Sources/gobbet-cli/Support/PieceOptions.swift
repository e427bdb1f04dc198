import ArgumentParser
import Gobbet

/// What tokens are made of.
enum TokenUnit: String, ExpressibleByArgument, CaseIterable {
  case byteLevel = "byte-level"
  case sentencePiece = "sentencepiece"
}

extension PieceTrainingOptions.Rule: NamedChoice {
  var argumentName: String { self == .sentencePiece ? "sentencepiece" : "tokenizers" }
}

/// How pieces of characters are learned.
struct PieceOptions: ParsableArguments {
  @Option(
    help: """
      What tokens are made of: byte-level, or sentencepiece for characters, with spaces spelled as \
      U+2581. (default: byte-level, or what the template has)
      """)
  var model: TokenUnit?

  @Option(help: "The program whose trainer to follow. (default: tokenizers)")
  var like: Named<PieceTrainingOptions.Rule>?

  @Flag(help: "Give each byte a token, for characters that have none.")
  var byteFallback = false

  @Flag(help: "Keep each digit alone.")
  var splitDigits = false

  @Option(
    help: "Characters that get a token however rare they are (initial_alphabet, required_chars).")
  var requiredCharacters: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether a space goes in front of every text (add_prefix_space, add_dummy_prefix).")
  var dummyPrefix = true

  @Option(help: "tokenizers: the special token that stands for unknown characters.")
  var unknownToken: String?

  @Option(
    parsing: .unconditional,
    help: "tokenizers: give tokens to at most this many characters, the most frequent ones.",
    transform: Number.whole(0...TokenTable.maximumCount))
  var limitAlphabet: Int?

  @Option(
    parsing: .unconditional,
    help: """
      sentencepiece: the share of the text whose characters get a piece, 0.98 to 1. (default: 0.9995)
      """,
    transform: Number.real(Float(0.98)...1))
  var characterCoverage: Float?

  @Option(
    parsing: .unconditional,
    help: "sentencepiece: the most characters a piece may have, 1 to 512. (default: 16)",
    transform: Number.whole(1...512))
  var maximumPieceLength: Int?

  @Option(
    parsing: .unconditional,
    help: "sentencepiece: leave out texts longer than this many bytes. (default: 4192)",
    transform: Number.whole(10...1_073_741_824))
  var maximumSentenceLength: Int?

  @Option(help: "sentencepiece: a piece that no text is encoded to; repeatable.")
  var controlSymbol: [String] = []

  @Option(help: "sentencepiece: a piece that its text always becomes; repeatable.")
  var userDefinedSymbol: [String] = []

  @Option(
    parsing: .unconditional, help: "sentencepiece: the id of <unk>. (default: 0)",
    transform: Number.whole(0...TokenTable.maximumCount))
  var unkId: Int?

  @Option(
    parsing: .unconditional, help: "sentencepiece: the id of <s>, or -1 for none. (default: 1)",
    transform: Number.whole(-1...TokenTable.maximumCount))
  var bosId: Int?

  @Option(
    parsing: .unconditional, help: "sentencepiece: the id of </s>, or -1 for none. (default: 2)",
    transform: Number.whole(-1...TokenTable.maximumCount))
  var eosId: Int?

  @Option(
    parsing: .unconditional, help: "sentencepiece: the id of <pad>, or -1 for none. (default: -1)",
    transform: Number.whole(-1...TokenTable.maximumCount))
  var padId: Int?

  @Flag(help: "sentencepiece: keep spaces at the ends of a text, and every space of a run.")
  var keepExtraSpaces = false

  @Flag(help: "sentencepiece: allow pieces of spaces only.")
  var whitespaceOnlyPieces = false

  @Flag(
    inversion: .prefixedNo,
    help: "sentencepiece: whether pieces have characters of one script only.")
  var splitByUnicodeScript = true

  @Flag(inversion: .prefixedNo, help: "sentencepiece: whether digits count as a script.")
  var splitByNumber = true

  @Flag(
    inversion: .prefixedNo, help: "sentencepiece: whether pieces end at spaces.")
  var splitByWhitespace = true

  /// Whether pieces of characters are learned.
  func isSentencePiece(_ template: TrainingTemplate?) -> Bool {
    (model ?? template?.unit ?? .byteLevel) == .sentencePiece
  }

  /// The trainer that is followed.
  private var rule: PieceTrainingOptions.Rule { like?.value ?? .tokenizers }

  /// The options that were given and have an effect with one trainer only.
  private var given: [(option: String, rule: PieceTrainingOptions.Rule?)] {
    let all: [(String, PieceTrainingOptions.Rule?, Bool)] = [
      ("--like", nil, like != nil), ("--byte-fallback", nil, byteFallback),
      ("--split-digits", nil, splitDigits),
      ("--required-characters", nil, requiredCharacters != nil),
      ("--no-dummy-prefix", nil, !dummyPrefix),
      ("--unknown-token", .tokenizers, unknownToken != nil),
      ("--limit-alphabet", .tokenizers, limitAlphabet != nil),
      ("--character-coverage", .sentencePiece, characterCoverage != nil),
      ("--maximum-piece-length", .sentencePiece, maximumPieceLength != nil),
      ("--maximum-sentence-length", .sentencePiece, maximumSentenceLength != nil),
      ("--control-symbol", .sentencePiece, !controlSymbol.isEmpty),
      ("--user-defined-symbol", .sentencePiece, !userDefinedSymbol.isEmpty),
      ("--unk-id", .sentencePiece, unkId != nil), ("--bos-id", .sentencePiece, bosId != nil),
      ("--eos-id", .sentencePiece, eosId != nil), ("--pad-id", .sentencePiece, padId != nil),
      ("--keep-extra-spaces", .sentencePiece, keepExtraSpaces),
      ("--whitespace-only-pieces", .sentencePiece, whitespaceOnlyPieces),
      ("--no-split-by-unicode-script", .sentencePiece, !splitByUnicodeScript),
      ("--no-split-by-number", .sentencePiece, !splitByNumber),
      ("--no-split-by-whitespace", .sentencePiece, !splitByWhitespace),
    ]
    return all.filter(\.2).map { ($0.0, $0.1) }
  }

  /// What to learn; nil for byte-level tokens.
  ///
  /// - Throws: ``Failure`` (`usage`) for an option that has no effect.
  func options(
    size: Int, specials: [String], _ template: TrainingTemplate?
  ) throws(Failure) -> PieceTrainingOptions? {
    guard isSentencePiece(template) else {
      guard let (option, _) = given.first else { return nil }
      throw Failure(.usage, "\(option): has an effect with --model sentencepiece only")
    }
    if let (option, only) = given.first(where: { $0.rule != nil && $0.rule != rule }) {
      throw Failure(
        .usage, "\(option): has an effect with --like \(only?.argumentName ?? "") only")
    }
    var options = PieceTrainingOptions(vocabularySize: size, rule: rule)
    options.fallsBackToBytes = byteFallback
    options.requiredCharacters = requiredCharacters ?? ""
    if rule == .tokenizers {
      if let unknownToken, !specials.contains(unknownToken) {
        throw Failure(.usage, "--unknown-token: \(unknownToken) is not given as --special")
      }
      options.tokenizers.specialTokens = specials
      options.tokenizers.unknownToken =
        unknownToken ?? (specials.contains("<unk>") ? "<unk>" : nil)
      options.tokenizers.alphabetLimit = limitAlphabet
      return options
    }
    var settings = options.sentencePiece
    settings.characterCoverage = characterCoverage ?? settings.characterCoverage
    settings.maximumPieceLength = maximumPieceLength ?? settings.maximumPieceLength
    settings.maximumSentenceLength = maximumSentenceLength ?? settings.maximumSentenceLength
    settings.splitsDigits = splitDigits
    settings.splitsByScript = splitByUnicodeScript
    settings.splitsByNumber = splitByNumber
    settings.splitsBySpace = splitByWhitespace
    settings.allowsSpaceOnlyPieces = whitespaceOnlyPieces
    settings.addsPrefix = dummyPrefix
    settings.removesExtraSpaces = !keepExtraSpaces
    settings.controlSymbols = controlSymbol
    settings.userDefinedSymbols = userDefinedSymbol
    settings.unknownID = unkId ?? settings.unknownID
    if let bosId { settings.beginningID = bosId < 0 ? nil : bosId }
    if let eosId { settings.endID = eosId < 0 ? nil : eosId }
    if let padId { settings.paddingID = padId < 0 ? nil : padId }
    settings.normalizers = template?.characterMaps ?? []
    options.sentencePiece = settings
    return options
  }

  /// What happens to a text beside the pattern: the template's pipeline or, for pieces, a Metaspace.
  func pipeline(
    _ options: PieceTrainingOptions?, _ template: TrainingTemplate?
  ) -> TextPipeline {
    if let template { return template.pipeline }
    guard let options else { return .plain }
    let space: [UInt8] = [0xE2, 0x96, 0x81]
    let blank = [UInt8(ascii: " ")]
    var pipeline = TextPipeline(pretokenizers: [
      .metaspace(replacement: space, scheme: dummyPrefix ? .always : .never, splits: true)
    ])
    if splitDigits { pipeline.pretokenizers.append(.digits(individual: true)) }
    if options.fallsBackToBytes {
      pipeline.decoders = [.replace(space, with: blank), .byteFallback, .fuse]
      if dummyPrefix { pipeline.decoders.append(.strip(blank, start: 1, stop: 0)) }
    } else {
      pipeline.decoders = [.metaspace(replacement: space, dropsFirst: dummyPrefix)]
    }
    return pipeline
  }
}
