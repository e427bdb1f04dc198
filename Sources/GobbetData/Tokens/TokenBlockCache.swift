internal import GobbetBPE
internal import Synchronization

/// Decoded blocks that were used of late, within a budget of bytes; shared by threads and by the files
/// of a dataset.
final class TokenBlockCache: Sendable {
  /// A block of a file.
  struct Key: Hashable, Sendable {
    /// The number of the file in the dataset.
    let file: Int
    /// The number of the block in the file.
    let block: Int
  }

  private struct Entry {
    var ids: [TokenID]
    /// When it was used last, in uses of the cache.
    var use: Int
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var byteCount = 0
    var useCount = 0
  }

  private let budget: Int
  private let state = Mutex(State())

  /// A cache of at most `budget` bytes of ids.
  init(budget: Int) { self.budget = budget }

  /// The ids of a block: those that are kept, else those that `decode` gives.
  ///
  /// Two threads that miss the same block both decode it.
  func ids(ofBlock block: Key, _ decode: () throws -> [TokenID]) rethrows -> [TokenID] {
    if let ids = kept(block) { return ids }
    let ids = try decode()
    keep(ids, block)
    return ids
  }

  /// Whether a block is kept.
  func holds(_ block: Key) -> Bool { state.withLock { $0.entries[block] != nil } }

  private func kept(_ block: Key) -> [TokenID]? {
    state.withLock { state in
      state.useCount += 1
      state.entries[block]?.use = state.useCount
      return state.entries[block]?.ids
    }
  }

  /// - Complexity: O(blocks in the cache) for each that has to go, which is little beside decoding
  ///   the one that comes.
  private func keep(_ ids: [TokenID], _ block: Key) {
    let size = Self.byteCount(ids)
    guard size <= budget else { return }
    state.withLock { state in
      guard state.entries[block] == nil else { return }
      while state.byteCount + size > budget,
        let oldest = state.entries.min(by: { $0.value.use < $1.value.use })
      {
        state.entries[oldest.key] = nil
        state.byteCount -= Self.byteCount(oldest.value.ids)
      }
      state.entries[block] = Entry(ids: ids, use: state.useCount)
      state.byteCount += size
    }
  }

  private static func byteCount(_ ids: [TokenID]) -> Int {
    MemoryLayout<TokenID>.stride * ids.count
  }
}

/// Blocks whose checksums and ids were found right; shared by threads.
final class CheckedBlocks: Sendable {
  private struct State {
    var isChecked: [Bool]
    var uncheckedCount: Int
  }

  private let state: Mutex<State>
  private let areAllChecked = Atomic(false)

  /// None of `count` blocks, so far.
  init(count: Int) {
    state = Mutex(State(isChecked: Array(repeating: false, count: count), uncheckedCount: count))
  }

  /// Whether all blocks were found right.
  var areAll: Bool { areAllChecked.load(ordering: .acquiring) }

  /// Calls `check` for those of `blocks` that were not found right before.
  func check(_ blocks: ClosedRange<Int>, _ check: (Int) throws -> Void) rethrows {
    guard !areAll else { return }
    let unchecked = state.withLock { state in blocks.filter { !state.isChecked[$0] } }
    for block in unchecked {
      try check(block)
      let isLast = state.withLock { state in
        if !state.isChecked[block] { state.uncheckedCount -= 1 }
        state.isChecked[block] = true
        return state.uncheckedCount == 0
      }
      if isLast { areAllChecked.store(true, ordering: .releasing) }
    }
  }
}
