public import GobbetBPE

/// What a ``TrainingJob`` has learned, and from what.
public struct TrainingResult: Sendable {
  /// The vocabularies: the one asked for, then the smaller ones.
  public let vocabularies: [Vocabulary]
  /// Different pretokens in the source.
  public let uniquePretokenCount: Int
  /// The corpus, if there was one to be counted.
  public let corpus: CountedCorpus?

  /// The vocabulary asked for.
  public var vocabulary: Vocabulary { vocabularies[0] }

  /// Documents learned from; none where the source was counts.
  public var documentCount: Int { corpus?.documentCount ?? 0 }

  /// Bytes of text in them.
  public var byteCount: Int { corpus?.byteCount ?? 0 }

  /// Bytes of held-out text a token of `vocabulary` stands for; nil if nothing was held out, or if
  /// there is more to its texts than a pattern.
  public func heldOutBytesPerToken(of vocabulary: Vocabulary) -> Double? {
    guard let heldOut = corpus?.heldOut, heldOut.byteCount > 0, vocabulary.pipeline == .plain else {
      return nil
    }
    return Double(heldOut.byteCount) / Double(max(1, heldOut.tokenCount(in: vocabulary)))
  }
}
