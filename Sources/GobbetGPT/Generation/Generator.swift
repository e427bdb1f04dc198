public import GobbetBPE

/// Continues a prompt, one token at a time.
///
/// Belongs to one thread. Ends after a stop token, which it hands out, and at the token limit; the
/// end of the context is an error, not an end.
public struct Generator {
  /// The tokens so far, the prompt's first.
  public private(set) var ids: [TokenID]
  private let pass: ForwardPass
  private let cache: KeyValueCache
  private let sampling: Sampling
  private var random: RandomSource
  private let stopTokens: Set<TokenID>
  private var left: Int
  /// How many of `ids` are in the cache.
  private var seen: Int

  /// Prepares to continue `prompt`.
  ///
  /// With a cache, its sequence comes before the prompt.
  /// - Throws: ``GPTError`` for a prompt that the model cannot take or settings out of range.
  public init(
    _ pass: ForwardPass, prompt: [TokenID], sampling: Sampling = .greedy, seed: UInt64 = 0,
    stopTokens: Set<TokenID> = [], maximumTokenCount: Int = .max, cache: KeyValueCache? = nil
  ) throws(GPTError) {
    try sampling.validate()
    let cache = try pass.cache(cache)
    try pass.check([ForwardPass.Continuation(prompt, cache)])
    self.pass = pass
    self.cache = cache
    self.sampling = sampling
    self.stopTokens = stopTokens
    random = RandomSource(seed: seed)
    left = maximumTokenCount
    ids = prompt
    seen = 0
  }

  /// The next token; nil at the end.
  ///
  /// - Throws: ``GPTError`` (`contextExceeded`) if the context is full.
  public mutating func next() throws(GPTError) -> TokenID? {
    guard left > 0 else { return nil }
    let logits = try pass.logits(of: Array(ids[seen...]), .last, cache: cache)
    seen = ids.count
    let id = pass.token(from: logits[0], sampling, earlier: ids, random: &random)
    ids.append(id)
    left = stopTokens.contains(id) ? 0 : left - 1
    return id
  }
}
