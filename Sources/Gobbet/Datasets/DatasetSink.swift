internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// How a dataset made out of others is written.
public struct DatasetOutputOptions: Hashable, Sendable {
  /// How tokens are stored; nil for as they were in the first dataset.
  public var codec: TokenCodec?
  /// A folder of files that end with the document that brings them to so many tokens; nil for one
  /// file.
  public var shardTokenCount: Int?
  /// Whether what is there is replaced.
  public var replaces: Bool

  /// Options.
  ///
  /// - Precondition: the count is positive.
  public init(codec: TokenCodec? = nil, shardTokenCount: Int? = nil, replaces: Bool = false) {
    precondition(shardTokenCount ?? 1 > 0, "DatasetOutputOptions: no such shards")
    self.codec = codec
    self.shardTokenCount = shardTokenCount
    self.replaces = replaces
  }
}

/// Where the documents of a dataset made out of others go: a file, or a folder of shards.
struct DatasetSink: ~Copyable {
  private let path: String
  private let vocabulary: TokenDatasetVocabulary
  private let options: TokenDatasetOptions
  private let output: DatasetOutputOptions
  private let plan: PackingPlan
  private var writer: TokenDatasetWriter?
  /// Tokens in the file that is open.
  private var tokenCount = 0
  private var shards: [DatasetManifest.Shard] = []

  /// Begins; `entries` say in the manifest how the dataset came to be.
  ///
  /// - Throws: ``FileError`` (`create`).
  init(
    _ path: String, _ vocabulary: TokenDatasetVocabulary, codec: TokenCodec,
    _ output: DatasetOutputOptions, entries: [(key: String, value: OptionValue)]
  ) throws {
    self.path = path
    self.vocabulary = vocabulary
    self.output = output
    options = TokenDatasetOptions(codec: output.codec ?? codec)
    plan = PackingPlan(fingerprint: vocabulary.fingerprint, entries: entries)
    if output.shardTokenCount != nil {
      _ = try PackingFolder(path).begin(plan, replacing: output.replaces, resuming: false)
    }
    try open()
  }

  private var shardPath: String {
    output.shardTokenCount == nil
      ? path : PackingFolder(path).shard(shards.count, of: .train)
  }

  private mutating func open() throws {
    writer = try TokenDatasetWriter(
      path: shardPath, vocabulary, options,
      replacing: output.replaces || output.shardTokenCount != nil)
    tokenCount = 0
  }

  /// Adds a document.
  ///
  /// - Throws: ``FileError``, ``TokenDatasetError``.
  mutating func append(
    _ document: Span<TokenID>, source: String?, byteCount: Int?
  ) throws {
    if let limit = output.shardTokenCount, tokenCount >= limit {
      try close()
      try open()
    }
    try writer?.append(document: document, source: source, byteCount: byteCount)
    tokenCount += document.count
  }

  private mutating func close() throws {
    let summary = try writer?.finish()
    writer = nil
    guard let summary else { return }
    shards.append(
      DatasetManifest.Shard(
        name: fileName(of: shardPath), tokenCount: summary.tokenCount,
        documentCount: summary.documentCount,
        byteCount: try FileStatus(of: shardPath).byteCount, contentID: summary.contentID))
  }

  /// Ends the last file, and puts the manifest beside the files if there are several.
  ///
  /// - Throws: ``FileError``.
  mutating func finish() throws {
    try close()
    guard output.shardTokenCount != nil else { return }
    let folder = PackingFolder(path)
    try folder.finish(
      DatasetManifest(
        fingerprint: vocabulary.fingerprint, options: plan.entries,
        splits: [DatasetManifest.Split(name: .train, shards: shards)]), try folder.lock())
  }
}
