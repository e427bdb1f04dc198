internal import CGobbetKernels

/// Floats in memory of their own, in large pages where the system has them; zeros at first.
@safe final class FloatMemory: Sendable {
  /// How many.
  let count: Int
  // SAFETY: set once, points to `count` floats that live until `deinit`.
  private nonisolated(unsafe) let base: UnsafeMutablePointer<Float>

  /// Zeros.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  init(count: Int) throws(GPTError) {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.size)
    guard !overflow, let memory = unsafe gobbet_memory_allocate(byteCount) else {
      throw GPTError(.outOfMemory(byteCount: overflow ? .max : byteCount))
    }
    self.count = count
    unsafe base = memory.bindMemory(to: Float.self, capacity: count)
  }

  deinit { unsafe gobbet_memory_free(base, count * MemoryLayout<Float>.size) }

  /// The floats, for kernels; the pointer lives as long as `self`.
  func pointer(at offset: Int) -> UnsafeMutablePointer<Float> {
    precondition(offset >= 0 && offset <= count, "pointer: past the end")
    return unsafe base + offset
  }
}
