public import GobbetBPE
public import GobbetCorpus
public import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// Documents + vocabulary → tokens → packed dataset, on several cores.
///
/// The same inputs and options give the same bytes for any number of workers.
///
/// ```swift
/// let vocabulary = try Vocabulary(recognizing: "my.gobbet")
/// let job = PackingJob(inputs: ["corpus/"], vocabulary: vocabulary)
/// let summary = try await job.write(to: "packed.gobbet", replacing: true)
/// print(summary.tokenCount, summary.documentCount)
/// ```
public struct PackingJob: Sendable {
  /// Files, directories, patterns, or `-`.
  public var inputs: [String]
  /// How the inputs are read.
  public var corpus: CorpusOptions
  /// Whose tokens the documents become.
  public var vocabulary: Vocabulary
  /// What conversations become; nil for documents that are texts.
  ///
  /// Inputs are then JSON: objects with a list of messages under ``messagesKey``, or with an
  /// instruction, perhaps an input, and an output. The dataset says which tokens count in a loss.
  public var template: ChatTemplate?
  /// The key of the list of messages, where there is a template.
  public var messagesKey = "messages"
  /// An id put after the last token of every document; nil for none.
  public var appendedToken: TokenID?
  /// How many tokens a document may have; nil for any number.
  public var lengthLimit: DocumentLengthLimit?
  /// How the tokens are stored.
  public var options: TokenDatasetOptions
  /// Threads, 1 to 1,024, or 0 for one per core; changes no result.
  public var workerCount: Int
  /// Whether a document of the same bytes as one before is left out.
  ///
  /// Kept are 128 bits of the SHA-256 of every document: 21 to 43 bytes of memory each.
  public var removesDuplicates = false
  /// Whether the dataset tells where each document comes from: what its line calls it where
  /// `CorpusOptions.identifierKey` says so, else its path and line.
  public var keepsSources = false
  /// Whether the dataset tells the bytes of the text of each document.
  public var keepsByteCounts = false
  /// Where bad lines go, whole and as they are, if `CorpusOptions.badLines` keeps them aside.
  public var badLinesPath: String?
  /// Bytes of input that a worker takes at a time; changes no result.
  package var batchByteCount = 1 << 20

  /// A run over `inputs`.
  public init(
    inputs: [String], corpus: CorpusOptions = CorpusOptions(), vocabulary: Vocabulary,
    appendedToken: TokenID? = nil, options: TokenDatasetOptions = TokenDatasetOptions(),
    workerCount: Int = processorCount
  ) {
    self.inputs = inputs
    self.corpus = corpus
    self.vocabulary = vocabulary
    self.appendedToken = appendedToken
    self.options = options
    self.workerCount = workerCount
  }

  /// Reads the corpus once and writes the dataset at `path`, which appears when all is written.
  ///
  /// `progress` is told what was packed so far, and stops the run by answering false; nothing is
  /// left behind then.
  /// - Throws: `FileError`, `CorpusError`, `WorkerCountError`; ``ChatTemplateError`` for a template with
  ///   tokens that the vocabulary does not have; ``DocumentLengthError``; `CancellationError` if `progress` stopped the run.
  public func write(
    to path: String, replacing: Bool = false,
    progress: @escaping @Sendable (PackingSummary) -> Bool = { _ in true }
  ) async throws -> PackingSummary {
    try DatasetManifest.refuseShard(at: path)
    let run = try withResolvedWorkers()
    // Finds out before the work whether the file can be written in the end.
    _ = try AtomicFile(path, replacing: replacing)
    return try await run.pack(
      [.train], progress,
      PackingDestination(replaces: replacing, replacesBadLines: replacing) { _, _ in path }
    ).summary
  }

  /// Reads the corpus once and says what packing it would give; nothing is written.
  ///
  /// - Throws: as ``write(to:replacing:progress:)``.
  public func dryRun(
    _ shards: ShardOptions = ShardOptions(),
    progress: @escaping @Sendable (PackingSummary) -> Bool = { _ in true }
  ) async throws -> PackingSummary {
    var run = try withResolvedWorkers()
    run.badLinesPath = nil
    return try await run.pack(shards.splits, progress, nil, shards).summary
  }

  /// Reads the corpus once and writes the dataset as a folder of shards with a manifest, which
  /// comes last.
  ///
  /// A dataset that is there is replaced with `replacing`, by the manifest alone and in one moment:
  /// until then it stays as it is. A run that ended early is taken up with `resuming`: shards that were finished stay, and the
  /// result has the bytes of an undisturbed run. The inputs are read from their start again, and
  /// must begin with the same documents.
  /// - Precondition: a run that is taken up doesn't split or drop documents that are too long.
  /// - Throws: as ``write(to:replacing:progress:)``; `LoadingError` if the folder is of a run
  ///   with other inputs, options or another vocabulary.
  public func write(
    toFolder folder: String, _ shards: ShardOptions = ShardOptions(), replacing: Bool = false,
    resuming: Bool = false,
    progress: @escaping @Sendable (PackingSummary) -> Bool = { _ in true }
  ) async throws -> PackingSummary {
    precondition(
      !resuming || lengthLimit?.tooLong != .split && lengthLimit?.tooLong != .drop,
      "write(toFolder:): documents that are split or dropped can't be counted on taking up")
    let run = try withResolvedWorkers()
    // Inputs that are not there are found before anything is touched.
    if !resuming { _ = try CorpusReader(inputs: inputs, options: run.corpus) }
    let mode: DatasetFolder.Mode = resuming ? .resume : replacing ? .replace : .new
    let target: DatasetFolder
    switch try DatasetFolder.begin(folder, DatasetPlan(self, shards), mode) {
    case .finished(let manifest): return PackingSummary(manifest)
    case .begun(let begun): target = begun
    }
    let kept = try shards.splits.map {
      try target.finishedShards(of: $0, fullTokenCount: shards.tokenCount)
    }
    let result = try await run.pack(
      shards.splits, progress,
      PackingDestination(
        replaces: true, replacesBadLines: replacing || resuming, keepsRecords: true
      ) { target.path(ofShard: $0, in: $1) }, shards, kept: kept)
    var summary = result.summary
    summary.manifest = try target.finish(
      zip(shards.splits, zip(kept, result.shards)).map { split, parts in
        DatasetManifest.Split(name: split, shards: parts.0.map(\.entry) + parts.1)
      })
    return summary
  }

  /// The same job with as many workers as it will have, and with what its template asks for.
  private func withResolvedWorkers() throws -> PackingJob {
    var run = self
    if let template {
      run.corpus.format = .jsonLines
      run.corpus.conversations = template.conversations(key: messagesKey)
      run.options.lossRule = try ConversationEncoder(template, Tokenizer(vocabulary)).rule
    }
    run.workerCount = try resolvedWorkerCount(workerCount)
    return run
  }

  /// Bytes of the inputs, compressed as they are; nil where one does not tell, as standard input.
  ///
  /// - Throws: `FileError` if an input does not exist.
  public func inputByteCount() throws -> Int? { try CorpusReader.byteCount(of: inputs) }
}

/// How a dataset is divided into files.
public struct ShardOptions: Hashable, Sendable {
  /// A file ends with the document that brings it to that many tokens; nil for one file.
  public var tokenCount: Int?
  /// The share of the documents, told by their bytes, that goes into the split `validation`: those
  /// that training a vocabulary sets aside with the same share.
  public var validationShare: Double

  /// Creates options with the defaults of the command line.
  ///
  /// - Precondition: the count is positive and the share from 0 to below 1.
  public init(tokenCount: Int? = nil, validationShare: Double = 0) {
    precondition(
      tokenCount ?? 1 > 0 && (0..<1).contains(validationShare), "ShardOptions: no such shards")
    self.tokenCount = tokenCount
    self.validationShare = validationShare
  }

  /// The splits that there will be.
  var splits: [DatasetSplit] { validationShare > 0 ? [.train, .validation] : [.train] }
}
