internal import GobbetSystem

/// The processors that this process may use: what runs take for their number of workers.
public var processorCount: Int { availableProcessorCount() }
