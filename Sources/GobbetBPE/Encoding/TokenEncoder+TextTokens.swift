/// A token of a text, and the bytes of the text that it was made from.
public struct TextToken: Hashable, Sendable {
  /// The token's id.
  public let id: TokenID
  /// Offsets of the bytes in the text; empty for a token that was put around the text.
  ///
  /// A token begins where the one before it ends. What a pipeline leaves out, such as the spaces
  /// between the words of BERT, is part of the token after it.
  public let range: Range<Int>
  /// Whether the id is that of a special token.
  public let isSpecial: Bool
}

extension TokenEncoder {
  /// The tokens of a text with their places in it: the ids are those of
  /// ``encode(_:specials:adding:into:)``.
  ///
  /// - Throws: ``SpecialTokenError`` where the policy makes an error of special tokens.
  public mutating func textTokens(
    of bytes: Span<UInt8>, specials policy: SpecialTokenPolicy = .none,
    adding: AddedSpecialTokens = .none
  ) throws(SpecialTokenError) -> [TextToken] {
    let vocabulary = tokenizer.vocabulary
    var ids: [TokenID] = []
    var ends: [Int] = []
    if tokenizer.needsPlaces {
      let pipeline = tokenizer.pipeline ?? PipelineTables.none
      if let error = encode(bytes, pipeline, policy, into: &ids, ends: &ends) { throw error }
    } else {
      try encode(bytes, specials: policy, into: &ids)
      var end = 0
      for id in ids {
        end += vocabulary.bytes(of: id)?.count ?? 0
        ends.append(end)
      }
    }
    func token(_ id: TokenID, _ range: Range<Int>) -> TextToken {
      let isSpecial = vocabulary.specialTokens.token(withID: id)?.isSpecial ?? false
      return TextToken(id: id, range: range, isSpecial: isSpecial)
    }
    let template = adding == .template ? vocabulary.pipeline.template : nil
    var tokens = (template?.before ?? []).map { token($0, 0..<0) }
    tokens.reserveCapacity(tokens.count + ids.count)
    var start = 0
    for (id, end) in zip(ids, ends) {
      // Where a normal form puts marks into another order, an end may lie before the last one.
      let end = max(start, end)
      tokens.append(token(id, start..<end))
      start = end
    }
    return tokens + (template?.after ?? []).map { token($0, bytes.count..<bytes.count) }
  }
}
