public import GobbetBPE
internal import GobbetData
public import GobbetGPT

/// A model and its vocabulary: text in, text out.
public struct TextGeneration: Sendable {
  /// The model.
  public let model: GPT
  /// Turns text into its tokens, and back.
  public let tokenizer: Tokenizer

  /// Reads the weights at `path`, with the vocabulary that they embed, or else `vocabulary`.
  ///
  /// - Throws: ``LoadingError`` if there is no vocabulary or it has ids that the model has not;
  ///   ``FormatError``, ``GPTError``, ``FileError``.
  public init(
    path: String, vocabulary: Vocabulary? = nil, precision: Precision = .float32,
    threadCount: Int = 1
  ) throws {
    let weights = try WeightsReader(path: path)
    guard let vocabulary = try vocabulary ?? weights.vocabulary() else {
      throw LoadingError(path: path, reason: "embeds no vocabulary; give one")
    }
    do {
      model = try GPT(weights, precision: precision, threadCount: threadCount)
    } catch let error as GPTError {
      throw LoadingError(path: path, reason: "\(error)")
    }
    guard vocabulary.idBound <= model.configuration.vocabularySize else {
      throw LoadingError(
        path: path,
        reason: """
          has \(model.configuration.vocabularySize) tokens, the vocabulary \(vocabulary.idBound)
          """)
    }
    tokenizer = Tokenizer(vocabulary)
  }

  /// A prompt continued.
  public struct Continuation: Hashable, Sendable {
    /// The new tokens.
    public let ids: [TokenID]
    /// Their text; what is not UTF-8 became U+FFFD.
    public let text: String
  }

  /// Continues `prompt` by at most `tokenLimit` tokens, up to an end-of-text token or the end of the
  /// context.
  ///
  /// `show` is given the text as it comes; a scalar whose bytes are not all there is held back. It
  /// stops the generation by answering false.
  /// - Throws: ``GPTError`` for a prompt that is empty or longer than the context, and for settings
  ///   out of range.
  public func continuation(
    of prompt: String, tokenLimit: Int, sampling: Sampling = .greedy, seed: UInt64 = 0,
    threadCount: Int = 1, show: (String) throws -> Bool = { _ in true }
  ) throws -> Continuation {
    let ids = tokenizer.encoded(prompt)
    let room = model.configuration.contextLength - ids.count + 1
    let stops = tokenizer.vocabulary.specialTokens.filter { $0.text == "<|endoftext|>" }
    var generator = try Generator(
      ForwardPass(model, threadCount: threadCount), prompt: ids, sampling: sampling, seed: seed,
      stopTokens: Set(stops.map(\.id)), maximumTokenCount: min(tokenLimit, max(0, room)))
    var decoder = StreamingDecoder(Decoder(tokenizer.vocabulary))
    var generated: [TokenID] = []
    var text = ""
    while let id = try generator.next() {
      if stops.contains(where: { $0.id == id }) { break }
      // A model may have more rows than the vocabulary has tokens; such an id has no text.
      let piece = (try? decoder.append(id)) ?? "\u{FFFD}"
      generated.append(id)
      text += piece
      guard try piece.isEmpty || show(piece) else { break }
    }
    let rest = decoder.finish()
    text += rest
    if !rest.isEmpty { _ = try show(rest) }
    return Continuation(ids: generated, text: text)
  }
}
