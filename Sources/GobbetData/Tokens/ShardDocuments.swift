internal import GobbetFile
internal import GobbetSystem
internal import Synchronization

/// Where the documents of a file begin, read when that is first asked for; shared by threads.
///
/// Windows do without it. The lengths of 100 million documents take some 160 MB of a file, which opening
/// a remote one need not fetch, and 800 MB of memory.
package final class ShardDocuments: Sendable {
  private let container: ContainerReader
  private let header: TokenDatasetHeader
  private let known = Mutex<DocumentIndex?>(nil)

  /// The documents of the dataset in `container`.
  init(_ container: ContainerReader, _ header: TokenDatasetHeader) {
    self.container = container
    self.header = header
  }

  /// Where they begin and end.
  ///
  /// Two threads that ask first both read it.
  /// - Throws: `FormatError` if the lengths are damaged; what reading throws.
  package func index() throws -> DocumentIndex {
    if let index = known.withLock({ $0 }) { return index }
    let index = try read()
    known.withLock { $0 = index }
    return index
  }

  private func read() throws -> DocumentIndex {
    let header = header
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
