internal import GobbetBPE
internal import GobbetSystem

/// The processors that this process may use: what runs take for their number of workers.
public var processorCount: Int { availableProcessorCount() }

/// The most workers that a job takes, and the most threads that a model computes with.
package let maximumWorkerCount = WorkerCountError.maximum

/// The workers of a job for which `count` were asked: one per core for 0.
///
/// - Throws: `WorkerCountError` if no job takes that many.
func resolvedWorkerCount(_ count: Int) throws(WorkerCountError) -> Int {
  let count = try checkedWorkerCount(count)
  return count == 0 ? min(processorCount, maximumWorkerCount) : count
}
