internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// The folder of a dataset in the making.
///
/// First comes `unfinished.json`, which says what was asked for; then shards, each whole under its
/// name; last the manifest, and then the first file goes.
struct PackingFolder: Sendable {
  private let folder: String

  init(_ folder: String) { self.folder = folder }

  private var manifest: String { folder + "/" + DatasetManifest.fileName }
  private var unfinished: String { folder + "/unfinished.json" }

  /// The path of a shard.
  func shard(_ number: Int, of split: DatasetSplit) -> String {
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
    return "\(folder)/\(split.rawValue)-\(zeros)\(digits).gobbet"
  }

  /// Keeps other writers out of the folder that was begun, as long as the value lives.
  ///
  /// - Throws: ``FileError`` (`open`) if there is one.
  func lock() throws(FileError) -> GrowingFile { try GrowingFile(unfinished) }

  /// Makes or takes up the folder; gives the manifest if the run was finished before.
  ///
  /// - Throws: ``FileError`` (`create`) if there is a dataset already, and it is neither taken up nor
  ///   replaced; ``LoadingError`` if what is taken up is of another plan.
  func begin(_ plan: PackingPlan, replacing: Bool, resuming: Bool) throws -> DatasetManifest? {
    try makeFolder(folder)
    guard try FileStatus(of: folder).kind == .directory else {
      throw FileError(folder, .create, "not a folder")
    }
    let isFinished = exists(manifest)
    let isBegun = exists(unfinished)
    // Nobody else is at it.
    if isBegun { _ = try lock() }
    if isFinished || isBegun {
      if resuming {
        try plan.check(isFinished ? manifest : unfinished)
        try removeFiles { $0.hasPartialSuffix }
        guard isFinished else { return nil }
        if isBegun { try removeFile(unfinished) }
        return try DatasetManifest(contentsOf: manifest)
      }
      guard replacing else {
        throw FileError(
          folder, .create,
          isFinished ? "holds a dataset already" : "holds a dataset that was begun: resume it")
      }
      // The list first: without it the shards are no dataset.
      if isFinished { try removeFile(manifest) }
    } else if !replacing, try directoryEntries(folder).contains(where: \.isShardName) {
      throw FileError(folder, .create, "holds shards of a dataset without its manifest")
    }
    try removeFiles { $0.isShardName || $0.hasPartialSuffix }
    var file = try AtomicFile(unfinished, replacing: true)
    try file.write(plan.json.span)
    try file.commit()
    return nil
  }

  /// The shards of a split that are finished and full, from the first on.
  ///
  /// A last one that is not full is packed again: it ended where the inputs did.
  /// - Throws: ``FormatError`` if one is damaged; ``FileError``.
  func finishedShards(
    of split: DatasetSplit, _ shards: ShardOptions
  ) throws -> [FinishedShard] {
    var finished: [FinishedShard] = []
    guard let fullTokenCount = shards.tokenCount else { return finished }
    while let next = try FinishedShard(
      shard(finished.count, of: split), split, number: finished.count),
      next.entry.tokenCount >= fullTokenCount
    {
      finished.append(next)
    }
    return finished
  }

  /// Puts the manifest beside the shards.
  ///
  /// - Throws: ``FileError``.
  func finish(_ dataset: DatasetManifest, _ lock: consuming GrowingFile) throws {
    var file = try AtomicFile(manifest, replacing: true)
    try file.write(dataset.json.span)
    try file.commit()
    try removeFile(unfinished)
  }

  private func removeFiles(_ isRemoved: (String) -> Bool) throws(FileError) {
    for name in try directoryEntries(folder) where isRemoved(name) {
      try removeFile(folder + "/" + name)
    }
  }
}

extension String {
  /// Whether a file of this name is a shard of some dataset.
  fileprivate var isShardName: Bool {
    let end = ".gobbet"
    return utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
      && DatasetSplit.allCases.contains { utf8.starts(with: ($0.rawValue + "-").utf8) }
  }

  /// Whether a file of this name is what a run that was killed has left of one of ours.
  fileprivate var hasPartialSuffix: Bool {
    let end = ".partial"
    let starts =
      DatasetSplit.allCases.map { ".\($0.rawValue)-" } + [".manifest.json.", ".unfinished.json."]
    return utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
      && starts.contains { utf8.starts(with: $0.utf8) }
  }
}
