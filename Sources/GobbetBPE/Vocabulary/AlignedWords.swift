internal import CGobbetScan

/// 64-bit words that begin where a line of the processor's cache does: tables that are read at
/// random.
///
/// Many of them are asked for in large pages, so that a look-up seldom waits for the address of its
/// page. A copy shares the words until one of both is changed.
@safe struct AlignedWords: Sendable {
  private static let lineByteCount = 64

  // SAFETY: the words are changed through a reference that nothing else holds only.
  @safe private final class Storage: @unchecked Sendable {
    let words: UnsafeMutablePointer<UInt64>
    let count: Int

    init(count: Int) {
      let byteCount = count * MemoryLayout<UInt64>.stride
      let largePage = Int(GOBBET_LARGE_PAGE)
      let isLarge = byteCount >= largePage
      let bytes = UnsafeMutableRawPointer.allocate(
        byteCount: byteCount, alignment: isLarge ? largePage : lineByteCount)
      if isLarge { unsafe gobbet_advise_large_pages(bytes, byteCount) }
      unsafe words = bytes.bindMemory(to: UInt64.self, capacity: count)
      self.count = count
    }

    deinit { unsafe words.deallocate() }
  }

  private var storage: Storage

  /// `count` words, which is at least 1, all equal.
  init(repeating word: UInt64, count: Int) {
    storage = Storage(count: count)
    unsafe storage.words.initialize(repeating: word, count: count)
  }

  var count: Int { storage.count }

  /// The words, which are good for as long as `self` is not changed and lives.
  @inline(__always) var base: UnsafePointer<UInt64> { unsafe UnsafePointer(storage.words) }

  /// The words, for changing them, until `self` is copied.
  mutating func mutableBase() -> UnsafeMutablePointer<UInt64> {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = Storage(count: count)
      unsafe copy.words.initialize(from: storage.words, count: count)
      storage = copy
    }
    return unsafe storage.words
  }
}
