package import GobbetData
internal import GobbetFile
internal import GobbetSystem

/// What a shard says in its metadata of the documents that it was made of.
package struct ShardRecord: Hashable, Sendable {
  package let split: DatasetSplit
  package let number: Int
  package let documentsHash: DocumentSequenceHash

  /// The record of a shard.
  package init(split: DatasetSplit, number: Int, documentsHash: DocumentSequenceHash) {
    self.split = split
    self.number = number
    self.documentsHash = documentsHash
  }

  /// The record as a shard's metadata.
  package var json: String {
    JSONOutput.object([
      (
        "pack",
        .object([
          ("split", .text(split.rawValue)), ("shard", .number(number)),
          ("documents_hash", .text(String(documentsHash.value, radix: 16))),
        ])
      )
    ]).line
  }
}

/// A shard that an earlier run has finished.
package struct FinishedShard: Sendable {
  package let path: String
  package let entry: DatasetManifest.Shard
  package let documentsHash: DocumentSequenceHash

  /// The shard at `path`; nil if there is none, or it is another.
  ///
  /// - Throws: `FormatError` if it is damaged; `FileError`.
  init?(_ path: String, _ split: DatasetSplit, number: Int) throws {
    guard exists(path) else { return nil }
    let dataset = try TokenDataset(path: path, cacheByteBudget: 0)
    guard let metadata = try dataset.shards[0].container.metadata() else { return nil }
    let root = try JSONDocument(Array(metadata.utf8), path: path).root
    guard let record = try root.member("pack"),
      try record.member("split")?.string == split.rawValue,
      try record.member("shard")?.size == number,
      let hash = try record.member("documents_hash")?.string.flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    self.path = path
    documentsHash = DocumentSequenceHash(value: hash)
    entry = DatasetManifest.Shard(
      name: fileName(of: path), tokenCount: dataset.tokenCount,
      documentCount: dataset.documentCount, byteCount: try FileStatus(of: path).byteCount,
      contentID: dataset.contentID)
  }
}
