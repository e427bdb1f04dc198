public import GobbetBPE
public import GobbetCorpus
internal import GobbetData

/// Corpus → unique pretokens and their counts, on several cores, in bounded memory if wanted.
///
/// The same inputs and options give the same counts for any number of workers and any memory.
public struct PretokenCountingJob: Sendable {
  /// Files, directories, or `-`.
  public var inputs: [String]
  /// How the inputs are read.
  public var corpus: CorpusOptions
  /// How text is split.
  public var pattern: SplitPattern
  /// How a text becomes pretokens, if not by the pattern alone; files of counts are of texts that are
  /// cut by the pattern.
  public var text: TrainingText?
  /// Longer pretokens are cut into pieces of this many bytes and a rest.
  public var maximumPretokenLength = TokenTable.maximumTokenByteCount
  /// The inputs are read up to the document with this byte, decompressed; nil for all of them.
  public var byteLimit: Int?
  /// The share of documents, chosen by their bytes, that is counted apart, without a bound
  /// on memory.
  public var heldOutShare = 0.0
  /// Bytes of memory that the counts may take, more going to disk; nil for what they need.
  public var memoryByteBudget: Int?
  /// Where counts go for which there is no memory.
  public var temporaryFolder = "."
  /// Threads, 1 to 1,024, or 0 for one per core; changes no result.
  public var workerCount: Int

  /// A run over `inputs`.
  public init(
    inputs: [String], corpus: CorpusOptions = CorpusOptions(), pattern: SplitPattern,
    workerCount: Int = processorCount
  ) {
    self.inputs = inputs
    self.corpus = corpus
    self.pattern = pattern
    self.workerCount = workerCount
  }

  /// Reads the corpus once.
  ///
  /// `progress` is called as work goes on, and stops the run by answering false.
  /// - Throws: `TrainingError` (`countsTooLarge`), `FileError`, `CorpusError`,
  ///   `WorkerCountError`; `CancellationError` if `progress` stopped the run.
  public func result(
    progress: @escaping @Sendable (TrainingJobProgress) -> Bool = { _ in true }
  ) async throws -> CountedCorpus {
    let workerCount = try resolvedWorkerCount(workerCount)
    let tables = CountTables(self, workerCount: workerCount)
    let text = text ?? TrainingText(pattern: pattern)
    let heldOut = HeldOutShare(share: heldOutShare)
    var pipeline = DocumentPipeline(inputs: inputs, options: corpus, workerCount: workerCount)
    pipeline.byteLimit = byteLimit
    try await pipeline.run {
      let table = tables.add()
      return { batch in
        var uniquePretokenCount = 0
        try table.update { table in
          for index in 0..<batch.count {
            let document = batch.text(index)
            if heldOut.contains(document) {
              table.heldOut.count(document, using: text)
            } else {
              try table.counts.count(document, using: text)
            }
          }
          uniquePretokenCount = table.counts.counts.uniqueCount
        }
        return (
          documents: batch.count, bytes: batch.byteCount, uniquePretokens: uniquePretokenCount
        )
      }
    } consume: { batch in
      let soFar = tables.add(
        documentCount: batch.documents, byteCount: batch.bytes,
        uniquePretokenCount: batch.uniquePretokens)
      guard progress(soFar) else { throw CancellationError() }
    }
    return try tables.gathered(progress)
  }
}
