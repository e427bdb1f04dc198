internal import CGobbetKernels
internal import GobbetData

/// Where the weights of a matrix are: in memory of the model's own, or in a file where it is mapped.
@safe struct WeightMemory: Sendable {
  // SAFETY: set once, points to `byteCount` bytes that live as long as the owner.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer
  private let owner: any Sendable
  /// Bytes from the first weight on.
  let byteCount: Int
  /// Whether the weights are those of a file, which are only read.
  let isMapped: Bool

  /// Memory of the model's own, from a word on.
  init(_ memory: LargeMemory, from offset: Int) {
    unsafe base = memory.pointer(at: offset)
    owner = memory
    byteCount = 4 * (memory.count - offset)
    isMapped = false
  }

  /// A tensor's data where `source` has it mapped; nil if it does not.
  ///
  /// - Throws: an error of the source.
  init?(of tensor: TensorDescription, in source: any TensorSource) throws {
    let bytes = try unsafe source.withBytesInPlace(of: tensor) { unsafe $0 }
    guard let bytes = unsafe bytes, let start = bytes.baseAddress else { return nil }
    unsafe gobbet_memory_map_in(start, bytes.count)
    // SAFETY: the bytes stay where they are as long as the source lives; nothing writes to them.
    unsafe base = UnsafeMutableRawPointer(mutating: start)
    owner = source
    byteCount = bytes.count
    isMapped = true
  }

  /// The weights, for kernels; the pointer lives as long as `self`.
  var pointer: UnsafeRawPointer { unsafe UnsafeRawPointer(base) }

  /// The same, for those that fill the memory.
  var mutablePointer: UnsafeMutableRawPointer {
    precondition(!isMapped, "WeightMemory: a file is not written to")
    return unsafe base
  }
}
