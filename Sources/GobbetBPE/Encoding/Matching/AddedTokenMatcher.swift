/// Finds added tokens as `tokenizers` does: the leftmost, of those that begin there the longest, and
/// with the white space or the borders of words that each asks for.
///
/// - Source: `find_matches` in `added_vocabulary.rs` of `tokenizers` 0.23.3; pinned by the families
///   of tokenizers in `FamilyTests`.
struct AddedTokenMatcher: Sendable {
  /// A range of a text, and the token that it is, if it is one.
  typealias Piece = (token: SpecialToken?, range: Range<Int>)

  private let matcher: SpecialTokenMatcher
  /// The tokens, as the matcher has them.
  private let tokens: [SpecialToken]
  private let hasOrdinary: Bool

  /// A matcher of tokens that look in a text as `normalizers` make them look; nil without tokens.
  init?(_ tokens: [SpecialToken], normalizers: [Normalizer]) {
    let sought = tokens.compactMap { token in
      let changed = normalizers.normalized(token.bytes.span, .untracked)
      let bytes = changed?.bytes ?? token.bytes
      return bytes.isEmpty ? nil : (token, bytes)
    }
    guard !sought.isEmpty else { return nil }
    matcher = SpecialTokenMatcher(sought.map(\.1))
    self.tokens = sought.map(\.0)
    hasOrdinary = tokens.contains { !$0.isSpecial }
  }

  /// Whether any of the tokens can count, or be refused, under a policy.
  func matters(to policy: SpecialTokenPolicy) -> Bool { hasOrdinary || policy != .none }

  /// The tokens in a text that `policy` does not take for ordinary text, and what is between them.
  ///
  /// Pieces are not empty. Where the white space after one token belongs to it and is another token
  /// as well, the two overlap.
  func pieces(in text: Span<UInt8>, _ policy: SpecialTokenPolicy) -> [Piece] {
    var pieces: [Piece] = []
    var end = 0
    for match in matcher.matches(in: text) {
      let token = tokens[match.index]
      guard policy.allows(token) || policy.others == .error else { continue }
      var (start, stop) = (match.range.lowerBound, match.range.upperBound)
      if token.matching.contains(.wholeWord),
        TextEdges.isWord(in: text, before: start) || TextEdges.isWord(in: text, at: stop)
      {
        continue
      }
      if token.matching.contains(.stripsLeft) {
        start = max(TextEdges.startOfWhiteSpace(in: text, before: start), end)
      }
      if token.matching.contains(.stripsRight) {
        stop = TextEdges.endOfWhiteSpace(in: text, from: stop)
      }
      if end < start { pieces.append((nil, end..<start)) }
      pieces.append((token, start..<stop))
      end = stop
    }
    if end < text.count { pieces.append((nil, end..<text.count)) }
    return pieces
  }
}
