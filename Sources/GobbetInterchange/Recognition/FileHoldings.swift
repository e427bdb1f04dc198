internal import GobbetData
public import GobbetFile

/// Which kinds of content a file has.
public struct FileHoldings: Hashable, Sendable {
  /// A vocabulary.
  public let vocabulary: Bool
  /// A token dataset.
  public let tokens: Bool
  /// Counted pretokens.
  public let counts: Bool
  /// Weights.
  public let weights: Bool

  /// Looks at the sections of `container`.
  public init(_ container: ContainerReader) {
    vocabulary = container.section(.vocabularyHeader) != nil
    tokens = container.section(.tokenHeader) != nil
    counts = container.section(.countsHeader) != nil
    weights = container.section(.tensorTable) != nil
  }
}
