/// What a ``Trainer`` is asked to learn; `Spec/Training.md` defines each setting.
public struct TrainingOptions: Hashable, Sendable {
  /// How many tokens the vocabulary gets at most: bytes, merges and special tokens together.
  public var vocabularySize: Int
  /// Which of several equally frequent pairs merges first.
  public var tieBreak: TieBreak
  /// Training ends when the most frequent pair occurs less often than this.
  public var minimumFrequency: UInt64
  /// Merged tokens stay shorter than this many bytes, but for those of two bytes: a strict bound, as
  /// Hugging Face's `max_token_length` is.
  public var maximumTokenLength: Int?
  /// The special tokens in the order of their ids; no merge spells one of them.
  public var specialTokens: [[UInt8]]
  /// Whether special tokens take the first ids, as in Hugging Face's trainer, rather than the last.
  ///
  /// Which merges are learned does not depend on it.
  public var specialTokensFirst: Bool

  /// Options for a vocabulary of `vocabularySize` tokens.
  public init(
    vocabularySize: Int, tieBreak: TieBreak = .huggingFace, minimumFrequency: UInt64 = 1,
    maximumTokenLength: Int? = nil, specialTokens: [[UInt8]] = [], specialTokensFirst: Bool = false
  ) {
    self.vocabularySize = vocabularySize
    self.tieBreak = tieBreak
    self.minimumFrequency = minimumFrequency
    self.maximumTokenLength = maximumTokenLength
    self.specialTokens = specialTokens
    self.specialTokensFirst = specialTokensFirst
  }
}
