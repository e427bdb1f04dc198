package import GobbetBPE
package import GobbetFile

/// Which vocabulary the tokens of a dataset are of, and the vocabulary if it shall be embedded.
package struct TokenDatasetVocabulary: Sendable {
  package let fingerprint: ContentDigest
  package let idBound: Int
  package let vocabulary: Vocabulary?

  /// A vocabulary at hand.
  package init(_ vocabulary: Vocabulary) {
    fingerprint = vocabulary.fingerprint
    idBound = vocabulary.idBound
    self.vocabulary = vocabulary
  }

  /// That of another dataset.
  ///
  /// - Throws: `FormatError` if the embedded one is damaged; `FileError`.
  package init(_ dataset: TokenDataset) throws {
    fingerprint = dataset.fingerprint
    idBound = dataset.idBound
    vocabulary = try dataset.vocabulary()
  }
}

/// The file of a dataset in the making, whose blocks come cut and encoded, in their order.
package struct TokenDatasetFile: ~Copyable {
  private let codec: TokenCodec
  private let blockTokenCount: Int
  private let vocabulary: TokenDatasetVocabulary
  private var container: ContainerWriter
  private var blocks = BlockTable()

  /// Begins a dataset that appears at `path` when it is finished.
  ///
  /// - Precondition: the options' numbers are in their ranges.
  /// - Throws: ``TokenDatasetError`` (`codecTooNarrow`); `FileError` if the file cannot be made.
  package init(
    path: String, _ vocabulary: TokenDatasetVocabulary, _ options: TokenDatasetOptions,
    replacing: Bool
  ) throws {
    try options.check(idBound: vocabulary.idBound, path)
    var container = try ContainerWriter(path: path, profile: .tokens, replacing: replacing)
    if options.embedsVocabulary, let embedded = vocabulary.vocabulary {
      // The highest level takes sixty times as long and saves one per cent.
      try VocabularySections.write(
        embedded, fingerprint: vocabulary.fingerprint, to: &container, level: 3)
    }
    self.container = container
    self.vocabulary = vocabulary
    codec = options.codec
    blockTokenCount = options.blockTokenCount
  }

  /// Stores the ranks, and begins the section of the blocks.
  ///
  /// - Throws: `FileError`.
  package mutating func begin(_ ranks: RankTable?) throws {
    if let ranks { try container.add(.tokenRanks, ranks.classes, level: 9) }
    try container.begin(.tokens)
  }

  /// Adds the next block.
  ///
  /// - Precondition: the ranks were stored.
  /// - Throws: `FileError`.
  package mutating func append(_ block: EncodedTokenBlock) throws {
    blocks.append(block.stored.span, byteCount: block.byteCount)
    try container.append(block.stored)
  }

  /// Writes what the blocks are, and puts the file under its name.
  ///
  /// - Precondition: the blocks hold the tokens of the documents.
  /// - Throws: `FileError`.
  package mutating func finish(
    _ documents: DocumentColumns, metadata: String? = nil
  ) throws -> TokenDatasetSummary {
    try container.end()
    try container.add(.tokenBlocks, blocks.content, level: 19)
    try documents.write(to: &container)
    try container.add(.tokenHeader, header(documents).content, level: nil)
    if let metadata { try container.add(metadata: metadata) }
    return TokenDatasetSummary(
      tokenCount: documents.tokenCount, documentCount: documents.documentCount,
      contentID: try container.finish())
  }

  private func header(_ documents: DocumentColumns) -> TokenDatasetHeader {
    TokenDatasetHeader(
      tokenCount: documents.tokenCount, documentCount: documents.documentCount,
      idBound: vocabulary.idBound, blockTokenCount: blockTokenCount, codec: codec,
      fingerprint: vocabulary.fingerprint)
  }
}

extension TokenDatasetOptions {
  /// - Precondition: the options' numbers are in their ranges.
  /// - Throws: ``TokenDatasetError`` (`codecTooNarrow`).
  func check(idBound: Int, _ path: String) throws(TokenDatasetError) {
    precondition(
      (8...Self.maximumBlockTokenCount).contains(blockTokenCount)
        && blockTokenCount.isMultiple(of: 8) && sampleTokenCount >= 0,
      "TokenDatasetOptions: no such block or sample")
    if let id = lossRule?.largestID, id >= idBound {
      throw TokenDatasetError(.unknownID(id, bound: idBound, document: 0), path)
    }
    guard idBound <= codec.idBound else {
      throw TokenDatasetError(.codecTooNarrow(codec, bound: idBound), path)
    }
  }
}
