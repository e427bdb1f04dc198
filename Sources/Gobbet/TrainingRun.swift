public import GobbetBPE
public import GobbetCorpus
internal import Synchronization

/// How far a training run is.
public enum TrainingRunProgress: Sendable, CustomStringConvertible {
  /// Pretokens are being counted.
  case counting(documentCount: Int, byteCount: Int)
  /// Merges are being learned.
  case merging(mergeCount: Int, of: Int)

  /// One line for a terminal.
  public var description: String {
    switch self {
    case .counting(let documents, let bytes):
      "counting: \(documents) documents, \(bytes / 1_000_000) MB"
    case .merging(let done, let all): "merging: \(done) of \(all)"
    }
  }
}

/// A vocabulary, and what it was learned from.
public struct TrainingResult: Sendable {
  /// What was learned.
  public let vocabulary: Vocabulary
  /// Documents read.
  public let documentCount: Int
  /// Bytes of text in them.
  public let byteCount: Int
  /// Different pretokens in them.
  public let uniquePretokenCount: Int
}

/// Corpus → pretokens → counts → merges → vocabulary, on several cores.
///
/// The same inputs and options give the same vocabulary for any number of workers.
public struct TrainingRun: Sendable {
  /// Files, directories, or `-`.
  public var inputs: [String]
  /// How the inputs are read.
  public var corpus: CorpusOptions
  /// How text is split.
  public var pattern: Pattern
  /// What is learned.
  public var options: TrainingOptions
  /// Threads; changes no result.
  public var workerCount: Int

  /// A run over `inputs`.
  public init(
    inputs: [String], corpus: CorpusOptions = CorpusOptions(), pattern: Pattern,
    options: TrainingOptions, workerCount: Int = processorCount
  ) {
    self.inputs = inputs
    self.corpus = corpus
    self.pattern = pattern
    self.options = options
    self.workerCount = workerCount
  }

  /// Reads the corpus once and trains on it.
  ///
  /// `progress` is called as work goes on, and stops the run by answering false.
  /// - Throws: ``FileError``, ``CorpusError``, ``VocabularyError``; `CancellationError` if
  ///   `progress` stopped the run.
  public func result(
    progress: @escaping @Sendable (TrainingRunProgress) -> Bool = { _ in true }
  ) async throws -> TrainingResult {
    let trainer = Trainer(options)
    let counted = try await counts(progress: progress)
    let vocabulary = try trainer.train(counted.pretokens, pattern: pattern) { state in
      progress(.merging(mergeCount: state.mergeCount, of: state.mergeLimit))
    }
    return TrainingResult(
      vocabulary: vocabulary, documentCount: counted.documentCount, byteCount: counted.byteCount,
      uniquePretokenCount: counted.pretokens.count)
  }
}
