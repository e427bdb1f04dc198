internal import GobbetFile
internal import GobbetSystem

/// What `unfinished.json` says of a job that has not ended, or ended before it had removed all that
/// it replaced.
struct UnfinishedDataset {
  static let fileName = "unfinished.json"

  /// Whether the job can be resumed.
  let isResumable: Bool
  /// The digest of the manifest that was there when the job began; nil if there was none.
  let replaced: ContentDigest?
  /// What the names of the job's shards end in.
  let ending: String

  init(isResumable: Bool, replaced: ContentDigest?, ending: String) {
    self.isResumable = isResumable
    self.replaced = replaced
    self.ending = ending
  }

  /// Reads the file at `path`; nil if there is none, or it was not written to its end: then nothing
  /// else was done.
  init?(contentsOf path: String) {
    guard let root = try? DatasetManifest.document(OpenedFile(path)).root,
      (try? root.member("kind")?.string) == DatasetPlan.kind
    else { return nil }
    isResumable = (try? root.member("resumable")?.bool) ?? true
    replaced = (try? root.member("replaces")?.string).flatMap { ContentDigest($0) }
    let ending = (try? root.member("shard_ending")?.string) ?? ShardFileName.plainEnding
    guard ShardFileName.isEnding(ending) else { return nil }
    self.ending = ending
  }

  /// What stands in the file beside the plan; nothing for a job that makes a dataset where there was
  /// none.
  var members: [(key: String, value: JSONOutput)] {
    var members: [(key: String, value: JSONOutput)] = []
    if !isResumable { members.append(("resumable", .flag(false))) }
    if let replaced { members.append(("replaces", .text(replaced.description))) }
    if ending != ShardFileName.plainEnding { members.append(("shard_ending", .text(ending))) }
    return members
  }
}
