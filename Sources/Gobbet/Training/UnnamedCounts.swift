internal import GobbetBPE
internal import GobbetData
internal import GobbetSystem

/// Keeps counts in files without a name: they go with their last reader, however the process ends.
struct UnnamedCounts: PretokenSpill {
  /// The folder on whose disk the files are.
  let folder: String
  /// How the texts are cut.
  let pattern: SplitPattern

  func write(_ counts: PretokenCounts) throws -> any PretokenRun {
    try file { writer in
      try counts.forEachSortedPretoken { try writer.append($0, count: $1) }
    }
  }

  /// A file with what `fill` appends.
  func file(
    _ fill: (inout PretokenCountsWriter) throws -> Void
  ) throws -> PretokenCountsFile {
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let path = "\(folder)/.gobbet-counts-\(suffix)"
    TemporaryFiles.add(path)
    defer { TemporaryFiles.remove(path) }
    var writer = try PretokenCountsWriter(path: path, pattern: pattern)
    try fill(&writer)
    try writer.finish()
    let file = Result { try PretokenCountsFile(ownFile: path) }
    try removeFile(path)
    return try file.get()
  }
}
