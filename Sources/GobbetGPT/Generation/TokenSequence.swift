public import GobbetBPE

/// The tokens that continue a prompt, one by one as a loop asks for them.
///
/// ```swift
/// let model = try GPT(path: "model.gobbet")
/// var settings = GenerationSettings()
/// settings.maximumTokenCount = 5
/// for try await id in model.tokens(after: [39, 78], settings) { print(id) }
/// ```
/// Nothing is computed ahead, and every loop begins with the prompt again. A token is computed on the
/// task that asks for it.
public struct TokenSequence: AsyncSequence, Sendable {
  fileprivate let model: GPT
  fileprivate let prompt: [TokenID]
  fileprivate let settings: GenerationSettings
  fileprivate let threadCount: Int

  /// Begins with the prompt.
  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// The state of one loop.
  public struct Iterator: AsyncIteratorProtocol {
    private let sequence: TokenSequence
    private var generator: TokenGenerator?

    fileprivate init(_ sequence: TokenSequence) { self.sequence = sequence }

    /// The next token; nil at the end, a stop token among them.
    ///
    /// - Throws: ``GPTError`` as ``TokenGenerator``; `CancellationError` if the task is cancelled.
    public mutating func next() async throws -> TokenID? {
      try Task.checkCancellation()
      var generator =
        try generator
        ?? TokenGenerator(
          ForwardPass(sequence.model, threadCount: sequence.threadCount), prompt: sequence.prompt,
          sequence.settings)
      let id = try generator.next()
      self.generator = generator
      return id
    }
  }
}

extension GPT {
  /// The tokens that continue a prompt, computed as a loop asks for them.
  public func tokens(
    after prompt: [TokenID], _ settings: GenerationSettings = .init(), threadCount: Int = 1
  ) -> TokenSequence {
    TokenSequence(model: self, prompt: prompt, settings: settings, threadCount: threadCount)
  }
}
