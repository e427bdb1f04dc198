/// How far a run of a ``Trainer`` has come.
public struct TrainingProgress: Hashable, Sendable {
  /// Merges learned so far.
  public let mergeCount: Int
  /// Merges to learn, unless the pairs run out before.
  public let mergeLimit: Int
  /// How often the pair of the last merge occurred.
  public let frequency: UInt64
}
