public import GobbetBPE

extension PretokenCounts {
  /// Writes the table to a file of counts, which appears at `path` when it is complete.
  ///
  /// `earlier` is what the file says it was counted from beside the documents of this table: where
  /// counts of other files were added to it.
  /// - Throws: `FileError`.
  public func write(
    to path: String, pattern: SplitPattern, countedAlready earlier: PretokenCountsOrigin = .init(),
    replacing: Bool = false
  ) throws {
    var writer = try PretokenCountsWriter(path: path, pattern: pattern, replacing: replacing)
    try forEachSortedPretoken { try writer.append($0, count: $1) }
    var origin = PretokenCountsOrigin()
    origin.documentCount = documentCount
    origin.byteCount = byteCount
    origin.cutPretokenCount = cutPretokenCount
    writer.origin = origin.merged(with: earlier)
    try writer.finish()
  }
}
