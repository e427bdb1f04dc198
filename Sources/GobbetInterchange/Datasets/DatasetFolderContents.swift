internal import GobbetData
internal import GobbetFile
internal import GobbetSystem

/// What is in the folder of a dataset before a job begins there.
struct DatasetFolderContents {
  let folder: String
  /// The manifest; nil if there is none, or it cannot be read.
  let manifest: DatasetManifest?
  /// The digest of the manifest's file; nil if there is none.
  let digest: ContentDigest?
  /// The job that has not ended; nil if there is none.
  let job: UnfinishedDataset?

  init(_ folder: String) throws {
    let path = folder + "/" + DatasetManifest.fileName
    var digest: ContentDigest?
    if exists(path) {
      let text = try wholeFile(path, limit: .max)
      digest = ContentDigest(of: text.span)
    }
    self.folder = folder
    self.digest = digest
    manifest = digest == nil ? nil : try? DatasetManifest(contentsOf: path)
    job = UnfinishedDataset(contentsOf: folder + "/" + UnfinishedDataset.fileName)
  }

  /// Whether the manifest is that of the job, which ended before it had cleaned up.
  var isCommitted: Bool { job.map { digest != nil && digest != $0.replaced } ?? false }

  /// The job, if it can be resumed.
  var resumable: UnfinishedDataset? {
    job.flatMap { $0.isResumable && !isCommitted ? $0 : nil }
  }

  /// The files of the dataset that is there, as far as they are surely shards.
  var listed: [String] { manifest?.names.filter { $0.hasSuffix(ShardFileName.plainEnding) } ?? [] }

  /// - Throws: `FileError` (`create`) if a new dataset has no room here; `LoadingError` if what
  ///   is to be resumed is of another plan.
  func check(_ plan: DatasetPlan, _ mode: DatasetFolder.Mode) throws {
    if mode == .replace { return }
    if mode == .resume {
      if resumable != nil { return try plan.check(folder + "/" + UnfinishedDataset.fileName) }
      if digest != nil { return try plan.check(folder + "/" + DatasetManifest.fileName) }
    }
    guard digest == nil else { throw FileError(folder, .create, "holds a dataset already") }
    guard resumable == nil else {
      throw FileError(folder, .create, "holds a dataset that was begun: resume it")
    }
    guard try job != nil || !directoryEntries(folder).contains(where: { ShardFileName($0) != nil })
    else {
      throw FileError(folder, .create, "holds shards of a dataset without its manifest")
    }
  }

  /// Removes the shards that a job which was killed has left, of whose it is known that nothing else
  /// needs them.
  func removeLeftovers() {
    guard let job, digest == nil || manifest != nil else { return }
    let listed = Set(manifest?.names ?? [])
    for name in (try? directoryEntries(folder)) ?? [] where !listed.contains(name) {
      guard let shard = ShardFileName(name) else { continue }
      // Without a manifest, those of other endings were there before.
      guard isCommitted || shard.ending == job.ending else { continue }
      try? removeFile(folder + "/" + name)
    }
  }
}
