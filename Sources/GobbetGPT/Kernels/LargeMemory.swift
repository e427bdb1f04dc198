internal import CGobbetKernels

/// Words of four bytes in memory of their own, in large pages where the system has them; zeros at
/// first.
@safe final class LargeMemory: Sendable {
  /// How many words.
  let count: Int
  // SAFETY: set once, points to `count` words that live until `deinit`.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer

  /// Zeros.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  init(wordCount count: Int) throws(GPTError) {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: 4)
    guard !overflow, let memory = unsafe gobbet_memory_allocate(byteCount) else {
      throw GPTError(.outOfMemory(byteCount: overflow ? .max : byteCount))
    }
    self.count = count
    unsafe base = memory
  }

  /// Takes the memory from the system, a share of it on each thread: all of it will be written.
  func take(_ threads: ThreadPool) {
    let shareByteCount =
      (count * 4 / threads.threadCount + Self.pageByteCount)
      / Self.pageByteCount * Self.pageByteCount
    threads.run(taskCount: threads.threadCount) { [self] task in
      let start = task * shareByteCount
      let byteCount = min(shareByteCount, count * 4 - start)
      guard byteCount > 0 else { return }
      // SAFETY: the share lies in the memory.
      unsafe gobbet_memory_take(pointer(at: start / 4), byteCount)
    }
  }

  /// Shares begin at multiples of it.
  private static let pageByteCount = 2 << 20

  deinit { unsafe gobbet_memory_free(base, count * 4) }

  /// The words from `offset`, for kernels; the pointer lives as long as `self`.
  func pointer(at offset: Int = 0) -> UnsafeMutableRawPointer {
    precondition(offset >= 0 && offset <= count, "pointer: past the end")
    return unsafe base + offset * 4
  }

  /// Copies words of other memory.
  func copy(_ other: LargeMemory, from: Int, to: Int, wordCount: Int) {
    precondition(
      from >= 0 && wordCount >= 0 && from + wordCount <= other.count && to + wordCount <= count,
      "copy: past the end")
    // SAFETY: both ranges lie in their memory.
    unsafe pointer(at: to).copyMemory(from: other.pointer(at: from), byteCount: wordCount * 4)
  }
}
