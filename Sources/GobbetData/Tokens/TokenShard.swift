internal import GobbetBPE
package import GobbetFile

/// One file of tokens: its header, its blocks and where its documents begin.
package struct TokenShard: Sendable {
  package let container: ContainerReader
  let header: TokenDatasetHeader
  let blocks: TokenBlocks
  let documents: DocumentIndex

  /// Opens the dataset in `container`, file number `file` of those that share `cache`.
  ///
  /// - Throws: ``FormatError`` if the file is no dataset or is damaged; what reading throws.
  init(_ container: ContainerReader, _ cache: TokenBlockCache, file: Int) throws {
    try container.requireKnownSections()
    self.container = container
    header = try container.parsed(.tokenHeader) { content throws(FormatError) in
      try TokenDatasetHeader(content)
    }
    blocks = try TokenBlocks(container, header, cache, file: file)
    documents = try Self.documents(container, header)
  }

  /// The vocabulary that the file embeds; nil if it has none.
  ///
  /// - Throws: ``FormatError`` if it is damaged; ``FileError``.
  func vocabulary() throws -> Vocabulary? {
    container.section(.vocabularyHeader) == nil ? nil : try VocabularySections.read(container)
  }

  private static func documents(
    _ container: ContainerReader, _ header: TokenDatasetHeader
  ) throws -> DocumentIndex {
    let section = try container.requiredSection(.documentLengths)
    // A length takes a byte in the file at least, and two words here.
    guard header.documentCount <= section.byteCount else {
      throw FormatError(
        code: .damaged("\(section.byteCount) bytes for \(header.documentCount) documents"),
        offset: section.offset, field: "documents.length", file: container.path)
    }
    let (room, overflow) = header.documentCount.multipliedReportingOverflow(by: 16)
    try container.requireMemory(overflow ? .max : room, for: section, "documents.length")
    return try container.parsed(section) { content throws(FormatError) in
      var reader = ByteReader(content)
      var lengths: [Int] = []
      lengths.reserveCapacity(header.documentCount)
      for _ in 0..<header.documentCount {
        lengths.append(try reader.readVariable("documents.length"))
      }
      try reader.finish("documents.length")
      guard let documents = DocumentIndex(lengths: lengths),
        documents.tokenCount == header.tokenCount
      else {
        throw FormatError(
          code: .damaged("the lengths do not sum up to \(header.tokenCount) tokens"), offset: 0,
          field: "documents.length")
      }
      return documents
    }
  }
}
