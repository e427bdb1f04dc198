internal import GobbetBPE

/// A prompt and what has come after it.
struct GrowingSequence {
  /// The tokens so far, the prompt's first.
  private(set) var ids: [TokenID]
  private let cache: KeyValueCache
  private let settings: GenerationSettings
  private var random: RandomSource
  private var left: Int
  /// How many of `ids` have gone into the model.
  private var seen = 0

  /// A sequence that has not begun to grow.
  ///
  /// - Throws: ``GPTError`` for a prompt that the model cannot take.
  init(
    _ pass: ForwardPass, prompt: [TokenID], _ settings: GenerationSettings, cache: KeyValueCache
  ) throws(GPTError) {
    try pass.model.architecture.check(prompt)
    if settings.contextEnd != .slides { try pass.check([.init(prompt, cache)]) }
    self.cache = cache
    self.settings = settings
    random = RandomSource(seed: settings.seed)
    left = settings.maximumTokenCount
    ids = prompt
  }

  /// Whether nothing comes any more.
  var hasEnded: Bool { left == 0 }

  /// What goes into the model for the next token.
  func nextInput() -> ForwardPass.Continuation {
    let slides =
      settings.contextEnd == .slides && cache.count + ids.count - seen > cache.contextLength
    // What was in the cache before the prompt isn't known here.
    let beginsAgain = slides || cache.count == seen && cache.mustBeginAgain(at: ids.count)
    if beginsAgain { cache.rewind() }
    return .init(Array(beginsAgain ? ids.suffix(cache.contextLength) : ids[seen...]), cache)
  }

  /// Draws the next token from the logits after ``nextInput()``.
  ///
  /// - Throws: ``GPTError`` (`invalidLogits`; `noTokens` if all are excluded).
  mutating func grow(_ logits: ArraySlice<Float>, _ pass: ForwardPass) throws(GPTError) -> TokenID {
    guard logits.allSatisfy(\.isFinite) else {
      throw GPTError(.invalidLogits(tokenCount: ids.count))
    }
    var logits = logits
    for id in settings.excludedTokens where Int(id) < logits.count {
      logits[logits.startIndex + Int(id)] = -.infinity
    }
    guard logits.contains(where: \.isFinite) else { throw GPTError(.noTokens) }
    let id = pass.token(from: logits, settings.sampling, earlier: ids, random: &random)
    seen = ids.count
    ids.append(id)
    let isLast =
      settings.stopTokens.contains(id)
      || (settings.contextEnd == .stops && cache.count == cache.contextLength)
    left = isLast ? 0 : left - 1
    return id
  }

  /// Makes this the end.
  mutating func end() { left = 0 }
}
