internal import GobbetSystem

/// How far a training run is.
public enum TrainingJobProgress: Hashable, Sendable, CustomStringConvertible {
  /// Pretokens are being counted; there are at least that many unique ones, which is what one worker
  /// has seen by itself.
  case counting(documentCount: Int, byteCount: Int, uniquePretokenCount: Int)
  /// Counts that went to disk are brought together.
  case gathering(pretokenCount: Int)
  /// Merges are being learned.
  case merging(mergeCount: Int, of: Int)

  /// One line for a terminal.
  public var description: String {
    switch self {
    case .counting(let documents, let bytes, let pretokens):
      """
      counting: \(documents.counted("document")), \(bytes / 1_000_000) MB, \
      \(pretokens.counted("unique pretoken")) or more
      """
    case .gathering(let pretokens): "gathering: \(pretokens.counted("unique pretoken"))"
    case .merging(let done, let all): "merging: \(done) of \(all)"
    }
  }
}
