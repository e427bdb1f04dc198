package import GobbetBPE
package import GobbetGPT

/// A prompt being continued, one token at a time, and the text of the tokens where there is a
/// vocabulary.
package struct GrowingContinuation {
  private var generator: TokenGenerator
  private var stream: ContinuationStream?
  private let stopTokens: Set<TokenID>
  private let maximumTokenCount: Int
  private var tokenCount = 0
  /// Why nothing more comes; nil while something may.
  package private(set) var end: TextGeneration.Continuation.End?

  /// Begins after the tokens of a prompt.
  ///
  /// - Throws: `GPTError` for a prompt that the model does not take and settings out of range.
  package init(
    _ pass: ForwardPass, prompt: [TokenID], _ settings: GenerationSettings,
    _ vocabulary: Vocabulary?, stopTexts: [String] = []
  ) throws(GPTError) {
    generator = try TokenGenerator(pass, prompt: prompt, settings)
    stopTokens = settings.stopTokens
    maximumTokenCount = settings.maximumTokenCount
    stream = vocabulary.map {
      ContinuationStream(TokenDecoder($0), settings.stopTokens, stopTexts)
    }
  }

  /// The next token, and the text that is certain with it.
  ///
  /// At the end there is no token, but the text that was held back; nil after that. A stop token is not
  /// handed out.
  /// - Throws: `GPTError` as `TokenGenerator.next`.
  package mutating func next() throws(GPTError) -> (id: TokenID?, text: String)? {
    guard end == nil else { return nil }
    if stream?.hasEnded != true, let id = try generator.next() {
      tokenCount += 1
      guard stopTokens.contains(id) else { return (id, stream?.append(id) ?? "") }
      _ = stream?.append(id)
      return (nil, finish(.stopToken))
    }
    return (nil, finish(tokenCount < maximumTokenCount ? .context : .limit))
  }

  private mutating func finish(_ reason: TextGeneration.Continuation.End) -> String {
    let rest = stream?.finish(reason) ?? ""
    end = stream?.continuation.end ?? reason
    return rest
  }
}
