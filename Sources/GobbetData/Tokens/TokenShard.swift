internal import GobbetBPE
package import GobbetFile

/// One file of tokens: its header, its blocks and where its documents begin.
package struct TokenShard: Sendable {
  package let container: ContainerReader
  let header: TokenDatasetHeader
  let blocks: TokenBlocks
  let documents: DocumentIndex

  /// Opens the file at `path`; its blocks are kept decoded in `cache`.
  ///
  /// - Throws: ``FormatError`` if the file is no dataset or is damaged; ``FileError``.
  init(path: String, cacheByteBudget: Int) throws {
    container = try ContainerReader.ofKnownSections(path)
    let section = try container.requiredSection(.tokenHeader)
    let content = try container.bytes(of: section)
    do throws(FormatError) {
      header = try TokenDatasetHeader(content.span)
    } catch {
      throw error.located(at: section.payloadOffset, in: path)
    }
    blocks = try TokenBlocks(container, header, cacheByteBudget: cacheByteBudget)
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
    let content = try container.bytes(of: section)
    do throws(FormatError) {
      var reader = ByteReader(content.span)
      var lengths: [Int] = []
      while reader.remainingCount > 0 {
        lengths.append(try reader.readVariable("documents.length"))
      }
      guard lengths.count == header.documentCount, let documents = DocumentIndex(lengths: lengths),
        documents.tokenCount == header.tokenCount
      else {
        throw FormatError(
          code: .damaged("lengths are not those of \(header.documentCount) documents"), offset: 0,
          field: "documents.length")
      }
      return documents
    } catch {
      throw error.located(at: section.payloadOffset, in: container.path)
    }
  }
}
