internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// How a dataset made out of others is written.
public struct DatasetOutputOptions: Hashable, Sendable {
  /// How tokens are stored; nil for as they were in the first dataset.
  public var codec: TokenCodec?
  /// A folder of files that end with the document that brings them to that many tokens; nil for one
  /// file.
  public var shardTokenCount: Int?
  /// Whether what is there is replaced.
  public var replaces: Bool

  /// Creates options with the defaults of the command line.
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
  /// Nil for one file.
  private var folder: DatasetFolder?
  private var writer: TokenDatasetWriter?
  /// Tokens in the file that is open.
  private var tokenCount = 0
  private var shards: [DatasetManifest.Shard] = []

  /// Begins to write what is made of `inputs`; `entries` say in the manifest how the dataset came to
  /// be.
  ///
  /// - Throws: `FileError` (`create`): the output is there and is not replaced, or is a dataset of
  ///   which only a part is an input, or a shard of a dataset.
  init(
    _ path: String, _ vocabulary: TokenDatasetVocabulary, madeOf inputs: [TokenDataset],
    _ output: DatasetOutputOptions, entries: [(key: String, value: OptionValue)]
  ) throws {
    self.path = path
    self.vocabulary = vocabulary
    self.output = output
    options = TokenDatasetOptions(
      codec: output.codec ?? inputs[0].codec,
      lossRule: inputs.lazy.compactMap(\.lossRule).first)
    folder = try Self.folder(path, vocabulary, inputs.flatMap(\.paths), output, entries)
    try open()
  }

  /// The folder to fill; nil for one file.
  private static func folder(
    _ path: String, _ vocabulary: TokenDatasetVocabulary, _ inputs: [String],
    _ output: DatasetOutputOptions, _ entries: [(key: String, value: OptionValue)]
  ) throws -> DatasetFolder? {
    guard output.shardTokenCount != nil else {
      try DatasetManifest.refuseShard(at: path)
      return nil
    }
    try DatasetManifest.refuseLoss(in: path, replacedByWhatIsMadeOf: inputs)
    let plan = DatasetPlan(fingerprint: vocabulary.fingerprint, entries: entries)
    let mode: DatasetFolder.Mode = output.replaces ? .replace : .new
    guard case .begun(let folder) = try DatasetFolder.begin(path, plan, mode, isResumable: false)
    else { throw FileError(path, .create, "holds a dataset already") }
    return folder
  }

  private var shardPath: String { folder?.path(ofShard: shards.count, in: .train) ?? path }

  private mutating func open() throws {
    writer = try TokenDatasetWriter(
      path: shardPath, vocabulary, options, replacing: output.replaces || folder != nil)
    tokenCount = 0
  }

  /// Adds a document.
  ///
  /// - Throws: `FileError`, `TokenDatasetError`.
  mutating func append(_ document: Span<TokenID>, _ note: DocumentNote) throws {
    if let limit = output.shardTokenCount, tokenCount >= limit {
      try close()
      try open()
    }
    // Where there is a rule, a document of a dataset without masks says that all of it counts.
    let all = document.isEmpty ? [] : [0..<document.count]
    try writer?.append(
      document: document, counted: note.counted ?? (options.lossRule == nil ? nil : all),
      source: note.source, byteCount: note.byteCount)
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
  /// - Throws: `LoadingError` if a file is not what was written; `FileError`.
  mutating func finish() throws {
    try close()
    _ = try folder?.finish([DatasetManifest.Split(name: .train, shards: shards)])
  }
}
