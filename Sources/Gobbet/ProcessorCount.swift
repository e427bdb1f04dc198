internal import GobbetSystem

/// The processors that this process may use: what runs take for their number of workers.
public var processorCount: Int { availableProcessorCount() }

/// The most workers that a job takes, and the most threads that a model computes with.
package let maximumWorkerCount = 1_024
