internal import GobbetCorpus
internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// The documents of a batch, and what is known of them without their tokens.
struct ParsedBatch: Sendable {
  let documents: DocumentBatch
  /// Of each document; empty if nobody needs them.
  let hashes: [DocumentHash]
  /// Whether each document goes into the second split; empty if there is one split.
  let isHeldOut: [Bool]
  /// Bytes of the inputs read by then.
  let readByteCount: Int
}

/// A batch of which it is decided where its documents go.
struct SelectedBatch: Sendable {
  let documents: DocumentBatch
  let hashes: [DocumentHash]
  /// The split of each document; nil for those that go nowhere.
  let splits: [Int?]
}

/// Decides in the order of the corpus where documents go: duplicates nowhere, and neither those
/// that are in shards already.
struct DocumentSelector: ~Copyable, Sendable {
  /// Shards of one split that are there already.
  private struct KeptShards: Sendable {
    var shards: [FinishedShard]
    var current = 0
    var documentCount = 0
    var hash = DocumentSequenceHash()
  }

  private var seen: DocumentHashSet?
  private var kept: [KeptShards]
  private var badLines: AtomicFile?
  /// What goes nowhere, and why.
  private(set) var summary = PackingSummary()

  /// A selector for that many splits.
  ///
  /// - Throws: `FileError` (`create`) if bad lines have no place.
  init(_ run: PackingJob, kept: [[FinishedShard]], replacing: Bool) throws {
    seen = run.removesDuplicates ? DocumentHashSet() : nil
    self.kept = kept.map { KeptShards(shards: $0) }
    if let path = run.badLinesPath { badLines = try AtomicFile(path, replacing: replacing) }
  }

  /// The batch with what becomes of its documents.
  ///
  /// - Throws: `LoadingError` if documents are not those of a shard that is there; `FileError`.
  mutating func select(_ batch: ParsedBatch) throws -> SelectedBatch {
    summary.readByteCount = batch.readByteCount
    summary.badLineCount += batch.documents.rejections.count
    summary.badLineKinds.add(batch.documents.rejections)
    summary.firstBadLine = summary.firstBadLine ?? batch.documents.rejections.first
    for line in batch.documents.rejectedLines { try badLines?.write((line + [0x0A]).span) }
    var splits: [Int?] = []
    splits.reserveCapacity(batch.documents.count)
    for index in 0..<batch.documents.count {
      if seen?.insert(batch.hashes[index]) == true {
        summary.duplicateCount += 1
        splits.append(nil)
        continue
      }
      let split = batch.isHeldOut.isEmpty || !batch.isHeldOut[index] ? 0 : 1
      if kept[split].current < kept[split].shards.count {
        try skip(batch.hashes[index], split)
        splits.append(nil)
      } else {
        splits.append(split)
      }
    }
    return SelectedBatch(documents: batch.documents, hashes: batch.hashes, splits: splits)
  }

  private mutating func skip(_ hash: DocumentHash, _ split: Int) throws {
    summary.keptDocumentCount += 1
    kept[split].documentCount += 1
    kept[split].hash.append(hash)
    let shard = kept[split].shards[kept[split].current]
    guard kept[split].documentCount == shard.entry.documentCount else { return }
    guard kept[split].hash == shard.documentsHash else { throw Self.otherDocuments(shard) }
    kept[split].current += 1
    kept[split].documentCount = 0
    kept[split].hash = DocumentSequenceHash()
  }

  /// Ends the corpus.
  ///
  /// - Throws: `LoadingError` if shards that are there hold more than it; `FileError`.
  mutating func finish() throws {
    for split in kept where split.current < split.shards.count {
      throw Self.otherDocuments(split.shards[split.current])
    }
    try badLines?.commit()
  }

  private static func otherDocuments(_ shard: FinishedShard) -> LoadingError {
    LoadingError(path: shard.path, reason: "was packed from other documents than these inputs hold")
  }
}
