public import GobbetBPE
internal import GobbetData
public import GobbetGPT

/// A model and its vocabulary: texts in, one row of floats for each out.
///
/// ```swift
/// let vocabulary = try Vocabulary(recognizing: "Fixtures/tinymodel/tokenizer.json")
/// let encoder = try TextEmbedding(path: "model.gobbet", vocabulary: vocabulary)
/// let rows = try encoder.embeddings(of: ["A cat sits on the mat.", "Ein Hund bellt."])
/// print(rows.rowCount, rows.width)
/// ```
public struct TextEmbedding: Sendable {
  /// The model.
  public let model: GPT
  /// Turns text into its tokens, and back.
  public let tokenizer: Tokenizer
  /// How states become a row: as the model's files say, else their mean.
  public var pooling: Pooling
  /// Whether rows are divided by their length.
  public var normalizes = true
  /// Threads that compute; they change no result.
  public var threadCount = 1

  /// Reads the weights at `path`, in any format of `WeightsInput`, with `vocabulary`, or else the one
  /// that they embed or that lies beside them as `tokenizer.json`.
  ///
  /// What would be wrong with `texts` is found before the weights are read.
  /// - Throws: `LoadingError` if there is no vocabulary or it has ids that the model has not; `GPTError`
  ///   for texts; `FormatError`, `InterchangeError`, `FileError`.
  public init(
    path: String, vocabulary: Vocabulary? = nil, precision: Precision = .stored,
    threadCount: Int = 1, checking texts: [String] = []
  ) throws {
    let file = try ModelFile(path)
    let vocabulary = try file.requiredVocabulary(vocabulary)
    try file.check(vocabulary)
    tokenizer = Tokenizer(vocabulary)
    pooling = try file.pooling ?? .mean
    for text in texts { try file.check([tokenizer.encodedWithTemplate(text)]) }
    model = try file.model(precision: precision, threadCount: threadCount)
    self.threadCount = threadCount
  }

  /// The tokens of a text, with the special tokens that the vocabulary's post-processor puts around it.
  public func tokens(of text: String) -> [TokenID] { tokenizer.encodedWithTemplate(text) }

  /// The rows of texts, [texts, C].
  ///
  /// - Throws: `GPTError` for a text without tokens, or with more than the context holds.
  public func embeddings(of texts: [String]) throws -> FloatMatrix {
    try ForwardPass(model, threadCount: threadCount).pooledEmbeddings(
      of: texts.map(tokens), pooling, normalizes: normalizes)
  }
}

extension Tokenizer {
  /// The ids of a text, with the special tokens that the post-processor puts around it; special tokens
  /// in the text are ordinary text.
  package func encodedWithTemplate(_ text: String) -> [TokenID] {
    // The policy makes no error of anything.
    (try? encoded(text, allowing: .none, adding: .template)) ?? []
  }
}
