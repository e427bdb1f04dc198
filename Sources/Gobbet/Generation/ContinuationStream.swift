internal import GobbetBPE

/// The tokens of one continuation → its text, as far as it is certain.
struct ContinuationStream {
  /// What there is so far.
  private(set) var continuation = TextGeneration.Continuation()
  /// Whether a stop token or a stop text has come.
  private(set) var hasEnded = false
  private var decoder: StreamingDecoder
  private let stopTokens: Set<TokenID>
  private var stopTexts: StopTexts

  init(_ decoder: TokenDecoder, _ stopTokens: Set<TokenID>, _ stopTexts: [String]) {
    self.decoder = StreamingDecoder(decoder)
    self.stopTokens = stopTokens
    self.stopTexts = StopTexts(stopTexts)
  }

  /// The text that is certain with this token.
  mutating func append(_ id: TokenID) -> String {
    guard !stopTokens.contains(id) else {
      end(.stopToken)
      return ""
    }
    continuation.ids.append(id)
    // An id that the vocabulary does not have is never drawn; a caller of its own may hand one in.
    return add((try? decoder.append(id)) ?? "\u{FFFD}")
  }

  /// The text that was held back; `reason` is why nothing more comes, unless that is known already.
  mutating func finish(_ reason: TextGeneration.Continuation.End) -> String {
    if !hasEnded { continuation.end = reason }
    var rest = ""
    if continuation.end != .stopText {
      rest = add(decoder.finish())
      if continuation.end != .stopText {
        let held = stopTexts.finish()
        continuation.text += held
        rest += held
      }
    }
    return rest
  }

  private mutating func add(_ piece: String) -> String {
    let certain = stopTexts.append(piece)
    continuation.text += certain
    if stopTexts.isFound { end(.stopText) }
    return certain
  }

  private mutating func end(_ reason: TextGeneration.Continuation.End) {
    continuation.end = reason
    hasEnded = true
  }
}
