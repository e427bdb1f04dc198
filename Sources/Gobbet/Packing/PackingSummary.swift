public import GobbetCorpus
public import GobbetInterchange

/// How far a packing run is, or what it packed.
public struct PackingSummary: Hashable, Sendable {
  /// Documents packed, those of shards that were there already left out.
  public var documentCount = 0
  /// Bytes of text in them.
  public var byteCount = 0
  /// Tokens they became, with those appended.
  public var tokenCount = 0
  /// Tokens of them that count in a loss; nil where no template says which do.
  public var countedTokenCount: Int?
  /// Documents in shards that were there already.
  public var keptDocumentCount = 0
  /// Documents left out because one of the same bytes came before.
  public var duplicateCount = 0
  /// Lines left out because they hold no text.
  public var badLineCount = 0
  /// How many of them are of which kind; kinds without lines aren't listed.
  public var badLineKinds: [BadLineKind: Int] = [:]
  /// Documents that had more tokens than ``PackingJob/lengthLimit`` allows.
  public var tooLongCount = 0
  /// Tokens of those that were left out.
  public var leftOutTokenCount = 0
  /// What is wrong with the first of the bad lines.
  public var firstBadLine: CorpusError?
  /// Files begun.
  public var shardCount = 0
  /// Bytes of the inputs, compressed as they are, that were read.
  public var readByteCount = 0
  /// The whole dataset, if it is a folder of shards.
  public var manifest: DatasetManifest?

  /// Nothing yet.
  public init() {}

  /// A dataset that was there already.
  init(_ manifest: DatasetManifest) {
    self.manifest = manifest
    keptDocumentCount = manifest.splits.reduce(0) { $0 + $1.documentCount }
  }
}
