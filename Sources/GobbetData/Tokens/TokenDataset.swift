public import GobbetBPE
public import GobbetFile

/// Packed tokens of one file or of several as one, read in any order and from any number of threads.
///
/// ```swift
/// let dataset = try TokenDataset(path: "corpus.gobbet")
/// print(dataset.tokenCount, dataset.documentCount)
/// print(try dataset.tokens(in: dataset.document(0)).prefix(10))
/// ```
public struct TokenDataset: Sendable {
  /// All that the dataset holds: one object, so that handing the dataset around counts one reference.
  private let content: Content

  private final class Content: Sendable {
    let paths: [String]
    let fingerprint: ContentDigest
    let contentID: ContentDigest
    let idBound: Int
    let shards: [TokenShard]
    /// The blocks of the only file; nil if there are several.
    let onlyBlocks: TokenBlocks?
    let tokens: DocumentIndex
    let documents: DocumentIndex
    let maskCache: LossMaskCache?

    init(_ shards: [TokenShard], tokens: DocumentIndex, documents: DocumentIndex) {
      paths = shards.map(\.container.path)
      fingerprint = shards[0].header.fingerprint
      let contentIDs = shards.flatMap { $0.container.contentID.bytes }
      contentID =
        shards.count == 1 ? shards[0].container.contentID : ContentDigest(of: contentIDs.span)
      idBound = shards.map { $0.header.idBound }.max() ?? 0
      self.shards = shards
      onlyBlocks = shards.count == 1 ? shards[0].blocks : nil
      self.tokens = tokens
      self.documents = documents
      let hasMasks = shards.contains { $0.masks != nil }
      maskCache = hasMasks ? LossMaskCache(tokenCount: tokens.tokenCount) : nil
    }
  }

  /// The files, in the order of their tokens.
  public var paths: [String] { content.paths }
  /// The fingerprint of the vocabulary that the tokens are of.
  public var fingerprint: ContentDigest { content.fingerprint }
  /// What the dataset holds: the content id of the file, or the SHA-256 of those of all files.
  public var contentID: ContentDigest { content.contentID }
  /// All ids are below this bound.
  public var idBound: Int { content.idBound }
  package var shards: [TokenShard] { content.shards }
  /// Where the tokens of each file are among all tokens.
  var tokens: DocumentIndex { content.tokens }
  /// Where the documents of each file are among all documents.
  private var documents: DocumentIndex { content.documents }
  /// The blocks of the only file; nil if there are several.
  var onlyBlocks: TokenBlocks? { content.onlyBlocks }
  /// Which tokens don't count in a loss; nil if all do.
  var maskCache: LossMaskCache? { content.maskCache }

  /// Opens the dataset at `path`; blocks are read and checked when their tokens are asked for, and where
  /// documents begin when the first is.
  ///
  /// Of compressed blocks as many are kept decoded as `cacheByteBudget` allows. Tokens that are not
  /// compressed are mapped: who cuts the file short while it is open ends the process.
  /// - Throws: `FormatError` if the file isn't a dataset or is damaged; `FileError`.
  public init(path: String, cacheByteBudget: Int = 16 << 20) throws {
    try self.init(paths: [path], cacheByteBudget: cacheByteBudget)
  }

  /// Opens the files at `paths` as one dataset, in that order, which share the budget.
  ///
  /// - Precondition: there is at least one file.
  /// - Throws: as ``init(path:cacheByteBudget:)``; ``TokenDatasetError`` (`wrongVocabulary`) for a
  ///   file whose tokens are of another vocabulary than those of the first, (`tooManyTokens`).
  public init(paths: [String], cacheByteBudget: Int = 16 << 20) throws {
    try self.init(paths.map { try ContainerReader(path: $0) }, cacheByteBudget: cacheByteBudget)
  }

  /// The datasets in open containers as one, in that order, which share the budget.
  ///
  /// - Precondition: there is at least one container.
  /// - Throws: as ``init(paths:cacheByteBudget:)``, and what the containers' sources throw.
  public init(_ containers: [ContainerReader], cacheByteBudget: Int = 16 << 20) throws {
    try self.init(containers, cacheByteBudget: cacheByteBudget, checksContent: false)
  }

  /// The dataset in an open container, to be verified: zstd's checksums of decoded blocks are checked
  /// too, which makes reading some 6 % slower.
  ///
  /// - Throws: as ``init(paths:cacheByteBudget:)``.
  package init(verifying container: ContainerReader) throws {
    try self.init([container], cacheByteBudget: 16 << 20, checksContent: true)
  }

  private init(
    _ containers: [ContainerReader], cacheByteBudget: Int, checksContent: Bool
  ) throws {
    precondition(!containers.isEmpty, "TokenDataset: no files")
    let paths = containers.map(\.path)
    let cache = TokenBlockCache(budget: cacheByteBudget)
    let shards = try containers.enumerated().map { number, container in
      try TokenShard(container, cache, file: number, checksContent: checksContent)
    }
    let fingerprint = shards[0].header.fingerprint
    for (shard, path) in zip(shards, paths) where shard.header.fingerprint != fingerprint {
      throw TokenDatasetError(
        .wrongVocabulary(expected: shard.header.fingerprint, found: fingerprint), path)
    }
    guard let tokens = DocumentIndex(lengths: shards.map { $0.header.tokenCount }),
      let documents = DocumentIndex(lengths: shards.map { $0.header.documentCount })
    else { throw TokenDatasetError(.tooManyTokens, paths[0]) }
    content = Content(shards, tokens: tokens, documents: documents)
  }

  /// Tokens in all documents.
  public var tokenCount: Int { tokens.tokenCount }
  /// How many documents there are.
  public var documentCount: Int { documents.tokenCount }
  /// How the tokens of the first file are stored.
  public var codec: TokenCodec { shards[0].header.codec }
  /// Tokens of each block of the first file, but for its last.
  public var blockTokenCount: Int { shards[0].header.blockTokenCount }

  /// The tokens of a document, as a range of all tokens.
  ///
  /// - Precondition: `index` is in `0..<documentCount`.
  /// - Throws: `FormatError` if the lengths of documents are damaged; `FileError`.
  /// - Complexity: O(log number of files); the first time O(documents of the file).
  public func document(_ index: Int) throws -> Range<Int> {
    let shard = documents.document(containing: index)
    let start = tokens[shard].lowerBound
    let document = try shards[shard].documents.index()[index - documents[shard].lowerBound]
    return (start + document.lowerBound)..<(start + document.upperBound)
  }

  /// Where the documents of each file begin, read if they were not yet, and where the files do.
  ///
  /// - Throws: as ``document(_:)``.
  package func documentPlaces() throws -> DocumentPlaces {
    DocumentPlaces(
      files: try shards.map { try $0.documents.index() }, tokens: tokens, documents: documents)
  }

  /// The file that holds a document, and the document's tokens there.
  ///
  /// - Throws: as ``document(_:)``.
  func placeInShard(ofDocument index: Int) throws -> (shard: TokenShard, tokens: Range<Int>) {
    let shard = documents.document(containing: index)
    return (
      shards[shard], try shards[shard].documents.index()[index - documents[shard].lowerBound]
    )
  }

  /// The document that holds a token.
  ///
  /// - Precondition: `token` is in `0..<tokenCount`.
  /// - Throws: as ``document(_:)``.
  /// - Complexity: O(log number of documents); the first time O(documents of the file).
  public func document(containing token: Int) throws -> Int {
    let shard = tokens.document(containing: token)
    let index = try shards[shard].documents.index()
    return documents[shard].lowerBound
      + index.document(containing: token - tokens[shard].lowerBound)
  }

  /// A range of the tokens of all documents, one after the other.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: `FormatError` if a block is damaged; `FileError`.
  /// - Complexity: linear in the tokens of the blocks that the range touches.
  public func tokens(in range: Range<Int>) throws -> [TokenID] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tokenCount, "tokens(in:): no such tokens")
    // SAFETY: `copy` fills the whole buffer or throws, and of what throws nothing is kept.
    return try unsafe [TokenID](unsafeUninitializedCapacity: range.count) { buffer, count in
      var target = unsafe MutableSpan(
        _unsafeElements: UnsafeMutableBufferPointer(rebasing: buffer[..<range.count]))
      try copyTokens(in: range, to: &target)
      count = range.count
    }
  }

  /// Puts a range of the tokens into memory of the caller's.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`, and `target` has room for exactly those.
  /// - Throws: `FormatError` if a block is damaged; `FileError`.
  public func copyTokens(in range: Range<Int>, to target: inout MutableSpan<TokenID>) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tokenCount && range.count == target.count,
      "copyTokens(in:to:): no such tokens, or no room")
    guard !range.isEmpty else { return }
    if let blocks = content.onlyBlocks { return try blocks.copy(range, to: &target) }
    var shard = tokens.document(containing: range.lowerBound)
    var done = 0
    while done < range.count {
      let start = tokens[shard].lowerBound
      let part = range.clamped(to: tokens[shard])
      try target.withPart(done..<(done + part.count)) { span in
        try shards[shard].blocks.copy(
          (part.lowerBound - start)..<(part.upperBound - start), to: &span)
      }
      done += part.count
      shard += 1
    }
  }

  /// Has the processor fetch where the tokens of a range lie while it goes on, as far as they are
  /// mapped and lie in one file: for who knows what it copies next.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  package func prefetch(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    if let blocks = content.onlyBlocks { return blocks.prefetch(range) }
    let shard = tokens.document(containing: range.lowerBound)
    let start = tokens[shard].lowerBound
    let part = range.clamped(to: tokens[shard])
    shards[shard].blocks.prefetch((part.lowerBound - start)..<(part.upperBound - start))
  }

  /// The source of every document, as it was given when it was written; empty where none was, nil if
  /// a file tells none.
  ///
  /// - Throws: `FormatError` if they are damaged; `FileError`.
  /// - Complexity: linear in their bytes: nothing is kept from one call to the next.
  public func documentSources() throws -> [String]? {
    try column { try DocumentNotes.sources($0.container, count: $0.header.documentCount) }
  }

  /// The bytes of the text of every document, as they were given when it was written; 0 where they
  /// were not, nil if a file tells none.
  ///
  /// - Throws: `FormatError` if they are damaged; `FileError`.
  /// - Complexity: linear in the number of documents: nothing is kept from one call to the next.
  public func documentByteCounts() throws -> [Int]? {
    try column { try DocumentNotes.byteCounts($0.container, count: $0.header.documentCount) }
  }

  /// What all files say, one after the other; nil if one says nothing.
  private func column<Value>(_ values: (TokenShard) throws -> [Value]?) rethrows -> [Value]? {
    var all: [Value] = []
    for shard in shards {
      guard let part = try values(shard) else { return nil }
      all += part
    }
    return all
  }

  /// Windows of `length` input tokens that begin every `stride` tokens.
  ///
  /// - Precondition: `length` and `stride` are positive.
  public func windows(length: Int, stride: Int) -> TokenWindows {
    TokenWindows(self, length: length, stride: stride)
  }

  /// Documents packed into rows.
  ///
  /// - Throws: as ``PackedRows/init(_:_:planByteBudget:)``.
  public func packedRows(
    _ options: PackedRowOptions, planByteBudget: Int = 64 << 20
  ) throws -> PackedRows {
    try PackedRows(self, options, planByteBudget: planByteBudget)
  }

  /// The vocabulary of the tokens: the first embedded one, else `given`; nil if there is neither.
  ///
  /// - Throws: ``TokenDatasetError`` (`wrongVocabulary`) if it has another fingerprint than the
  ///   dataset names; `FormatError` if the embedded one is damaged.
  public func vocabulary(given: Vocabulary? = nil) throws -> Vocabulary? {
    var embedded: Vocabulary?
    for shard in shards where embedded == nil { embedded = try shard.vocabulary() }
    for vocabulary in [given, embedded] {
      if let found = vocabulary?.fingerprint, found != fingerprint {
        throw TokenDatasetError(.wrongVocabulary(expected: fingerprint, found: found), paths[0])
      }
    }
    return embedded ?? given
  }
}
