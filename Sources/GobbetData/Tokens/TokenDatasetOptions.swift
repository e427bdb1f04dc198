/// How a token dataset is written.
public struct TokenDatasetOptions: Hashable, Sendable {
  /// The most tokens a block may have.
  public static let maximumBlockTokenCount = 1 << 21

  /// How tokens are stored.
  public var codec: TokenCodec
  /// Tokens of each block: what is read and checked at once.
  public var blockTokenCount: Int
  /// Whether the file holds the whole vocabulary, not only its fingerprint.
  public var embedsVocabulary: Bool
  /// Of how many tokens from the start the frequencies are counted that ranks are made from.
  ///
  /// That many are held in memory before the first is written. A quarter million already gives ranks
  /// that are nearly as good as those of the whole, as long as later documents are of the kind of
  /// the first ones.
  public var sampleTokenCount: Int
  /// What says which tokens of a document count in a loss, where the document doesn't: nil for all of
  /// them.
  ///
  /// Masks that follow from it take next to no room. A file that has a rule, or a mask, needs readers
  /// of version 1.1.
  public var lossRule: LossRule?

  /// Options with the codec's own block size.
  public init(
    codec: TokenCodec = .rank, blockTokenCount: Int? = nil, embedsVocabulary: Bool = true,
    sampleTokenCount: Int = 1 << 22, lossRule: LossRule? = nil
  ) {
    self.codec = codec
    self.blockTokenCount = blockTokenCount ?? codec.blockTokenCount
    self.embedsVocabulary = embedsVocabulary
    self.sampleTokenCount = sampleTokenCount
    self.lossRule = lossRule
  }
}
