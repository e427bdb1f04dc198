extension Vocabulary {
  /// The vocabulary of `size` ids that this one grew out of: the last merges and their tokens are
  /// left out, and the special tokens after them move down.
  ///
  /// Of a trained vocabulary, this is what training for `size` would have given. If `size` is not
  /// smaller than ``idBound``, it is the same vocabulary.
  /// - Throws: ``VocabularyError`` (`missingByte`) if there is no room for the single bytes.
  public func truncated(to size: Int) throws(VocabularyError) -> Vocabulary {
    guard size < idBound else { return self }
    var bound = max(size, 0)
    while bound > 0, bound + specialTokens.count(where: { $0.id >= bound }) > size { bound -= 1 }
    var kept = TokenTable()
    for id in 0..<TokenID(min(bound, tokens.count)) { try kept.append(Array(tokens[id])) }
    var nextID = TokenID(bound)
    var keptSpecials: [SpecialToken] = []
    for special in specialTokens {
      keptSpecials.append(
        SpecialToken(
          bytes: special.bytes, id: min(special.id, nextID), matching: special.matching))
      if special.id >= bound { nextID += 1 }
    }
    let specials = try SpecialTokens(keptSpecials)
    if mergeRule == .ranks {
      return try Vocabulary(
        ranks: kept, pattern: pattern, specialTokens: specials, pipeline: pipeline)
    }
    let keptMerges = merges.filter { max($0.left, $0.right, $0.result) < bound }
    return try Vocabulary(
      tokens: kept, merges: keptMerges, mergeRule: mergeRule, pattern: pattern,
      specialTokens: specials, pipeline: pipeline)
  }
}
