public import GobbetBPE

/// Continues a prompt, one token at a time.
///
/// Belongs to one thread.
///
/// ```swift
/// var settings = GenerationSettings()
/// settings.maximumTokenCount = 5
/// var generator = try TokenGenerator(
///   ForwardPass(GPT(path: "model.gobbet")), prompt: [39, 78], settings)
/// while let id = try generator.next() { print(id) }
/// ```
public struct TokenGenerator {
  private let pass: ForwardPass
  private var sequence: GrowingSequence

  /// The tokens so far, the prompt's first.
  public var ids: [TokenID] { sequence.ids }

  /// Prepares to continue `prompt`.
  ///
  /// With a cache, its sequence comes before the prompt; a context that slides forgets it as a whole.
  /// - Throws: ``GPTError`` for a prompt that the model cannot take or settings out of range.
  public init(
    _ pass: ForwardPass, prompt: [TokenID], _ settings: GenerationSettings = .init(),
    cache: KeyValueCache? = nil
  ) throws(GPTError) {
    try settings.sampling.validate()
    self.pass = pass
    sequence = try GrowingSequence(
      pass, prompt: prompt, settings, cache: try pass.cache(cache))
  }

  /// The next token; nil at the end.
  ///
  /// - Throws: ``GPTError`` (`contextExceeded`) if the context is full and that isn't an end,
  ///   (`invalidLogits`) if the weights lead to logits that aren't numbers.
  public mutating func next() throws(GPTError) -> TokenID? {
    guard !sequence.hasEnded else { return nil }
    let logits = try pass.logits(of: [sequence.nextInput()])
    return try sequence.grow(logits[0][0], pass)
  }
}
