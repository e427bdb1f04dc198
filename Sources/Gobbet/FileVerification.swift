internal import GobbetBPE
internal import GobbetData
public import GobbetFile

/// A Gobbet file that was read from end to end and found as it was written.
public struct FileVerification: Sendable {
  /// The file.
  public let container: ContainerReader

  /// Reads everything in the file at `path`: every checksum, every index, every id.
  ///
  /// - Throws: the first fault: ``FormatError``, ``TensorError``, ``VocabularyError``; or
  ///   ``FileError``.
  /// - Complexity: O(bytes of the file), in the memory of a block and of its tables.
  public init(path: String) throws {
    container = try ContainerReader(path: path)
    try container.verify()
    let holdings = FileHoldings(container)
    if holdings.vocabulary { _ = try Vocabulary(contentsOf: path) }
    if holdings.tokens { try Self.verify(try TokenDataset(path: path)) }
    if holdings.weights { try Self.verify(try WeightsReader(path: path)) }
  }

  private static func verify(_ dataset: TokenDataset) throws {
    for start in stride(from: 0, to: dataset.tokenCount, by: 1 << 20) {
      let end = min(start + (1 << 20), dataset.tokenCount)
      // Reading checks each id against the bound.
      _ = try dataset.tokens(in: start..<end)
    }
    _ = try dataset.vocabulary()
  }

  private static func verify(_ weights: WeightsReader) throws {
    for tensor in weights.tensors { _ = try weights.bytes(of: tensor) }
  }
}

/// Which kinds of content a file has.
public struct FileHoldings: Hashable, Sendable {
  /// A vocabulary.
  public let vocabulary: Bool
  /// A token dataset.
  public let tokens: Bool
  /// Weights.
  public let weights: Bool

  /// Looks at the sections of `container`.
  public init(_ container: ContainerReader) {
    vocabulary = container.section(.vocabularyHeader) != nil
    tokens = container.section(.tokenHeader) != nil
    weights = container.section(.tensorTable) != nil
  }
}
