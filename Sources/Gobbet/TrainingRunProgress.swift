/// How far a training run is.
public enum TrainingRunProgress: Hashable, Sendable, CustomStringConvertible {
  /// Pretokens are being counted.
  case counting(documentCount: Int, byteCount: Int)
  /// Counts that went to disk are brought together.
  case gathering(pretokenCount: Int)
  /// Merges are being learned.
  case merging(mergeCount: Int, of: Int)

  /// One line for a terminal.
  public var description: String {
    switch self {
    case .counting(let documents, let bytes):
      "counting: \(documents) documents, \(bytes / 1_000_000) MB"
    case .gathering(let pretokens): "gathering: \(pretokens) unique pretokens"
    case .merging(let done, let all): "merging: \(done) of \(all)"
    }
  }
}
