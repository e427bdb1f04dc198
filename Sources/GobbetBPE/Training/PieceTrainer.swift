/// Learns BPE of characters, as SentencePiece's vocabularies are, from counted words.
///
/// The result depends on nothing but the counts and the options.
public struct PieceTrainer: Sendable {
  /// What is learned.
  public let options: PieceTrainingOptions

  /// Creates a trainer with these options.
  ///
  /// - Throws: ``TrainingError``: `vocabularyTooLarge`; `pieceID`, `duplicatePiece` and `pieceSetting`
  ///   for what SentencePiece refuses, too.
  public init(_ options: PieceTrainingOptions) throws(TrainingError) {
    self.options = options
    guard options.vocabularySize <= TokenTable.maximumCount else {
      throw .vocabularyTooLarge(size: options.vocabularySize)
    }
    guard options.rule == .sentencePiece else { return }
    let settings = options.sentencePiece
    guard (0.98...1).contains(settings.characterCoverage) else {
      throw .pieceSetting("character coverage \(settings.characterCoverage) is not from 0.98 to 1")
    }
    guard (1...512).contains(settings.maximumPieceLength) else {
      throw .pieceSetting("piece length \(settings.maximumPieceLength) is not from 1 to 512")
    }
    _ = try MetaPieces(options)
  }

  /// Learns from the words that ``TrainingText`` has cut a corpus into.
  ///
  /// `progress` is called from time to time; if it returns false, training stops, and the result has
  /// what was learned so far.
  /// - Throws: ``TrainingError``; what `words` throws.
  /// - Complexity: O(bytes of the unique words · log of the highest count).
  public func train(
    _ words: any PretokenSource, progress: ((TrainingProgress) -> Bool)? = nil
  ) throws -> LearnedPieces {
    switch options.rule {
    case .tokenizers: try trainTokens(words, progress)
    case .sentencePiece: try trainPieces(words, progress)
    }
  }

  /// Follows `tokenizers`: characters that get no token are left out, and what is beside them meets.
  private func trainTokens(
    _ words: any PretokenSource, _ progress: ((TrainingProgress) -> Bool)?
  ) throws -> LearnedPieces {
    let settings = options.tokenizers
    let words = try DecodedWords(words)
    let alphabet = try PieceAlphabet(words).limited(options)
    var firsts: [[UInt8]] = []
    for token in settings.specialTokens.map({ Array($0.utf8) }) where !firsts.contains(token) {
      firsts.append(token)
    }
    let specialCount = firsts.count
    if options.fallsBackToBytes {
      firsts += (UInt8.min...UInt8.max).map { ByteTokens.text(of: $0) }
    }
    var tokens = TokenTable()
    var characters: [UInt32?] = firsts.map { _ in nil }
    for (index, text) in firsts.enumerated() { try tokens.append(index < specialCount ? [] : text) }
    let taken = Set(firsts)
    for character in alphabet {
      let text = UTF8Scalar.bytes(character.scalar)
      guard !taken.contains(text) else { continue }
      try tokens.append(text)
      characters.append(character.scalar)
    }
    guard options.vocabularySize >= tokens.count else {
      throw TrainingError.vocabularyTooSmall(size: options.vocabularySize, minimum: tokens.count)
    }
    let encoded = try words.encoded(Self.symbols(characters), cutsAtOthers: false)
    var rules = PieceRules()
    if let bound = settings.maximumTokenLength {
      rules.maximumCharacterCount = Int32(clamping: max(bound - 1, 2))
    }
    let start = LearningRun.Start(
      tokens: tokens, filter: MergeFilter(PieceShapes(characters, rules), forbidden: taken),
      minimumFrequency: settings.minimumFrequency,
      mergeLimit: options.vocabularySize - tokens.count)
    let (learned, merges) = try LearningRun(start: start, progress: progress).result(encoded)
    return LearnedPieces(
      options: options, alphabet: alphabet, tokens: learned, merges: merges, absent: [])
  }

  /// Follows SentencePiece: nothing merges across a character that gets no piece.
  private func trainPieces(
    _ words: any PretokenSource, _ progress: ((TrainingProgress) -> Bool)?
  ) throws -> LearnedPieces {
    let settings = options.sentencePiece
    let meta = try MetaPieces(options).pieces
    let forbidden = Set(meta.values.map(\.text))
    let words = try DecodedWords(words)
    let alphabet = try PieceAlphabet(words).covering(options, without: forbidden)
    let mergeLimit = options.vocabularySize - meta.count - alphabet.count
    guard mergeLimit >= 0 else {
      throw TrainingError.vocabularyTooSmall(
        size: options.vocabularySize, minimum: meta.count + alphabet.count)
    }
    var tokens = TokenTable()
    for character in alphabet { try tokens.append(UTF8Scalar.bytes(character.scalar)) }
    let characters = alphabet.map { Optional($0.scalar) }
    let encoded = try words.encoded(Self.symbols(characters), cutsAtOthers: true)
    let rules = PieceRules(
      maximumCharacterCount: Int32(settings.maximumPieceLength),
      spaces: settings.splitsBySpace ? .inFront : .notLast,
      allowsSpaceOnly: settings.allowsSpaceOnlyPieces, splitsDigits: settings.splitsDigits,
      splitsByScript: settings.splitsByScript, splitsByNumber: settings.splitsByNumber,
      ordersByText: true)
    let shapes = PieceShapes(characters, rules)
    let start = LearningRun.Start(
      tokens: tokens, filter: MergeFilter(shapes, forbidden: forbidden), minimumFrequency: 1,
      mergeLimit: mergeLimit)
    let (learned, merges) = try LearningRun(start: start, progress: progress).result(encoded)
    var absent: [[UInt8]] = []
    if merges.count < mergeLimit {
      let pairs = AbsentPieces(encoded, merges, learned, start.filter)
      absent = pairs.texts(limit: mergeLimit - merges.count)
    }
    return LearnedPieces(
      options: options, alphabet: alphabet, tokens: learned, merges: merges, absent: absent)
  }

  /// The symbols of characters.
  private static func symbols(_ characters: [UInt32?]) -> [UInt32: Symbol] {
    var symbols: [UInt32: Symbol] = [:]
    for (symbol, scalar) in characters.enumerated() {
      if let scalar { symbols[scalar] = Symbol(symbol) }
    }
    return symbols
  }
}
