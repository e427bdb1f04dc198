internal import GobbetData
internal import GobbetFile
internal import GobbetSystem
internal import Synchronization

/// The folder of a dataset in the making, for every job that makes one.
///
/// First comes `unfinished.json`, locked until the job ends, which says what was asked for; then
/// shards, each whole under its name, beside those of a dataset that is to be replaced; then the
/// manifest, whose rename is the moment in which the new dataset takes the place of the old; last
/// what is no longer part of it goes. A job that fails or is killed at any moment leaves the old
/// dataset or the new one; the next job removes what else it left.
package final class DatasetFolder: Sendable {
  /// What is done with a dataset that is there.
  package enum Mode: Sendable {
    /// It is an error.
    case new
    /// It is replaced.
    case replace
    /// It is resumed, or found to be finished.
    case resume
  }

  /// A folder to be filled, or a dataset that was finished before.
  package enum Beginning {
    case begun(DatasetFolder)
    case finished(DatasetManifest)
  }

  /// What a staging folder inside is made beside, for files that don't belong to the dataset.
  package static let scratchName = "scratch"

  private struct State: ~Copyable {
    /// Held until the job ends.
    var lock: GrowingFile?
    var isFinished = false
  }

  private let folder: String
  private let plan: DatasetPlan
  private let job: UnfinishedDataset
  /// The files of the dataset that is replaced.
  private let replaced: [String]
  /// Whether the folder was made for this.
  private let isNew: Bool
  private let state: Mutex<State>

  private init(
    _ folder: String, _ plan: DatasetPlan, _ job: UnfinishedDataset, replacing names: [String],
    isNew: Bool, _ lock: consuming GrowingFile
  ) {
    self.folder = folder
    self.plan = plan
    self.job = job
    replaced = names
    self.isNew = isNew
    state = Mutex(State(lock: lock))
  }

  deinit {
    let isLeft = state.withLock { !$0.isFinished } && !job.isResumable
    guard isLeft else { return }
    for name in (try? directoryEntries(folder)) ?? []
    where ShardFileName(name)?.ending == job.ending {
      try? removeFile(folder + "/" + name)
    }
    try? removeFile(folder + "/" + UnfinishedDataset.fileName)
    if isNew { try? removeFolder(folder) }
  }

  /// Makes the folder at `path` or takes it over, and keeps other writers out of it.
  ///
  /// A job that is not `isResumable` leaves nothing behind but where it is killed, and then the next
  /// job removes that.
  /// - Throws: `FileError` (`create`) if there is a dataset already, and it is neither resumed nor
  ///   replaced, (`open`) if another job is at work; `LoadingError` if what is resumed is of
  ///   another plan. Nothing is changed then.
  package static func begin(
    _ path: String, _ plan: DatasetPlan, _ mode: Mode, isResumable: Bool = true
  ) throws -> Beginning {
    let isNew = !exists(path)
    try makeFolder(path)
    guard try FileStatus(of: path).kind == .directory else {
      throw FileError(path, .create, "not a folder")
    }
    // Nothing is made beside a dataset that stays.
    let unfinished = path + "/" + UnfinishedDataset.fileName
    let before = try DatasetFolderContents(path)
    try before.check(plan, mode)
    if mode == .resume, let manifest = before.manifest, !exists(unfinished) {
      return .finished(manifest)
    }
    var lock = try GrowingFile(unfinished, creating: true)
    let found: DatasetFolderContents
    do {
      found = try DatasetFolderContents(path)
      try found.check(plan, mode)
    } catch {
      if lock.byteCount == 0 { try? removeFile(unfinished) }
      throw error
    }
    if mode == .resume, let job = found.resumable {
      try removePartialFiles(path)
      return .begun(DatasetFolder(path, plan, job, replacing: found.listed, isNew: isNew, lock))
    }
    found.removeLeftovers()
    try removePartialFiles(path)
    if mode == .resume, let manifest = found.manifest {
      let settled = found.isCommitted ? settle(manifest, in: path) : manifest
      if found.isCommitted { removeAllBut(settled, [], in: path) }
      try removeFile(unfinished)
      return .finished(settled)
    }
    let job = UnfinishedDataset(
      isResumable: isResumable, replaced: found.digest,
      ending: ShardFileName.freeEnding(
        beside: try directoryEntries(path).compactMap { ShardFileName($0) }))
    // Only now nothing there is of the job before.
    do {
      try lock.cut(to: 0)
      let text = plan.json(job.members)
      try lock.write(text.span)
      try lock.synchronize()
    } catch {
      try? removeFile(unfinished)
      throw error
    }
    synchronizeFolder(of: unfinished)
    return .begun(DatasetFolder(path, plan, job, replacing: found.listed, isNew: isNew, lock))
  }

  /// The path of a shard.
  package func path(ofShard number: Int, in split: DatasetSplit) -> String {
    folder + "/" + ShardFileName(number, of: split, ending: job.ending).name
  }

  /// The shards of a split that an earlier run of the job has finished and filled, from the first on.
  ///
  /// A last one that is not full is packed again: it ended where the inputs did.
  /// - Throws: `FormatError` if one is damaged; `FileError`.
  package func finishedShards(
    of split: DatasetSplit, fullTokenCount: Int?
  ) throws -> [FinishedShard] {
    var finished: [FinishedShard] = []
    guard let fullTokenCount else { return finished }
    while let next = try FinishedShard(
      path(ofShard: finished.count, in: split), split, number: finished.count),
      next.entry.tokenCount >= fullTokenCount
    {
      finished.append(next)
    }
    return finished
  }

  /// Puts the manifest of these shards in place and returns it.
  ///
  /// Each shard is looked at before; afterwards, what isn't part of the dataset any more is removed.
  /// - Throws: `LoadingError` if a shard is not what it was when it was written; `FileError`. The
  ///   dataset that was there is then as it was.
  package func finish(_ splits: [DatasetManifest.Split]) throws -> DatasetManifest {
    let manifest = DatasetManifest(
      fingerprint: plan.fingerprint, options: plan.entries, splits: splits)
    for shard in splits.flatMap(\.shards) {
      try shard.check(in: folder, fingerprint: plan.fingerprint)
    }
    try manifest.write(in: folder)
    // From here on the new dataset stands. What is left of the old is of no use to anyone: if it
    // cannot be removed now, the next job does.
    state.withLock { $0.isFinished = true }
    let settled = Self.settle(manifest, in: folder)
    Self.removeAllBut(settled, replaced, in: folder)
    try? removeFile(folder + "/" + UnfinishedDataset.fileName)
    state.withLock { $0.lock = nil }
    return settled
  }

  /// Gives shards that were written beside others of their names the names that they would have had
  /// without those, and returns the manifest that stands then.
  ///
  /// Each file has both names until the manifest tells the second.
  private static func settle(_ manifest: DatasetManifest, in folder: String) -> DatasetManifest {
    let settled = manifest.settled
    guard settled != manifest else { return manifest }
    do {
      for (split, renamed) in zip(manifest.splits, settled.splits) {
        for (shard, new) in zip(split.shards, renamed.shards) where shard.name != new.name {
          if exists(folder + "/" + new.name) { try removeFile(folder + "/" + new.name) }
          try linkFile(folder + "/" + shard.name, to: folder + "/" + new.name)
        }
      }
      // The names are on the disk before the manifest tells them.
      synchronizeFolder(of: folder + "/" + DatasetManifest.fileName)
      try settled.write(in: folder)
      return settled
    } catch {
      // A file system without links: the names stay, and are as good.
      return manifest
    }
  }

  /// Removes what isn't a shard of `manifest` but was one, or is called like one.
  private static func removeAllBut(
    _ manifest: DatasetManifest, _ replaced: [String], in folder: String
  ) {
    let listed = Set(manifest.names)
    let others = ((try? directoryEntries(folder)) ?? []).filter { ShardFileName($0) != nil }
    for name in Set(others + replaced).subtracting(listed) { try? removeFile(folder + "/" + name) }
  }

  private static func removePartialFiles(_ folder: String) throws(FileError) {
    let own = [
      DatasetManifest.fileName[...], UnfinishedDataset.fileName[...], Self.scratchName[...],
    ]
    try GobbetSystem.removeLeftovers(in: folder) { name in
      // With the dot of names that other versions gave.
      own.contains(name) || ShardFileName(String(name)) != nil
    }
  }
}
