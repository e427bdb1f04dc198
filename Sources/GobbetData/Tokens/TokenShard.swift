internal import GobbetBPE
package import GobbetFile
internal import GobbetSystem

/// One file of tokens: its header, its blocks and where its documents begin.
package struct TokenShard: Sendable {
  package let container: ContainerReader
  let header: TokenDatasetHeader
  let blocks: TokenBlocks
  /// Where its documents begin.
  package let documents: ShardDocuments
  /// Which tokens count in a loss; nil if all do.
  let masks: LossMasks?

  /// Tokens of the file.
  package var tokenCount: Int { header.tokenCount }
  /// Documents of the file.
  package var documentCount: Int { header.documentCount }
  /// The fingerprint of the vocabulary that the tokens are of.
  package var fingerprint: ContentDigest { header.fingerprint }

  /// How many tokens each block of the file has and how many bytes it takes there.
  package var storedBlocks: [(tokenCount: Int, storedByteCount: Int)] { blocks.sizes }

  /// Opens the dataset in `container`, file number `file` of those that share `cache`.
  ///
  /// - Throws: `FormatError` if the file isn't a dataset or is damaged; what reading throws.
  init(
    _ container: ContainerReader, _ cache: TokenBlockCache, file: Int, checksContent: Bool
  ) throws {
    try container.requireKnownSections()
    self.container = container
    header = try container.parsed(.tokenHeader) { content throws(FormatError) in
      try TokenDatasetHeader(content)
    }
    blocks = try TokenBlocks(container, header, cache, file: file, checksContent: checksContent)
    documents = ShardDocuments(container, header)
    if checksContent { _ = try documents.index() }
    masks = try LossMasks(container, documents, idBound: header.idBound)
  }

  /// The vocabulary that the file embeds; nil if it has none.
  ///
  /// - Throws: `FormatError` if it is damaged; `FileError`.
  func vocabulary() throws -> Vocabulary? {
    container.section(.vocabularyHeader) == nil ? nil : try VocabularySections.read(container)
  }
}
