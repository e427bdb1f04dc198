/// Learns the merges of byte-level BPE from counted pretokens.
///
/// The result depends on nothing but the counts and the options: not on the machine, the order of
/// the documents or the number of threads.
public struct Trainer: Sendable {
  /// What is learned.
  public let options: TrainingOptions

  /// A trainer with these options.
  ///
  /// - Throws: ``TrainingError`` (`vocabularyTooSmall`, `vocabularyTooLarge`).
  public init(_ options: TrainingOptions) throws(TrainingError) {
    self.options = options
    try checkSize(minimum: 256 + options.specialTokens.count)
  }

  /// Trains on the pretokens that `pattern` has split a corpus into.
  ///
  /// `progress` is called from time to time; if it returns false, training stops, and the result
  /// has the merges learned so far. It is smaller than asked for also where no pair is left that
  /// may merge.
  /// - Throws: ``TrainingError``; ``VocabularyError`` if the special tokens are not fit to be ones.
  /// - Complexity: O(bytes of the unique pretokens · log of the highest count).
  public func train(
    _ counts: PretokenCounts, pattern: SplitPattern, progress: ((TrainingProgress) -> Bool)? = nil
  ) throws -> Vocabulary {
    try train(source: counts, pattern: pattern, progress: progress)
  }

  /// Trains on pretokens from anywhere.
  ///
  /// - Throws: also what `source` throws.
  public func train(
    source: any PretokenSource, pattern: SplitPattern, progress: ((TrainingProgress) -> Bool)? = nil
  ) throws -> Vocabulary {
    try train(source, from: TrainingStart(options), pattern, progress)
  }

  /// Learns more merges for `vocabulary`, which keeps its ids, its pattern and its merge rule.
  ///
  /// New tokens, then those special tokens of the options that it does not have, take the ids from
  /// its ``Vocabulary/idBound`` on. The options' byte order has no say.
  /// - Throws: ``TrainingError``, such as `notMadeByMerges`; ``VocabularyError``; what `source`
  ///   throws.
  public func train(
    source: any PretokenSource, continuing vocabulary: Vocabulary,
    progress: ((TrainingProgress) -> Bool)? = nil
  ) throws -> Vocabulary {
    let start = try TrainingStart(vocabulary, options)
    try checkSize(minimum: start.size)
    return try train(source, from: start, vocabulary.pattern, progress)
  }

  private func checkSize(minimum: Int) throws(TrainingError) {
    guard options.vocabularySize >= minimum else {
      throw .vocabularyTooSmall(size: options.vocabularySize, minimum: minimum)
    }
    guard options.vocabularySize <= TokenTable.maximumCount else {
      throw .vocabularyTooLarge(size: options.vocabularySize)
    }
  }

  private func train(
    _ source: any PretokenSource, from start: TrainingStart, _ pattern: SplitPattern,
    _ progress: ((TrainingProgress) -> Bool)?
  ) throws -> Vocabulary {
    // What is wrong with them should not come out at the end of a long run.
    _ = try start.specialTokens(lastFrom: start.tokens.count)
    let learning = LearningRun.Start(
      tokens: start.tokens, merges: start.merges,
      filter: MergeFilter(options, forbidden: start.specialStrings),
      minimumFrequency: options.minimumFrequency, mergeLimit: options.vocabularySize - start.size)
    let run = LearningRun(start: learning, progress: progress)
    let (tokens, merges) = try run.result(BytePretokens(source: source))
    return try start.vocabulary(tokens: tokens, merges: merges, pattern: pattern)
  }
}
