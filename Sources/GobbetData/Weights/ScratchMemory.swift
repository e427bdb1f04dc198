/// Memory whose content is anything, kept to be used again.
@safe final class ScratchMemory {
  private var memory: UnsafeMutableRawBufferPointer = unsafe .init(start: nil, count: 0)

  /// Bytes of at least that number; they stay until the next call or the end of `self`.
  func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if unsafe memory.count < count {
      unsafe memory.deallocate()
      unsafe memory = .allocate(byteCount: count, alignment: 64)
    }
    // SAFETY: the memory has `count` bytes now.
    return unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  deinit { unsafe memory.deallocate() }
}
