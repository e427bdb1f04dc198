internal import GobbetBPE
package import GobbetFile
internal import GobbetSystem

/// One file of tokens: its header, its blocks and where its documents begin.
package struct TokenShard: Sendable {
  package let container: ContainerReader
  let header: TokenDatasetHeader
  let blocks: TokenBlocks
  let documents: DocumentIndex
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
    documents = try Self.documents(container, header)
    masks = try LossMasks(container, documents, idBound: header.idBound)
  }

  /// The vocabulary that the file embeds; nil if it has none.
  ///
  /// - Throws: `FormatError` if it is damaged; `FileError`.
  func vocabulary() throws -> Vocabulary? {
    container.section(.vocabularyHeader) == nil ? nil : try VocabularySections.read(container)
  }

  private static func documents(
    _ container: ContainerReader, _ header: TokenDatasetHeader
  ) throws -> DocumentIndex {
    let section = try container.requiredSection(.documentLengths)
    // A length takes a byte of the content at least, and a word here.
    guard header.documentCount <= section.byteCount else {
      throw FormatError(
        code: .damaged(
          "\(section.byteCount.counted("byte")) for \(header.documentCount.counted("document"))"),
        offset: section.offset, field: "documents.length", file: container.path)
    }
    return try container.parsed(section, building: header.documentCount, of: 8) {
      content throws(FormatError) in
      var reader = ByteReader(content)
      var offsets: [Int] = []
      offsets.reserveCapacity(header.documentCount + 1)
      offsets.append(0)
      var end = 0
      var isTooLarge = false
      for _ in 0..<header.documentCount {
        let length = try reader.readVariable("documents.length")
        let (next, overflow) = end.addingReportingOverflow(length)
        isTooLarge = isTooLarge || overflow
        end = isTooLarge ? end : next
        offsets.append(end)
      }
      try reader.finish("documents.length")
      let documents = DocumentIndex(offsets: offsets)
      guard !isTooLarge, documents.tokenCount == header.tokenCount else {
        throw FormatError(
          code: .damaged("the lengths do not sum up to \(header.tokenCount.counted("token"))"),
          offset: 0,
          field: "documents.length")
      }
      return documents
    }
  }
}
