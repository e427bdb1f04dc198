internal import CGobbetScan

/// Memory of tables that are read at random.
enum TableMemory {
  /// Bytes of a line of the processor's cache.
  static let lineByteCount = 64

  /// Memory that begins where a line of the processor's cache does, to be given back by
  /// `deallocate()`.
  ///
  /// Much of it is asked for in large pages: a look-up then seldom waits for the address of its page.
  static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let largePage = Int(GOBBET_LARGE_PAGE)
    let isLarge = byteCount >= largePage
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount, alignment: isLarge ? largePage : lineByteCount)
    if isLarge { unsafe gobbet_advise_large_pages(memory, byteCount) }
    return unsafe memory
  }
}
