public import GobbetBPE

/// Continues several prompts together: each gets the tokens that it would get alone.
///
/// Belongs to one thread.
public struct BatchGenerator {
  private let pass: ForwardPass
  private var sequences: [GrowingSequence]

  /// The tokens of every sequence so far, the prompt's first.
  public var ids: [[TokenID]] { sequences.map(\.ids) }

  /// Prepares to continue `prompts`.
  ///
  /// - Throws: ``GPTError`` for a prompt that the model cannot take or settings out of range.
  public init(
    _ pass: ForwardPass, prompts: [[TokenID]], _ settings: GenerationSettings = .init()
  ) throws(GPTError) {
    try settings.sampling.validate()
    self.pass = pass
    sequences = []
    for prompt in prompts {
      sequences.append(
        try GrowingSequence(pass, prompt: prompt, settings, cache: try KeyValueCache(pass.model)))
    }
  }

  /// The next token of every sequence, nil for one that has ended; nil when all have.
  ///
  /// - Throws: ``GPTError`` as `Generator.next` does.
  public mutating func next() throws(GPTError) -> [TokenID?]? {
    let growing = sequences.indices.filter { !sequences[$0].hasEnded }
    guard !growing.isEmpty else { return nil }
    let logits = try pass.logits(of: growing.map { sequences[$0].nextInput() })
    var tokens = [TokenID?](repeating: nil, count: sequences.count)
    for (index, logits) in zip(growing, logits) {
      tokens[index] = try sequences[index].grow(logits[0], pass)
    }
    return tokens
  }

  /// Makes a sequence end where it is.
  public mutating func end(_ index: Int) { sequences[index].end() }
}
