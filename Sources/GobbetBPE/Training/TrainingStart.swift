/// What there is before the first merge is learned: single bytes, or a whole vocabulary.
///
/// Its ids are the symbols of training, and new symbols follow the last of them.
struct TrainingStart {
  /// The tokens by id, up to the id of the next one.
  let tokens: TokenTable
  /// The merges that made them.
  let merges: [TokenMerge]
  private let mergeRule: MergeRule
  /// The special tokens that have their ids.
  private let firstSpecials: [SpecialToken]
  /// The special tokens that get the ids after the last merge.
  private let lastSpecials: [[UInt8]]

  /// Starts with single bytes, after the special tokens if these come first.
  init(_ options: TrainingOptions) throws(VocabularyError) {
    var tokens = TokenTable()
    if options.specialTokensFirst {
      firstSpecials = options.specialTokens.enumerated().map { id, bytes in
        SpecialToken(bytes: bytes, id: TokenID(id))
      }
      lastSpecials = []
      for _ in firstSpecials { try tokens.append([]) }
    } else {
      firstSpecials = []
      lastSpecials = options.specialTokens
    }
    for byte in options.tieBreak.byteOrder { try tokens.append([byte]) }
    self.tokens = tokens
    merges = []
    mergeRule = .learnedPairs
  }

  /// Starts with a vocabulary, all of whose ids stay as they are.
  ///
  /// - Throws: ``TrainingError`` (`notMadeByMerges`) if one of its tokens has no merge, two, or one
  ///   of later tokens: then the merges alone do not tell what a text becomes.
  init(_ vocabulary: Vocabulary, _ options: TrainingOptions) throws {
    guard vocabulary.pipeline.symbols == .bytes else { throw TrainingError.notMadeOfBytes }
    var tokens = vocabulary.tokens
    while tokens.count < vocabulary.idBound { try tokens.append([]) }
    var isMade = (0..<TokenID(tokens.count)).map { tokens[$0].count < 2 }
    for merge in vocabulary.merges {
      guard isMade[Int(merge.left)], isMade[Int(merge.right)], !isMade[Int(merge.result)] else {
        throw TrainingError.notMadeByMerges(token: merge.result)
      }
      isMade[Int(merge.result)] = true
    }
    if let token = isMade.firstIndex(of: false) {
      throw TrainingError.notMadeByMerges(token: TokenID(token))
    }
    self.tokens = tokens
    merges = vocabulary.merges
    mergeRule = vocabulary.mergeRule
    firstSpecials = Array(vocabulary.specialTokens)
    lastSpecials = options.specialTokens.filter { vocabulary.specialTokens.id(of: $0) == nil }
  }

  /// How many ids the vocabulary has before a merge is learned.
  var size: Int { tokens.count + lastSpecials.count }

  /// The byte strings of all special tokens.
  var specialStrings: Set<[UInt8]> { Set(firstSpecials.map(\.bytes) + lastSpecials) }

  /// The special tokens, where `nextID` is the first id that no other token has.
  ///
  /// - Throws: ``VocabularyError`` if they are not fit to be special tokens.
  func specialTokens(lastFrom nextID: Int) throws(VocabularyError) -> SpecialTokens {
    let lasts = lastSpecials.enumerated().map { offset, bytes in
      SpecialToken(bytes: bytes, id: TokenID(nextID + offset))
    }
    return try SpecialTokens(firstSpecials + lasts)
  }

  /// The vocabulary that has come out in the end.
  func vocabulary(
    tokens: TokenTable, merges: [TokenMerge], pattern: SplitPattern
  ) throws(VocabularyError) -> Vocabulary {
    let specialTokens = try specialTokens(lastFrom: tokens.count)
    if mergeRule == .ranks {
      return try Vocabulary(ranks: tokens, pattern: pattern, specialTokens: specialTokens)
    }
    return try Vocabulary(
      tokens: tokens, merges: merges, mergeRule: mergeRule, pattern: pattern,
      specialTokens: specialTokens)
  }
}
