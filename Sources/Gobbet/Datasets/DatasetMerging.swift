public import GobbetData
internal import GobbetInterchange

/// Several datasets → one, their documents one after the other.
public struct DatasetMerging: Sendable {
  /// The datasets, of one vocabulary.
  public var datasets: [TokenDataset]
  /// How the result is written.
  public var options: DatasetOutputOptions

  /// A merge.
  ///
  /// - Precondition: there is at least one dataset.
  public init(_ datasets: [TokenDataset], options: DatasetOutputOptions = DatasetOutputOptions()) {
    precondition(!datasets.isEmpty, "DatasetMerging: no datasets")
    self.datasets = datasets
    self.options = options
  }

  /// Writes the result at `path`, with new ranks, and with the sources, byte counts and loss masks
  /// of those documents that have them.
  ///
  /// `progress` is told how many tokens are written, and stops the run by answering false.
  /// - Throws: `TokenDatasetError` (`wrongVocabulary`) for tokens of another vocabulary than those
  ///   of the first; `FormatError`, `FileError`; `CancellationError`.
  public func write(to path: String, progress: (Int) -> Bool = { _ in true }) throws {
    let vocabulary = try Self.vocabulary(of: datasets)
    var sink = try DatasetSink(
      path, vocabulary, madeOf: datasets, options,
      entries: [("merged", .list(datasets.flatMap(\.paths)))])
    var tokenCount = 0
    for dataset in datasets {
      try dataset.forEachDocument { note, document in
        try sink.append(document, note)
        tokenCount += document.count
        guard progress(tokenCount) else { throw CancellationError() }
      }
    }
    try sink.finish()
  }

  /// The one vocabulary of all, embedded in the result if any of them embeds it.
  private static func vocabulary(of datasets: [TokenDataset]) throws -> TokenDatasetVocabulary {
    for other in datasets.dropFirst() where other.fingerprint != datasets[0].fingerprint {
      throw TokenDatasetError(
        .wrongVocabulary(expected: other.fingerprint, found: datasets[0].fingerprint),
        other.paths[0])
    }
    for dataset in datasets {
      let vocabulary = try TokenDatasetVocabulary(dataset)
      if vocabulary.vocabulary != nil { return vocabulary }
    }
    return try TokenDatasetVocabulary(datasets[0])
  }
}
