/// What a ``PieceTrainer`` has learned, of which vocabularies of its size and of smaller ones can be
/// made.
public struct LearnedPieces: Sendable {
  /// What was asked for.
  public let options: PieceTrainingOptions
  /// The characters in the order of their ids.
  let alphabet: [PieceAlphabet.Character]
  /// Special tokens, characters and the results of merges.
  let tokens: TokenTable
  let merges: [TokenMerge]
  /// Pieces that nothing makes any more.
  let absent: [[UInt8]]

  /// How many merges were learned.
  public var mergeCount: Int { merges.count }

  /// The vocabulary of `size` tokens, or of fewer if fewer were learned, to which `pipeline` brings
  /// texts; SentencePiece has a pipeline of its own.
  ///
  /// - Throws: ``TrainingError`` (`vocabularyTooSmall`), ``VocabularyError``.
  public func vocabulary(
    size: Int, pipeline: TextPipeline = .plain, pattern: SplitPattern = .whole
  ) throws -> Vocabulary {
    switch options.rule {
    case .tokenizers: try tokenVocabulary(size, pipeline, pattern)
    case .sentencePiece: try pieceVocabulary(size)
    }
  }

  private func tokenVocabulary(
    _ size: Int, _ pipeline: TextPipeline, _ pattern: SplitPattern
  ) throws -> Vocabulary {
    let firstMerge = merges.first.map { Int($0.result) } ?? tokens.count
    guard size >= firstMerge else {
      throw TrainingError.vocabularyTooSmall(size: size, minimum: firstMerge)
    }
    var specials: [SpecialToken] = []
    for text in options.tokenizers.specialTokens where specials.allSatisfy({ $0.text != text }) {
      specials.append(SpecialToken(text, id: TokenID(specials.count)))
    }
    let unknown = options.tokenizers.unknownToken.flatMap { text in
      specials.first { $0.text == text }?.id
    }
    var pipeline = pipeline
    pipeline.symbols = InitialSymbols(
      unit: .scalar, isComplete: false, unknown: unknown,
      fusesUnknown: pipeline.symbols.fusesUnknown, fallsBackToBytes: options.fallsBackToBytes)
    var kept = TokenTable()
    for id in 0..<TokenID(min(size, tokens.count)) { try kept.append(Array(tokens[id])) }
    return try Vocabulary(
      tokens: kept, merges: merges.filter { $0.result < size }, mergeRule: .learnedPairs,
      pattern: pattern, specialTokens: SpecialTokens(specials), pipeline: pipeline)
  }

  private func pieceVocabulary(_ size: Int) throws -> Vocabulary {
    var options = options
    options.vocabularySize = size
    let meta = try MetaPieces(options).pieces
    let learnedCount = size - meta.count - alphabet.count
    guard learnedCount >= 0 else {
      throw TrainingError.vocabularyTooSmall(size: size, minimum: meta.count + alphabet.count)
    }
    let learned = merges.map { Array(tokens[$0.result]) } + absent
    let characters = alphabet.map { UTF8Scalar.bytes($0.scalar) }
    let normal = learned.prefix(learnedCount) + characters
    var nextNormal = normal.startIndex
    var table = TokenTable()
    var specials: [SpecialToken] = []
    var wholes: [TokenID] = []
    var normals: [TokenID] = []
    for id in 0..<size {
      let token = TokenID(id)
      guard let piece = meta[id] else {
        guard nextNormal < normal.endIndex else { continue }
        // An id that is kept for a piece after the last one can't be reached.
        guard table.count == id else { throw TrainingError.pieceIDBeyond(id: id) }
        try table.append(normal[nextNormal])
        normals.append(token)
        nextNormal += 1
        continue
      }
      guard table.count == id else { throw TrainingError.pieceIDBeyond(id: id) }
      let isSpecial = piece.kind == .unknown || piece.kind == .control
      if isSpecial { specials.append(SpecialToken(bytes: piece.text, id: token)) }
      if piece.kind == .userDefined { wholes.append(token) }
      try table.append(isSpecial ? [] : piece.text)
    }
    let settings = options.sentencePiece
    let pipeline = TextPipeline.ofPieces(
      changes: settings.normalizers + (settings.removesExtraSpaces ? [.collapseSpaces] : []),
      addsPrefix: settings.addsPrefix, unknown: TokenID(settings.unknownID),
      fallsBackToBytes: options.fallsBackToBytes, wholeSymbols: wholes)
    return try Vocabulary(
      tokens: table, merges: try PieceMerges.all(of: normals, in: table), mergeRule: .learnedPairs,
      pattern: .whole, specialTokens: SpecialTokens(specials), pipeline: pipeline)
  }
}
