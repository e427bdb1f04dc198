extension Vocabulary {
  /// A vocabulary that follows from its merges alone, as trainers make it and files store it.
  ///
  /// The single bytes have 256 ids in a row from `firstID` on, in the order of `byteOrder`; each
  /// pair then makes a token with the next id. A pair whose bytes together are an earlier token or
  /// a special token yields that one instead, and takes no id (Hugging Face's trainer does so).
  /// - Throws: ``VocabularyError``: an invalid byte order, a pair that refers to an id not yet
  ///   made or that is there twice, a token that grows too long.
  /// - Complexity: linear in the bytes of all tokens.
  public init(
    byteOrder: [UInt8], firstID: TokenID = 0, pairs: [(TokenID, TokenID)],
    mergeRule: MergeRule = .learnedPairs, pattern: SplitPattern,
    specialTokens: SpecialTokens = .none, pipeline: TextPipeline = .plain
  ) throws(VocabularyError) {
    if let plain = PlainPairs(byteOrder, firstID, pairs, specialTokens) {
      try self.init(
        checkedTokens: plain.tokens, plain.index, merges: plain.merges, mergeRule, pattern,
        specialTokens, pipeline)
      return
    }
    var builder = try PairBuilder(byteOrder, firstID, pairCount: pairs.count, specialTokens)
    for pair in pairs { try builder.append(pair.0, pair.1) }
    let merges = builder.merges
    let (tokens, index) = try builder.finished()
    try self.init(
      checkedTokens: tokens, index, merges: merges, mergeRule, pattern, specialTokens, pipeline)
  }

  /// How the ids lie if the vocabulary follows from its merges: from these two and the pairs of
  /// `merges` the initialiser for pairs makes it again.
  ///
  /// Nil if it does not, and tokens and merges have to be kept as they are.
  public var layout: (byteOrder: [UInt8], firstID: TokenID)? {
    guard pipeline.symbols == .bytes,
      let first = (0...UInt8.max).compactMap({ id(of: CollectionOfOne($0)) }).min(),
      Int(first) + 256 <= tokens.count
    else { return nil }
    let byteOrder = (first..<(first + 256)).compactMap { id in
      tokens[id].count == 1 ? tokens[id].first : nil
    }
    guard
      let again = try? Vocabulary(
        byteOrder: byteOrder, firstID: first, pairs: merges.map { ($0.left, $0.right) },
        mergeRule: mergeRule, pattern: pattern, specialTokens: specialTokens,
        pipeline: pipeline)
    else { return nil }
    return again == self ? (byteOrder, first) : nil
  }
}

/// The tokens of pairs each of which makes a new one: those of nearly all vocabularies.
///
/// That they are new is then checked for all at once.
private struct PlainPairs {
  let tokens: TokenTable
  let index: TokenIndex
  let merges: [TokenMerge]

  /// Nil where `PairBuilder` has to look more closely, be it to say what is wrong.
  init?(
    _ byteOrder: [UInt8], _ firstID: TokenID, _ pairs: [(TokenID, TokenID)],
    _ specialTokens: SpecialTokens
  ) {
    guard byteOrder.count == 256, let tokens = TokenTable(byteOrder, firstID, pairs) else {
      return nil
    }
    do {
      index = try TokenIndex(tokens)
    } catch {
      return nil
    }
    let firstResult = firstID + 256
    merges = unsafe [TokenMerge](unsafeUninitializedCapacity: pairs.count) { merges, count in
      for (index, pair) in pairs.enumerated() {
        // SAFETY: there is room for as many merges as pairs.
        let result = firstResult + TokenID(truncatingIfNeeded: index)
        unsafe (merges.baseAddress.unsafelyUnwrapped + index).initialize(
          to: TokenMerge(left: pair.0, right: pair.1, result: result))
      }
      count = pairs.count
    }
    for special in specialTokens {
      let bytes = special.bytes
      guard index.id(of: bytes.span, bytes.indices, in: tokens) == nil else { return nil }
    }
    self.tokens = tokens
  }
}

/// Makes the tokens of pairs, one after the other.
private struct PairBuilder {
  private(set) var merges: [TokenMerge] = []
  private var tokens = TokenTable()
  private var index: TokenIndex
  private var repetition: RepeatedMerges
  /// The special tokens by their position, to see which of them a pair spells.
  private var specialTable = TokenTable()
  private let specialIndex: TokenIndex
  private let specialTokens: SpecialTokens
  /// The lengths that special tokens have, a bit each, and the topmost one for those above 62.
  private let specialLengths: UInt64
  /// The bytes of the special tokens that were spelled, by id.
  private var spelled: [TokenID: [UInt8]] = [:]
  private var mergedByteCount = 0

  init(
    _ byteOrder: [UInt8], _ firstID: TokenID, pairCount: Int, _ specialTokens: SpecialTokens
  ) throws(VocabularyError) {
    guard byteOrder.count == 256, Set(byteOrder).count == 256 else {
      throw VocabularyError(.byteOrder)
    }
    for special in specialTokens { try specialTable.append(special.bytes) }
    specialIndex = try TokenIndex(specialTable)
    self.specialTokens = specialTokens
    specialLengths = specialTokens.reduce(0) { $0 | Self.lengthBit($1.bytes.count) }
    let capacity = min(Int(firstID) + 256 + pairCount, TokenTable.maximumCount)
    index = TokenIndex(capacity: capacity)
    repetition = RepeatedMerges(idBound: capacity)
    tokens.reserve(tokenCount: capacity, byteCount: 8 * capacity)
    merges.reserveCapacity(pairCount)
    while tokens.count < firstID { try tokens.append([]) }
    for byte in byteOrder {
      try tokens.append([byte])
      _ = index.insert(TokenID(truncatingIfNeeded: tokens.count - 1), in: tokens)
    }
  }

  mutating func append(_ left: TokenID, _ right: TokenID) throws(VocabularyError) {
    let mergeIndex = merges.count
    var key: ShortPretokenKey?
    do {
      if spelled.isEmpty, tokens.contains(left), tokens.contains(right) {
        key = try tokens.append(concatenating: left, right)
      } else {
        try tokens.append(bytes(of: left) + bytes(of: right))
      }
    } catch {
      throw VocabularyError(error.code, token: error.token, mergeIndex: mergeIndex)
    }
    let byteCount = tokens.range(of: TokenID(truncatingIfNeeded: tokens.count - 1)).count
    mergedByteCount += byteCount
    guard mergedByteCount <= TokenTable.maximumMergedByteCount else {
      throw VocabularyError(.mergesTooLong, mergeIndex: mergeIndex)
    }
    let merge = TokenMerge(left: left, right: right, result: resultOfLast(key))
    let leftByteCount = tokens.contains(left) ? tokens.range(of: left).count : spelled[left]?.count
    guard repetition.insert(result: merge.result, leftByteCount: leftByteCount ?? 0) else {
      throw VocabularyError(.duplicateMerge, mergeIndex: mergeIndex)
    }
    merges.append(merge)
  }

  /// The tokens and their index.
  consuming func finished() throws(VocabularyError) -> (TokenTable, TokenIndex) {
    guard let last = spelled.keys.max() else { return (tokens, index) }
    var table = TokenTable()
    for id in 0..<max(TokenID(truncatingIfNeeded: tokens.count), last + 1) {
      if spelled[id] != nil, tokens.contains(id) {
        throw VocabularyError(.specialTokenClash, token: id)
      }
      try table.append(spelled[id] ?? (id < tokens.count ? Array(tokens[id]) : []))
    }
    return (table, try TokenIndex(table))
  }

  /// The id for the bytes that were appended last: their own, or an earlier one, and then they go.
  private mutating func resultOfLast(_ key: ShortPretokenKey?) -> TokenID {
    let id = TokenID(truncatingIfNeeded: tokens.count - 1)
    let range = tokens.range(of: id)
    if specialLengths & Self.lengthBit(range.count) != 0,
      let position = specialIndex.id(of: tokens.arena.span, range, in: specialTable)
    {
      let special = specialTokens[Int(position)]
      spelled[special.id] = special.bytes
      tokens.removeLast()
      return special.id
    }
    let earlier: TokenID?
    if let key {
      earlier = index.insert(id, key, in: tokens)
    } else {
      earlier = index.insert(id, in: tokens)
    }
    if let earlier {
      tokens.removeLast()
      return earlier
    }
    return id
  }

  private static func lengthBit(_ byteCount: Int) -> UInt64 { 1 << UInt64(min(byteCount, 63)) }

  private func bytes(of id: TokenID) throws(VocabularyError) -> [UInt8] {
    if let bytes = spelled[id] { return bytes }
    guard tokens.contains(id) else { throw VocabularyError(.unknownToken, token: id) }
    return Array(tokens[id])
  }
}
