internal import GobbetBPE
internal import GobbetGPT

/// The text that continues a prompt, piece by piece as a loop asks for it.
///
/// ```swift
/// let generation = try TextGeneration(path: "model.gobbet")
/// var options = TextGeneration.Options()
/// options.settings.maximumTokenCount = 5
/// for try await piece in generation.text(after: "But, soft!", options) { print(piece) }
/// ```
/// The pieces together are the text that ``TextGeneration/continuation(of:_:show:)`` gives. Nothing is
/// computed ahead, and every loop begins with the prompt again.
public struct TextSequence: AsyncSequence, Sendable {
  fileprivate let generation: TextGeneration
  fileprivate let prompt: String
  fileprivate let options: TextGeneration.Options

  /// Begins with the prompt.
  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  fileprivate func start() throws -> GrowingContinuation {
    try GrowingContinuation(
      ForwardPass(generation.model, threadCount: options.threadCount),
      prompt: try generation.prompt(prompt, options), generation.settings(options),
      generation.tokenizer.vocabulary, stopTexts: options.stopTexts)
  }

  /// The state of one loop.
  public struct Iterator: AsyncIteratorProtocol {
    private let sequence: TextSequence
    private var state: GrowingContinuation?

    fileprivate init(_ sequence: TextSequence) { self.sequence = sequence }

    /// The next piece, which is never empty; nil at the end.
    ///
    /// - Throws: as ``TextGeneration/continuation(of:_:show:)``; `CancellationError` if the task is
    ///   cancelled.
    public mutating func next() async throws -> String? {
      var growing = try state ?? sequence.start()
      defer { state = growing }
      repeat {
        try Task.checkCancellation()
        guard let (_, text) = try growing.next() else { return nil }
        if !text.isEmpty { return text }
      } while true
    }
  }
}

extension TextGeneration {
  /// The text that continues a prompt, computed as a loop asks for it.
  public func text(after prompt: String, _ options: Options = .init()) -> TextSequence {
    TextSequence(generation: self, prompt: prompt, options: options)
  }
}
