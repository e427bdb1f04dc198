public import GobbetBPE

/// Keeps counts in files of a folder while memory is short.
///
/// The files are the caller's to remove.
public struct PretokenCountsSpill: PretokenSpill {
  /// The folder of the files.
  public let folder: String
  /// How the texts are cut.
  public let pattern: SplitPattern
  /// How many files there are: `run-0.gobbet` and so on.
  public private(set) var runCount = 0

  /// A spill to new files in `folder`.
  public init(folder: String, pattern: SplitPattern) {
    self.folder = folder
    self.pattern = pattern
  }

  /// Writes the pretokens of `counts` to the next file.
  ///
  /// - Throws: `FileError`; `FormatError` if the file cannot be read again.
  public mutating func write(_ counts: PretokenCounts) throws -> any PretokenRun {
    let path = "\(folder)/run-\(runCount).gobbet"
    runCount += 1
    var writer = try PretokenCountsWriter(path: path, pattern: pattern)
    try counts.forEachSortedPretoken { try writer.append($0, count: $1) }
    try writer.finish()
    return try PretokenCountsFile(ownFile: path)
  }
}
