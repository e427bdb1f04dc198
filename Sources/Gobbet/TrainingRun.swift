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
  /// - Throws: ``TrainingError``, ``FileError``, ``CorpusError``, ``VocabularyError``;
  ///   `CancellationError` if `progress` stopped the run.
  public func result(
    progress: @escaping @Sendable (TrainingRunProgress) -> Bool = { _ in true }
  ) async throws -> TrainingResult {
    let trainer = try Trainer(options)
    let counts = try await counts(progress: progress)
    let isStopped = Atomic(false)
    let vocabulary = try trainer.train(counts, pattern: pattern) { state in
      let goesOn = progress(.merging(mergeCount: state.mergeCount, of: state.mergeLimit))
      if !goesOn { isStopped.store(true, ordering: .relaxed) }
      return goesOn
    }
    if isStopped.load(ordering: .relaxed) { throw CancellationError() }
    return TrainingResult(
      vocabulary: vocabulary, documentCount: Int(counts.documentCount),
      byteCount: Int(counts.byteCount), uniquePretokenCount: counts.uniqueCount)
  }

  /// Counts the pretokens of the corpus, each worker in a table of its own.
  private func counts(
    progress: @escaping @Sendable (TrainingRunProgress) -> Bool
  ) async throws -> PretokenCounts {
    let scanner = PretokenScanner(pattern)
    let tables = Mutex<[SharedCounts]>([])
    let total = Mutex<(documents: Int, bytes: Int)>((0, 0))
    try await DocumentPipeline(inputs: inputs, options: corpus, workerCount: workerCount).run {
      let shared = SharedCounts()
      tables.withLock { $0.append(shared) }
      return { batch in
        shared.counts.withLock { counts in
          for index in 0..<batch.count { counts.count(batch.text(index), using: scanner) }
        }
        return (documents: batch.count, bytes: batch.byteCount)
      }
    } consume: { batch in
      let soFar = total.withLock { total in
        total.documents += batch.documents
        total.bytes += batch.bytes
        return total
      }
      guard progress(.counting(documentCount: soFar.documents, byteCount: soFar.bytes)) else {
        throw CancellationError()
      }
    }
    return try tables.withLock { tables in
      guard var merged = tables.popLast()?.counts.withLock({ $0 }) else { return PretokenCounts() }
      while let next = tables.popLast() {
        try next.counts.withLock { counts in try merged.merge(counts) }
      }
      return merged
    }
  }
}

/// The table of one worker.
private final class SharedCounts: Sendable {
  let counts = Mutex(PretokenCounts())
}
