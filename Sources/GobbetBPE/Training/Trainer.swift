/// Learns the merges of byte-level BPE from counted pretokens.
///
/// The result depends on nothing but the counts and the options: not on the machine, the order of
/// the documents or the number of threads.
public struct Trainer: Sendable {
  /// Merges between two calls of a progress function.
  private static let progressInterval = 64

  /// What is learned.
  public let options: TrainingOptions
  private let mergeLimit: Int

  /// A trainer with these options.
  ///
  /// - Throws: ``TrainingError`` (`vocabularyTooSmall`, `vocabularyTooLarge`).
  public init(_ options: TrainingOptions) throws(TrainingError) {
    let minimum = 256 + options.specialTokens.count
    guard options.vocabularySize >= minimum else {
      throw .vocabularyTooSmall(size: options.vocabularySize, minimum: minimum)
    }
    guard options.vocabularySize <= TokenTable.maximumCount else {
      throw .vocabularyTooLarge(size: options.vocabularySize)
    }
    self.options = options
    mergeLimit = options.vocabularySize - minimum
  }

  /// Trains on the pretokens that `pattern` has split a corpus into.
  ///
  /// `progress` is called from time to time; if it returns false, training stops, and the result
  /// has the merges learned so far. It is smaller than asked for also where no pair is left that
  /// may merge.
  /// - Throws: ``TrainingError``; ``VocabularyError`` if the special tokens are not fit to be ones.
  /// - Complexity: O(bytes of the unique pretokens · log of the highest count).
  public func train(
    _ counts: PretokenCounts, pattern: Pattern,
    progress: ((TrainingProgress) -> Bool)? = nil
  ) throws -> Vocabulary {
    try train(source: counts, pattern: pattern, progress: progress)
  }
}

extension Trainer {
  /// The same for pretokens from anywhere.
  ///
  /// - Throws: also what `source` throws.
  public func train(
    source: some PretokenSource, pattern: Pattern, progress: ((TrainingProgress) -> Bool)? = nil
  ) throws -> Vocabulary {
    var loop = try MergeLoop(source, options: options, mergeLimit: mergeLimit)
    while loop.merges.count < mergeLimit, let frequency = loop.step() {
      guard let progress, loop.merges.count % Self.progressInterval == 0 else { continue }
      let state = TrainingProgress(
        mergeCount: loop.merges.count, mergeLimit: mergeLimit, frequency: frequency)
      guard progress(state) else { break }
    }
    return try vocabulary(of: loop.merges, pattern: pattern)
  }

  private func vocabulary(of merges: [Pair], pattern: Pattern) throws(VocabularyError) -> Vocabulary
  {
    let specialCount = options.specialTokens.count
    let firstID = options.specialTokensFirst ? specialCount : 0
    let firstSpecialID = options.specialTokensFirst ? 0 : 256 + merges.count
    let specialTokens = try SpecialTokens(
      options.specialTokens.enumerated().map { offset, bytes in
        SpecialToken(bytes: bytes, id: TokenID(firstSpecialID + offset))
      })
    return try Vocabulary(
      byteOrder: options.tieBreak.byteOrder, firstID: TokenID(firstID),
      pairs: merges.map { ($0.left + TokenID(firstID), $0.right + TokenID(firstID)) },
      pattern: pattern, specialTokens: specialTokens)
  }
}
