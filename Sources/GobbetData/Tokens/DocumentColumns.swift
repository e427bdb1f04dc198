internal import GobbetFile

/// What a dataset in the making says of its documents: their lengths, and their notes.
package struct DocumentColumns: Sendable {
  private var lengths = ByteWriter()
  private var notes = DocumentNotes()
  private var masks: LossMaskColumn
  /// Documents so far.
  package private(set) var documentCount = 0
  /// Tokens of them.
  package private(set) var tokenCount = 0

  /// No documents, of a file with that rule.
  package init(_ lossRule: LossRule?) { masks = LossMaskColumn(lossRule) }

  /// Adds a document.
  ///
  /// - Precondition: the counts are not negative.
  package mutating func append(
    tokenCount: Int, source: String?, byteCount: Int?, mask: DocumentMask = .byRule
  ) {
    lengths.writeVariable(tokenCount)
    masks.append(mask)
    notes.append(source: source, byteCount: byteCount)
    documentCount += 1
    self.tokenCount += tokenCount
  }

  func write(to container: inout ContainerWriter) throws {
    try container.add(.documentLengths, lengths.bytes, level: 19)
    try masks.write(to: &container)
    try notes.write(to: &container)
  }
}
