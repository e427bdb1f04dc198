public import GobbetBPE
public import GobbetCorpus
public import GobbetData
internal import Synchronization

/// How far a packing run is, or what it packed.
public struct PackingSummary: Hashable, Sendable {
  /// Documents packed.
  public var documentCount = 0
  /// Bytes of text in them.
  public var byteCount = 0
  /// Tokens they became, with those appended.
  public var tokenCount = 0
}

/// Documents + vocabulary → tokens → packed dataset, on several cores.
///
/// The same inputs and options give the same bytes for any number of workers.
public struct PackingRun: Sendable {
  /// Files, directories, or `-`.
  public var inputs: [String]
  /// How the inputs are read.
  public var corpus: CorpusOptions
  /// Whose tokens the documents become.
  public var vocabulary: Vocabulary
  /// An id put after the last token of every document; nil for none.
  public var appendedToken: TokenID?
  /// How the tokens are stored.
  public var options: TokenDatasetOptions
  /// Threads; changes no result.
  public var workerCount: Int

  /// A run over `inputs`.
  public init(
    inputs: [String], corpus: CorpusOptions = CorpusOptions(), vocabulary: Vocabulary,
    appendedToken: TokenID? = nil, options: TokenDatasetOptions = TokenDatasetOptions(),
    workerCount: Int = processorCount
  ) {
    self.inputs = inputs
    self.corpus = corpus
    self.vocabulary = vocabulary
    self.appendedToken = appendedToken
    self.options = options
    self.workerCount = workerCount
  }

  /// Reads the corpus once and writes the dataset at `path`, which appears when all is written.
  ///
  /// `progress` is told what was packed so far, and stops the run by answering false; nothing is
  /// left behind then.
  /// - Throws: ``FileError``, ``CorpusError``; `CancellationError` if `progress` stopped the run.
  public func write(
    to path: String, replacing: Bool = false,
    progress: @escaping @Sendable (PackingSummary) -> Bool = { _ in true }
  ) async throws -> PackingSummary {
    let output = PackingOutput(
      try TokenDatasetWriter(
        path: path, vocabulary: vocabulary, options: options, replacing: replacing))
    let tokenizer = Tokenizer(vocabulary)
    let appended = appendedToken
    try await DocumentPipeline(inputs: inputs, options: corpus, workerCount: workerCount).run {
      let encoder = EncoderBox(tokenizer)
      return { batch in EncodedBatch(batch, encoder, appending: appended) }
    } consume: { batch in
      guard progress(try output.append(batch)) else { throw CancellationError() }
    }
    return try output.finish()
  }
}

/// The ids of a batch of documents, one after the other.
private struct EncodedBatch: Sendable {
  private(set) var ids: [TokenID] = []
  private(set) var ends: [Int] = []
  private(set) var byteCounts: [Int] = []

  init(_ batch: DocumentBatch, _ encoder: EncoderBox, appending appended: TokenID?) {
    for index in 0..<batch.count {
      let text = batch.text(index)
      encoder.encoder.encode(text, into: &ids)
      if let appended { ids.append(appended) }
      ends.append(ids.count)
      byteCounts.append(text.count)
    }
  }
}

/// The writer and its totals, used by one consumer at a time.
private final class PackingOutput: Sendable {
  private struct State: ~Copyable {
    var writer: TokenDatasetWriter
    var summary = PackingSummary()
  }

  private let state: Mutex<State>

  init(_ writer: consuming sending TokenDatasetWriter) { state = Mutex(State(writer: writer)) }

  func append(_ batch: EncodedBatch) throws -> PackingSummary {
    try state.withLock { state in
      var start = 0
      for (end, byteCount) in zip(batch.ends, batch.byteCounts) {
        try state.writer.append(document: batch.ids.span.extracting(start..<end))
        state.summary.documentCount += 1
        state.summary.byteCount += byteCount
        state.summary.tokenCount += end - start
        start = end
      }
      return state.summary
    }
  }

  func finish() throws -> PackingSummary {
    try state.withLock { state in
      _ = try state.writer.finish()
      return state.summary
    }
  }
}
