public import GobbetBPE
public import GobbetFile

/// A packed file of tokens, read in any order and from any number of threads.
public struct TokenDataset: Sendable {
  /// The file.
  public let path: String
  private let container: ContainerReader
  private let header: TokenDatasetHeader
  private let payload: GobbetFile.Section
  private let blocks: BlockTable
  private let decoder: TokenBlockDecoder
  private let documents: DocumentIndex

  /// Opens the dataset at `path`; blocks are read when their tokens are asked for.
  ///
  /// - Throws: ``FormatError`` if the file is no dataset or is damaged; ``FileError``.
  public init(path: String) throws {
    self.path = path
    container = try ContainerReader(path: path)
    let content = try container.bytes(of: container.requiredSection(.tokenHeader))
    let header = try TokenDatasetHeader(content.span)
    self.header = header
    payload = try container.requiredSection(.tokens)
    let table = try container.bytes(of: container.requiredSection(.tokenBlocks))
    blocks = try BlockTable(table.span, count: header.blockCount, "tokens.blocks")
    guard blocks.storedByteCount == payload.byteCount, payload.codec == .raw else {
      throw FormatError(
        code: .damaged("\(payload.byteCount) bytes for blocks of \(blocks.storedByteCount)"),
        offset: payload.offset, field: "tokens.blocks", file: path)
    }
    decoder = TokenBlockDecoder(header, try Self.ranks(container, header))
    documents = try Self.documents(container, header)
  }

  /// Tokens in all documents.
  public var tokenCount: Int { header.tokenCount }
  /// How many documents there are.
  public var documentCount: Int { header.documentCount }
  /// How the tokens are stored.
  public var codec: TokenCodec { header.codec }
  /// Tokens of each block, but for the last.
  public var blockTokenCount: Int { header.blockTokenCount }
  /// All ids are below this bound.
  public var idBound: Int { header.idBound }
  /// The fingerprint of the vocabulary that the tokens are of.
  public var fingerprint: Digest { header.fingerprint }
  /// The content id of the file.
  public var contentID: Digest { container.contentID }

  /// The tokens of a document, as a range of all tokens.
  ///
  /// - Precondition: `index` is in `0..<documentCount`.
  public func document(_ index: Int) -> Range<Int> { documents[index] }

  /// The document that holds a token.
  ///
  /// - Precondition: `token` is in `0..<tokenCount`.
  public func document(containing token: Int) -> Int { documents.document(containing: token) }

  /// A range of the tokens of all documents, one behind the other.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: ``FormatError`` if a block is damaged; ``FileError``.
  /// - Complexity: linear in the tokens of the blocks that the range touches.
  public func tokens(in range: Range<Int>) throws -> [TokenID] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tokenCount, "tokens(in:): no such tokens")
    guard !range.isEmpty else { return [] }
    let first = range.lowerBound / header.blockTokenCount
    let last = (range.upperBound - 1) / header.blockTokenCount
    var tokens: [TokenID] = []
    for block in first...last {
      let whole = header.tokens(inBlock: block)
      let wanted = whole.clamped(to: range)
      let ids = try ids(ofBlock: block)
      tokens += ids[(wanted.lowerBound - whole.lowerBound)..<(wanted.upperBound - whole.lowerBound)]
    }
    return tokens
  }

  /// Windows of `length` input tokens that begin every `stride` tokens.
  ///
  /// - Precondition: `length` and `stride` are positive.
  public func windows(length: Int, stride: Int) -> TokenWindows {
    TokenWindows(self, length: length, stride: stride)
  }

  /// The vocabulary of the tokens: the embedded one, else `given`; nil if there is neither.
  ///
  /// - Throws: ``TokenDatasetError`` (`wrongVocabulary`) if it has another fingerprint than the
  ///   dataset names; ``FormatError`` if the embedded one is damaged.
  public func vocabulary(given: Vocabulary? = nil) throws -> Vocabulary? {
    let embedded =
      container.section(.vocabularyHeader) == nil ? nil : try VocabularySections.read(container)
    for vocabulary in [given, embedded] {
      if let found = vocabulary?.fingerprint, found != fingerprint {
        throw TokenDatasetError(.wrongVocabulary(expected: fingerprint, found: found), path)
      }
    }
    return embedded ?? given
  }

  private func ids(ofBlock block: Int) throws -> [TokenID] {
    let stored = try container.uncheckedBytes(of: payload, in: blocks[block].stored)
    var ids = [TokenID](repeating: 0, count: header.tokens(inBlock: block).count)
    var span = ids.mutableSpan
    do {
      try blocks[block].check(stored.span, "tokens.block")
      try decoder.decode(stored.span, byteCount: blocks[block].byteCount, into: &span)
    } catch {
      throw error.located(at: payload.payloadOffset, in: path)
    }
    return ids
  }

  private static func ranks(
    _ container: ContainerReader, _ header: TokenDatasetHeader
  ) throws -> RankTable? {
    guard header.codec.usesRanks else { return nil }
    let classes = try container.bytes(of: container.requiredSection(.tokenRanks))
    guard classes.count == header.idBound else {
      throw FormatError(
        code: .damaged("\(classes.count) classes for \(header.idBound) ids"), offset: 0,
        field: "tokens.ranks")
    }
    return RankTable(classes: classes)
  }

  private static func documents(
    _ container: ContainerReader, _ header: TokenDatasetHeader
  ) throws -> DocumentIndex {
    let content = try container.bytes(of: container.requiredSection(.documentLengths))
    var reader = ByteReader(content.span)
    var lengths: [Int] = []
    while reader.remainingCount > 0 { lengths.append(try reader.readVariable("documents.length")) }
    guard lengths.count == header.documentCount, let documents = DocumentIndex(lengths: lengths),
      documents.tokenCount == header.tokenCount
    else {
      throw FormatError(
        code: .damaged("lengths are not those of \(header.documentCount) documents"), offset: 0,
        field: "documents.lengths")
    }
    return documents
  }
}
