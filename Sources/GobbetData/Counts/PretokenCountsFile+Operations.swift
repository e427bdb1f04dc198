package import GobbetBPE

extension PretokenCountsFile {
  /// Writes the sum of several files, which is the file of counting their corpora as one.
  ///
  /// - Throws: ``LoadingError`` if there are none or their patterns differ; `TrainingError`
  ///   (`countsTooLarge`), `FormatError`, `FileError`.
  public static func merge(
    _ paths: [String], to output: String, replacing: Bool = false
  ) throws -> PretokenCountsFile {
    let files = try paths.map { try PretokenCountsFile(path: $0) }
    try PretokenCountsWriter.merge(
      files, to: output, pattern: try commonPattern(of: files),
      origin: files.reduce(PretokenCountsOrigin()) { $0.merged(with: $1.origin) },
      replacing: replacing)
    return try PretokenCountsFile(path: output)
  }

  /// Writes the pretokens that occur at least `minimumCount` times.
  ///
  /// - Throws: `FormatError`, `FileError`.
  public func prune(
    below minimumCount: UInt64, to output: String, replacing: Bool = false
  ) throws -> PretokenCountsFile {
    var writer = try PretokenCountsWriter(path: output, pattern: pattern, replacing: replacing)
    var pruned = PretokenCountsOrigin()
    pruned.minimumCount = max(1, minimumCount)
    try forEachPretoken { pretoken, count in
      if count >= minimumCount {
        try writer.append(pretoken, count: count)
      } else {
        pruned.prunedPretokenCount += 1
        // Fewer than 2^63 pretokens of fewer than 2^64 occurrences each: the sum may not fit.
        pruned.prunedOccurrenceCount = min(.max - count, pruned.prunedOccurrenceCount) + count
      }
    }
    writer.origin = origin.merged(with: pruned)
    try writer.finish()
    return try PretokenCountsFile(path: output)
  }
}

/// The pattern that all of `files` were counted with.
package func commonPattern(of files: [PretokenCountsFile]) throws(LoadingError) -> SplitPattern {
  guard let first = files.first else { throw LoadingError(path: "", reason: "no files of counts") }
  for file in files where file.pattern != first.pattern {
    throw LoadingError(path: file.path, reason: "has another pattern than \(first.path)")
  }
  return first.pattern
}
