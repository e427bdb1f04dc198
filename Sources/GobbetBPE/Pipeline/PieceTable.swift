/// Cuts pretokens into pieces that are tokens, the longest first, as WordPiece does.
///
/// - Source: `WordPiece` in `tokenizers` 0.23.3; pinned by `Fixtures/pipelines`.
struct PieceTable: Sendable {
  private let tokens: TokenTable
  private let index: TokenIndex
  private let prefix: [UInt8]
  private let maximumScalarCount: Int
  /// No token is longer.
  private let maximumByteCount: Int

  init(_ vocabulary: Vocabulary) {
    let tokens = vocabulary.tokens
    self.tokens = tokens
    index = vocabulary.index
    prefix = vocabulary.pipeline.symbols.continuingPrefix
    maximumScalarCount = vocabulary.pipeline.symbols.maximumScalarCount
    maximumByteCount = (0..<TokenID(truncatingIfNeeded: tokens.count)).reduce(0) {
      max($0, tokens.range(of: $1).count)
    }
  }

  /// Calls `body` with the tokens of a pretoken; false, and no calls, if it is unknown.
  ///
  /// - Complexity: O(n·m) for n bytes and tokens of at most m.
  func forEachPiece(of pretoken: Span<UInt8>, _ body: (TokenID) -> Void) -> Bool {
    var scalarCount = 0
    var place = 0
    while place < pretoken.count {
      place += UTF8Scalar.scalarOrByte(of: pretoken, at: place).length
      scalarCount += 1
      guard scalarCount <= maximumScalarCount else { return false }
    }
    // A piece after the first has the prefix in the place of bytes that are done.
    var text = prefix
    for index in pretoken.indices { text.append(pretoken[index]) }
    var pieces: [TokenID] = []
    var start = prefix.count
    while start < text.count {
      let from = start == prefix.count ? start : start - prefix.count
      if from != start {
        for index in prefix.indices { text[from + index] = prefix[index] }
      }
      guard let (token, end) = longestPiece(of: text.span, from: from, beyond: start) else {
        return false
      }
      pieces.append(token)
      start = end
    }
    for piece in pieces { body(piece) }
    return true
  }

  /// The longest token that begins at `from` and ends after `start`, at the end of a scalar.
  private func longestPiece(
    of text: Span<UInt8>, from: Int, beyond start: Int
  ) -> (TokenID, end: Int)? {
    var end = min(text.count, from + maximumByteCount)
    while end > start {
      // Inside of a scalar no token ends, unless a token isn't UTF-8.
      let isBorder = end == text.count || text[end] & 0xC0 != 0x80
      if isBorder, let token = index.id(of: text, from..<end, in: tokens) { return (token, end) }
      end -= 1
    }
    return nil
  }
}
