public import GobbetBPE
public import GobbetCorpus
internal import GobbetData
internal import GobbetInterchange
internal import Synchronization

/// A corpus, or counts of it → merges → vocabularies, on several cores.
///
/// The same inputs and options give the same vocabularies for any number of workers and any memory.
///
/// ```swift
/// let options = TrainingOptions(vocabularySize: 1024)
/// let trained = try await TrainingJob(
///   inputs: ["corpus/"], pattern: .cl100k, options: options).result()
/// try trained.vocabulary.write(to: "trained.gobbet", replacing: true)
/// ```
public struct TrainingJob: Sendable {
  /// What is learned from.
  public enum Source: Sendable {
    /// Documents, which are counted first.
    case corpus(PretokenCountingJob)
    /// Files of counts, all of one pattern; together they are one.
    case counts([String])
  }

  /// What is learned from.
  public var source: Source
  /// What is learned.
  public var options: TrainingOptions
  /// What is learned instead, if tokens are to be of characters; then ``options`` have no say.
  public var pieces: PieceTrainingOptions?
  /// What happens to a text beside the pattern, in training as in the vocabulary; SentencePiece has a
  /// pipeline of its own.
  public var pipeline = TextPipeline.plain
  /// Smaller sizes of which vocabularies are wanted too.
  public var smallerSizes: [Int] = []
  /// A vocabulary that gets more merges, in place of the single bytes; it has the pattern of the
  /// source.
  public var start: Vocabulary?

  /// A run that learns from `source`.
  public init(source: Source, options: TrainingOptions) {
    self.source = source
    self.options = options
  }

  /// A run over the documents of `inputs`.
  public init(
    inputs: [String], corpus: CorpusOptions = CorpusOptions(), pattern: SplitPattern,
    options: TrainingOptions, workerCount: Int = processorCount
  ) {
    let counting = PretokenCountingJob(
      inputs: inputs, corpus: corpus, pattern: pattern, workerCount: workerCount)
    self.init(source: .corpus(counting), options: options)
  }

  /// Reads the source once and trains on it.
  ///
  /// `progress` is called as work goes on, and stops the run by answering false.
  /// - Throws: `TrainingError`, `FileError`, `FormatError`, `CorpusError`,
  ///   `VocabularyError`; `LoadingError` if patterns differ; `CancellationError` if `progress`
  ///   stopped the run.
  public func result(
    progress: @escaping @Sendable (TrainingJobProgress) -> Bool = { _ in true }
  ) async throws -> TrainingResult {
    try checkSizes()
    switch source {
    case .corpus(var counting):
      let text = try text(pattern: counting.pattern)
      counting.text = text
      let counted = try await counting.result(progress: progress)
      let vocabularies = try vocabularies(
        text.pretokens(of: counted.source), counted.pattern, progress)
      return TrainingResult(
        vocabularies: vocabularies, uniquePretokenCount: counted.uniquePretokenCount,
        corpus: counted)
    case .counts(let paths):
      let files = try paths.map { try PretokenCountsFile(path: $0) }
      let pattern = try commonPattern(of: files)
      guard pieces == nil, pipeline.normalizers.isEmpty, pipeline.pretokenizers.isEmpty else {
        throw LoadingError(path: paths[0], reason: "has counts of texts that were cut by a pattern")
      }
      if let start, start.pattern != pattern {
        throw LoadingError(path: paths[0], reason: "has another pattern than the vocabulary")
      }
      let merged = MergedPretokens(files)
      var uniqueCount = 0
      try merged.forEachPretoken { _, _ in uniqueCount += 1 }
      return TrainingResult(
        vocabularies: try vocabularies(merged, pattern, progress),
        uniquePretokenCount: uniqueCount, corpus: nil)
    }
  }

  /// What a text goes through before it is counted.
  private func text(pattern: SplitPattern) throws -> TrainingText {
    if let pieces, pieces.rule == .sentencePiece { return try TrainingText(sentences: pieces) }
    return TrainingText(pipeline: start?.pipeline ?? pipeline, pattern: pattern)
  }

  /// Refuses sizes before any work is done.
  private func checkSizes() throws {
    if let pieces {
      for size in smallerSizes + [pieces.vocabularySize] {
        var pieces = pieces
        pieces.vocabularySize = size
        _ = try PieceTrainer(pieces)
      }
      return
    }
    for size in smallerSizes + [options.vocabularySize] {
      var options = options
      options.vocabularySize = size
      _ = try Trainer(options)
      guard let start else { continue }
      let added = options.specialTokens.count { start.specialTokens.id(of: $0) == nil }
      let minimum = start.idBound + added
      guard size >= minimum else {
        throw TrainingError.vocabularyTooSmall(size: size, minimum: minimum)
      }
    }
  }

  /// The vocabulary that is asked for, and the smaller ones, in the order of ``smallerSizes``.
  private func vocabularies(
    _ source: any PretokenSource, _ pattern: SplitPattern,
    _ progress: @escaping @Sendable (TrainingJobProgress) -> Bool
  ) throws -> [Vocabulary] {
    let isStopped = Atomic(false)
    let report: (TrainingProgress) -> Bool = { state in
      let goesOn = progress(.merging(mergeCount: state.mergeCount, of: state.mergeLimit))
      if !goesOn { isStopped.store(true, ordering: .relaxed) }
      return goesOn
    }
    if let pieces {
      let learned = try PieceTrainer(pieces).train(source, progress: report)
      if isStopped.load(ordering: .relaxed) { throw CancellationError() }
      return try ([pieces.vocabularySize] + smallerSizes).map {
        let vocabulary = try learned.vocabulary(size: $0, pipeline: pipeline, pattern: pattern)
        guard pieces.rule == .sentencePiece else { return vocabulary }
        return try SentencePieceModel.keeping(pieces, in: vocabulary)
      }
    }
    let trainer = try Trainer(options)
    var vocabulary =
      if let start {
        try trainer.train(source: source, continuing: start, progress: report)
      } else {
        try trainer.train(source: source, pattern: pattern, progress: report)
      }
    if isStopped.load(ordering: .relaxed) { throw CancellationError() }
    vocabulary = try vocabulary.with(pipeline: start?.pipeline ?? pipeline)
    return try [vocabulary] + smallerSizes.map { try vocabulary.truncated(to: $0) }
  }
}
