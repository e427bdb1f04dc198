extension Vocabulary {
  /// The same tokens and merges with another pipeline.
  ///
  /// - Throws: ``VocabularyError`` for one that uses other tokens.
  public func with(pipeline: TextPipeline) throws(VocabularyError) -> Vocabulary {
    guard pipeline != self.pipeline else { return self }
    return try Vocabulary(
      checkedTokens: tokens, index, merges: merges, mergeRule, pattern, specialTokens, pipeline)
  }

  /// The vocabulary with more added tokens, which take the ids after the last one in this order:
  /// special tokens, then those that every text yields.
  ///
  /// A text that is a token already keeps its id; of one that is an added token it changes which texts
  /// yield it.
  /// - Throws: ``VocabularyError``: `emptySpecialToken`, `duplicateSpecialToken` for a text that is
  ///   given twice, `idTooLarge`.
  public func adding(
    specials: [String] = [], tokens: [String] = []
  ) throws(VocabularyError) -> Vocabulary {
    var nextID = idBound
    var added = Array(specialTokens)
    let texts = specials.map { ($0, TokenMatching()) } + tokens.map { ($0, .ordinary) }
    for (text, matching) in texts {
      let bytes = Array(text.utf8)
      if let old = specialTokens.first(where: { $0.bytes == bytes }),
        let place = added.firstIndex(of: old)
      {
        added.remove(at: place)
        let others = old.matching.subtracting(.ordinary)
        added.append(SpecialToken(bytes: bytes, id: old.id, matching: others.union(matching)))
        continue
      }
      var id = ordinaryID(of: bytes.span)
      if id == nil {
        id = TokenID(truncatingIfNeeded: nextID)
        nextID += 1
      }
      added.append(SpecialToken(bytes: bytes, id: id ?? 0, matching: matching))
    }
    return try Vocabulary(
      tokens: self.tokens, merges: merges, mergeRule: mergeRule, pattern: pattern,
      specialTokens: SpecialTokens(added), pipeline: pipeline)
  }
}
