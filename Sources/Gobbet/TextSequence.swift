internal import GobbetBPE
internal import GobbetGPT

/// The text that continues a prompt, piece by piece as a loop asks for it.
///
/// ```swift
/// for try await piece in generation.text(after: "Once upon a time") { show(piece) }
/// ```
/// The pieces together are the text that ``TextGeneration/continuation(of:_:show:)`` gives. Nothing is
/// computed ahead, and every loop begins with the prompt again.
public struct TextSequence: AsyncSequence, Sendable {
  fileprivate let generation: TextGeneration
  fileprivate let prompt: String
  fileprivate let options: TextGeneration.Options

  /// Begins with the prompt.
  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// What continues the prompt, and what makes text of that.
  fileprivate func start() throws -> (TokenGenerator, ContinuationStream) {
    let settings = generation.settings(options)
    let pass = try ForwardPass(generation.model, threadCount: options.threadCount)
    return (
      try TokenGenerator(pass, prompt: generation.prompt(prompt, options), settings),
      ContinuationStream(
        TokenDecoder(generation.tokenizer.vocabulary), settings.stopTokens, options.stopTexts)
    )
  }

  /// The state of one loop.
  public struct Iterator: AsyncIteratorProtocol {
    private let sequence: TextSequence
    private var state: (TokenGenerator, ContinuationStream)?
    private var isFinished = false

    fileprivate init(_ sequence: TextSequence) { self.sequence = sequence }

    /// The next piece, which is never empty; nil at the end.
    ///
    /// - Throws: as ``TextGeneration/continuation(of:_:show:)``; `CancellationError` if the task is
    ///   cancelled.
    public mutating func next() async throws -> String? {
      var (generator, stream) = try state ?? sequence.start()
      var piece = ""
      while piece.isEmpty, !isFinished {
        try Task.checkCancellation()
        if !stream.hasEnded, let id = try generator.next() {
          piece = stream.append(id)
        } else {
          piece = stream.finish(.limit)
          isFinished = true
        }
      }
      state = (generator, stream)
      return piece.isEmpty ? nil : piece
    }
  }
}

extension TextGeneration {
  /// The text that continues a prompt, computed as a loop asks for it.
  public func text(after prompt: String, _ options: Options = .init()) -> TextSequence {
    TextSequence(generation: self, prompt: prompt, options: options)
  }
}
