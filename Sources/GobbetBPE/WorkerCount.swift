/// A number of workers or threads that no call takes.
public struct WorkerCountError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number that was asked for.
  public let count: Int
  /// The numbers that are taken.
  public let accepted: ClosedRange<Int>

  /// The most workers that a job takes, and the most threads that a model computes with.
  public static let maximum = 1_024

  /// One line for a terminal or a log.
  public var description: String {
    "\(count) workers are asked for: \(accepted.lowerBound) to \(accepted.upperBound) are taken"
  }
}

/// `count` as it is if a call takes that many workers, from `least` to ``WorkerCountError/maximum``.
///
/// Every number of workers or threads that comes from outside goes through here, or through the check
/// of the C library, which has the same limit: what is computed with it later cannot overflow.
/// - Throws: ``WorkerCountError``.
package func checkedWorkerCount(_ count: Int, least: Int = 0) throws(WorkerCountError) -> Int {
  let accepted = least...WorkerCountError.maximum
  guard accepted.contains(count) else { throw WorkerCountError(count: count, accepted: accepted) }
  return count
}
