/// Everything that decides which tokens a text becomes, and which bytes a token stands for.
///
/// ```swift
/// let vocabulary = try Vocabulary(recognizing: "my.gobbet")
/// print(vocabulary.idBound, vocabulary.merges.count, vocabulary.bytes(of: 256) ?? [])
/// ```
public struct Vocabulary: Sendable {
  /// The bytes of ordinary tokens by id; ids may be left out.
  public let tokens: TokenTable
  /// The merges in the order of their ranks.
  ///
  /// For ``MergeRule/ranks`` they are derived: the last step by which each token comes about.
  public let merges: [TokenMerge]
  /// Which pairs merge, and in which order.
  public let mergeRule: MergeRule
  /// How a text is cut into pretokens.
  public let pattern: SplitPattern
  /// What happens to a text beside that.
  public let pipeline: TextPipeline
  /// The special tokens, ordered by id, and the added tokens that are not special.
  public let specialTokens: SpecialTokens
  /// One more than the largest id, special tokens too: what models call the vocabulary size.
  public let idBound: Int
  /// How many ids have a token, special tokens too.
  public let tokenCount: Int
  /// Finds ordinary tokens by their bytes.
  let index: TokenIndex

  /// A vocabulary of tokens and merges, as `tokenizer.json` holds it.
  ///
  /// For ``MergeRule/ranks`` the merges follow from the tokens, and those given do not count.
  /// - Throws: ``VocabularyError``: two tokens with the same bytes, a missing byte, a merge whose
  ///   parts aren't tokens, whose result has other bytes, or that is there twice, a special token
  ///   in the place of an ordinary one.
  /// - Complexity: linear in the bytes of all tokens.
  public init(
    tokens: TokenTable, merges: [TokenMerge], mergeRule: MergeRule, pattern: SplitPattern,
    specialTokens: SpecialTokens = .none, pipeline: TextPipeline = .plain
  ) throws(VocabularyError) {
    if mergeRule == .ranks {
      try self.init(
        ranks: tokens, pattern: pattern, specialTokens: specialTokens, pipeline: pipeline)
      return
    }
    let index = try TokenIndex(tokens)
    try Self.check(merges, tokens)
    try self.init(
      checkedTokens: tokens, index, merges: merges, mergeRule, pattern, specialTokens, pipeline)
  }

  /// A vocabulary of tokens and merges that agree; checks what is left to check.
  init(
    checkedTokens tokens: TokenTable, _ index: TokenIndex, merges: [TokenMerge],
    _ mergeRule: MergeRule,
    _ pattern: SplitPattern, _ specialTokens: SpecialTokens, _ pipeline: TextPipeline
  ) throws(VocabularyError) {
    for byte in UInt8.min...UInt8.max where pipeline.symbols.isComplete {
      let bytes = [byte]
      guard index.id(of: bytes.span, 0..<1, in: tokens) != nil else {
        throw VocabularyError(.missingByte(byte))
      }
    }
    guard merges.count < TokenTable.maximumCount else { throw VocabularyError(.tooManyMerges) }
    var count = (0..<tokens.count).count { tokens.contains(TokenID(truncatingIfNeeded: $0)) }
    for special in specialTokens {
      if tokens.contains(special.id) {
        guard tokens[special.id].elementsEqual(special.bytes) else {
          throw VocabularyError(.specialTokenClash, token: special.id)
        }
      } else {
        count += 1
      }
    }
    let template = pipeline.template.map { $0.before + $0.after } ?? []
    for id in template + [pipeline.symbols.unknown].compactMap({ $0 })
    where !tokens.contains(id) && specialTokens.token(withID: id) == nil {
      throw VocabularyError(.pipelineToken, token: id)
    }
    let order = pipeline.symbols.pieceOrder ?? .byResult
    for id in pipeline.symbols.wholeSymbols + order.pieces.map(\.id) + order.unused
    where !tokens.contains(id) {
      throw VocabularyError(.pipelineToken, token: id)
    }
    for piece in order.pieces
    where tokens.range(of: piece.id).count > PieceMerges.maximumByteCount {
      throw VocabularyError(.pieceTooLong, token: piece.id)
    }
    try pipeline.checkSteps(before: pattern)
    self.tokens = tokens
    self.index = index
    self.merges = merges
    self.mergeRule = mergeRule
    self.pattern = pattern
    self.specialTokens = specialTokens
    self.pipeline = pipeline
    tokenCount = count
    let lastUsed = (0..<tokens.count).last { tokens.contains(TokenID(truncatingIfNeeded: $0)) } ?? 0
    idBound = max(lastUsed, specialTokens.last.map { Int($0.id) } ?? 0) + 1
  }

  /// The bytes of a token, special or not; nil if `id` has no token.
  public func bytes(of id: TokenID) -> ArraySlice<UInt8>? {
    if tokens.contains(id) { return tokens[id] }
    return specialTokens.token(withID: id)?.bytes[...]
  }

  /// The id of the token with these bytes; an ordinary one rather than a special one.
  public func id(of bytes: some Collection<UInt8>) -> TokenID? {
    let copy = [UInt8](bytes)
    return index.id(of: copy.span, 0..<copy.count, in: tokens) ?? specialTokens.id(of: copy)
  }

  /// The id of the ordinary token with these bytes.
  func ordinaryID(of bytes: Span<UInt8>) -> TokenID? {
    index.id(of: bytes, 0..<bytes.count, in: tokens)
  }

  private static func check(
    _ merges: [TokenMerge], _ tokens: TokenTable
  ) throws(VocabularyError) {
    guard merges.count < TokenTable.maximumCount else { throw VocabularyError(.tooManyMerges) }
    var repetition = RepeatedMerges(idBound: tokens.count)
    let arena = tokens.arena.span
    var mergedByteCount = 0
    for (mergeIndex, merge) in merges.enumerated() {
      guard tokens.contains(merge.left), tokens.contains(merge.right),
        tokens.contains(merge.result)
      else {
        let unknown = [merge.left, merge.right, merge.result].first { !tokens.contains($0) }
        throw VocabularyError(.unknownToken, token: unknown, mergeIndex: mergeIndex)
      }
      let left = tokens.range(of: merge.left)
      let right = tokens.range(of: merge.right)
      let result = tokens.range(of: merge.result)
      let middle = result.lowerBound + left.count
      mergedByteCount += result.count
      guard mergedByteCount <= TokenTable.maximumMergedByteCount else {
        throw VocabularyError(.mergesTooLong, mergeIndex: mergeIndex)
      }
      guard left.count + right.count == result.count,
        result.count <= ShortPretokenKey.maximumByteCount
          ? ShortPretokenKey(tokens.shortKey(left), tokens.shortKey(right))
            == tokens.shortKey(result)
          : ByteString.isEqual(arena, left, arena, from: result.lowerBound)
            && ByteString.isEqual(arena, right, arena, from: middle)
      else {
        throw VocabularyError(.mergeBytes, token: merge.result, mergeIndex: mergeIndex)
      }
      guard repetition.insert(result: merge.result, leftByteCount: left.count) else {
        throw VocabularyError(.duplicateMerge, mergeIndex: mergeIndex)
      }
    }
  }
}

extension Vocabulary: Hashable {
  /// Whether both hold the same tokens, merges and settings; what a post-processor adds for those who
  /// ask, and what is kept of a file beside that, is not compared.
  public static func == (left: Vocabulary, right: Vocabulary) -> Bool {
    left.tokens == right.tokens && left.merges == right.merges
      && left.mergeRule == right.mergeRule && left.pattern == right.pattern
      && left.specialTokens == right.specialTokens
      && left.pipeline.decidingIDs == right.pipeline.decidingIDs
  }

  /// Feeds what tells vocabularies apart into `hasher`.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(tokens)
    hasher.combine(pattern)
    hasher.combine(specialTokens)
  }
}
