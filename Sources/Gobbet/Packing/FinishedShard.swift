internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem

/// What a shard says in its metadata of the documents that it was made of.
struct ShardRecord: Hashable, Sendable {
  let split: DatasetSplit
  let number: Int
  let documentsHash: DocumentSequenceHash

  var json: String {
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
struct FinishedShard: Sendable {
  let path: String
  let entry: DatasetManifest.Shard
  let documentsHash: DocumentSequenceHash

  /// The shard at `path`; nil if there is none, or it is another.
  ///
  /// - Throws: ``FormatError`` if it is damaged; ``FileError``.
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
