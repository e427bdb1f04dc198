/// 64-bit words of a table that is read at random, in `TableMemory`.
///
/// A copy shares the words until one of both is changed.
@safe struct AlignedWords: Sendable {
  // SAFETY: the words are changed through a reference that nothing else holds only.
  @safe private final class Storage: @unchecked Sendable {
    let words: UnsafeMutablePointer<UInt64>
    let count: Int

    init(count: Int) {
      let bytes = unsafe TableMemory.allocate(byteCount: count * MemoryLayout<UInt64>.stride)
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
