public import GobbetBPE
public import GobbetFile

/// Writes documents of tokens into one packed file, in one pass and in bounded memory.
///
/// Codecs that rank ids hold back the first documents until there are enough tokens to count
/// (``TokenDatasetOptions/sampleTokenCount``); the ranks then stay. Ranks from the whole dataset
/// would need a second pass and make the file a third of a percent smaller.
public struct TokenDatasetWriter: ~Copyable {
  private let path: String
  private let options: TokenDatasetOptions
  private var header: TokenDatasetHeader
  private var container: ContainerWriter
  /// Tokens that are in no block yet.
  private var pending: [TokenID] = []
  /// Nil until the ranks are known.
  private var encoder: TokenBlockEncoder?
  private var blocks = BlockTable()
  private var lengths = ByteWriter()
  private var notes = DocumentNotes()

  /// Begins a dataset that appears at `path` when it is finished.
  ///
  /// - Precondition: the options' numbers are in their ranges.
  /// - Throws: ``TokenDatasetError`` (`codecTooNarrow`); ``FileError`` if the file cannot be made.
  public init(
    path: String, vocabulary: Vocabulary, options: TokenDatasetOptions = TokenDatasetOptions(),
    replacing: Bool = false
  ) throws {
    precondition(
      (8...TokenDatasetOptions.maximumBlockTokenCount).contains(options.blockTokenCount)
        && options.blockTokenCount.isMultiple(of: 8) && options.sampleTokenCount >= 0,
      "TokenDatasetWriter: no such block or sample")
    guard vocabulary.idBound <= options.codec.idBound else {
      throw TokenDatasetError(.codecTooNarrow(options.codec, bound: vocabulary.idBound), path)
    }
    var container = try ContainerWriter(path: path, profile: .tokens, replacing: replacing)
    if options.embedsVocabulary { try VocabularySections.write(vocabulary, to: &container) }
    self.path = path
    self.options = options
    self.container = container
    header = TokenDatasetHeader(
      tokenCount: 0, documentCount: 0, idBound: vocabulary.idBound,
      blockTokenCount: options.blockTokenCount, codec: options.codec,
      fingerprint: vocabulary.fingerprint)
  }

  /// Adds the tokens of a document behind those of the others, with its source, such as a path, and
  /// the number of bytes of its text, if the file shall tell them.
  ///
  /// - Precondition: `byteCount` is not negative.
  /// - Throws: ``TokenDatasetError`` (`unknownID`), and nothing of the document is then added;
  ///   ``FileError`` if the file cannot be written.
  public mutating func append(
    document: Span<TokenID>, source: String? = nil, byteCount: Int? = nil
  ) throws {
    for index in document.indices where document[index] >= header.idBound {
      throw TokenDatasetError(
        .unknownID(document[index], bound: header.idBound, document: header.documentCount), path)
    }
    unsafe document.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
    lengths.writeVariable(document.count)
    notes.append(source: source, byteCount: byteCount)
    header.documentCount += 1
    header.tokenCount += document.count
    try writeBlocks()
  }

  /// Writes what is left, and puts the file under its name.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  @discardableResult
  public mutating func finish() throws -> TokenDatasetSummary {
    try writeBlocks(all: true)
    try container.end()
    try container.add(.tokenBlocks, blocks.content, level: 19)
    try container.add(.documentLengths, lengths.bytes, level: 19)
    try notes.write(to: &container)
    try container.add(.tokenHeader, header.content, level: nil)
    return TokenDatasetSummary(
      tokenCount: header.tokenCount, documentCount: header.documentCount,
      contentID: try container.finish())
  }

  /// Writes the full blocks of `pending`, or all of it, once the ranks are known.
  private mutating func writeBlocks(all: Bool = false) throws {
    let isSampled = !options.codec.usesRanks || pending.count >= options.sampleTokenCount
    guard encoder != nil || isSampled || all else { return }
    let encoder = try encoder ?? beginBlocks()
    self.encoder = encoder
    var start = 0
    while pending.count - start >= options.blockTokenCount || (all && start < pending.count) {
      let end = min(start + options.blockTokenCount, pending.count)
      let block = encoder.encode(pending.span.extracting(start..<end))
      blocks.append(block.stored.span, byteCount: block.byteCount)
      try container.append(block.stored)
      start = end
    }
    pending.removeFirst(start)
  }

  /// Ranks the ids by what is pending, and begins the section of the blocks.
  private mutating func beginBlocks() throws -> TokenBlockEncoder {
    var table: RankTable?
    if options.codec.usesRanks {
      var counts = [UInt32](repeating: 0, count: header.idBound)
      for id in pending { counts[Int(id)] += 1 }
      let ranks = RankTable(counts: counts)
      try container.add(.tokenRanks, ranks.classes, level: 19)
      table = ranks
    }
    try container.begin(.tokens)
    return TokenBlockEncoder(header, table)
  }
}

/// What was written.
public struct TokenDatasetSummary: Hashable, Sendable {
  /// Tokens in the file.
  public let tokenCount: Int
  /// Documents in the file.
  public let documentCount: Int
  /// The content id of the file.
  public let contentID: Digest
}
