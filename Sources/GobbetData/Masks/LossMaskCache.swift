internal import CGobbetKernels
internal import GobbetBPE
internal import Synchronization

/// Which tokens don't count in a loss, for stretches of tokens that were asked for of late; shared by
/// threads.
///
/// A stretch has one slot, which it shares with others: the last that was asked for is kept. All slots
/// together take up to 32 MiB, and hold 268 million tokens.
@safe final class LossMaskCache: Sendable {
  /// Tokens of a stretch; the first one begins with the file.
  static let stretchTokenCount = 1 << 13

  private static let slotCount = 1 << 15
  private static let wordCount = stretchTokenCount / 64

  /// What a slot holds.
  private struct Slot: Sendable {
    var file = -1
    var stretch = 0
    var isAllCounted = true
  }

  private let slots: Mutex<[Slot]>
  private let slotCount: Int
  // SAFETY: `wordCount` words a slot, allocated in `init` and freed in `deinit`; read and written under
  // the lock only, and read only where a slot says that it holds something.
  private nonisolated(unsafe) let words: UnsafeMutablePointer<UInt64>

  /// An empty cache for files of `tokenCount` tokens in all.
  init(tokenCount: Int) {
    slotCount = min(Self.slotCount, tokenCount / Self.stretchTokenCount + 1)
    slots = Mutex([Slot](repeating: Slot(), count: slotCount))
    unsafe words = .allocate(capacity: slotCount * Self.wordCount)
  }

  deinit { unsafe words.deallocate() }

  /// A bit for each token of a stretch, set if it doesn't count, the lowest of each word first; nothing if
  /// all count: what is kept, else what `find` gives.
  func bits(
    ofStretch stretch: Int, inFile file: Int, _ find: () throws -> [UInt64]
  ) rethrows -> [UInt64] {
    let number = (stretch + file) % slotCount
    let kept: [UInt64]? = slots.withLock { slots in
      guard slots[number].file == file, slots[number].stretch == stretch else { return nil }
      return unsafe slots[number].isAllCounted ? [] : Array(words(ofSlot: number))
    }
    if let kept { return kept }
    let bits = try find()
    precondition(bits.count <= Self.wordCount, "LossMaskCache: too many bits")
    slots.withLock { slots in
      if !bits.isEmpty {
        // SAFETY: there are as many words in a slot at least.
        unsafe words(ofSlot: number).initialize(repeating: 0)
        for index in bits.indices { unsafe words(ofSlot: number)[index] = bits[index] }
      }
      slots[number] = Slot(file: file, stretch: stretch, isAllCounted: bits.isEmpty)
    }
    return bits
  }

  /// - Precondition: there is such a slot.
  private func words(ofSlot number: Int) -> UnsafeMutableBufferPointer<UInt64> {
    unsafe UnsafeMutableBufferPointer(start: words + number * Self.wordCount, count: Self.wordCount)
  }

  /// Has the processor fetch the bits of tokens of the only file while it goes on, as far as they lie
  /// where those of the first do.
  func prefetch(_ tokens: Range<Int>) {
    let (stretch, first) = tokens.lowerBound.quotientAndRemainder(
      dividingBy: Self.stretchTokenCount)
    let word = first / 64
    let count = min((first + tokens.count + 63) / 64, Self.wordCount) - word
    // SAFETY: the words lie in a slot, and nothing is read.
    unsafe gobbet_prefetch_bytes(
      words + stretch % slotCount * Self.wordCount + word, count * MemoryLayout<UInt64>.size)
  }

  /// Puts ``TokenBatch/ignoredTarget`` in the place of the targets that don't count, the first of which is
  /// token `first` of a stretch; false, and nothing is done, if that is not kept.
  ///
  /// The lock is held for the few instructions that it takes, fewer than counting a reference would.
  func ignoreUncounted(
    ofStretch stretch: Int, inFile file: Int, from first: Int,
    _ targets: inout MutableSpan<TokenID>
  ) -> Bool {
    let number = (stretch + file) % slotCount
    return slots.withLock { slots in
      guard slots[number].file == file, slots[number].stretch == stretch else { return false }
      if slots[number].isAllCounted { return true }
      // SAFETY: nothing is written to the slot while the lock is held here.
      let bits = unsafe Span(_unsafeElements: words(ofSlot: number))
      Self.ignore(bits, from: first, &targets)
      return true
    }
  }

  /// The same with the bits of a stretch.
  static func ignore(
    _ bits: Span<UInt64>, from first: Int, _ targets: inout MutableSpan<TokenID>
  ) {
    guard !bits.isEmpty else { return }
    precondition(first + targets.count <= 64 * bits.count, "LossMaskCache: too few bits")
    // SAFETY: the bits of all targets are in the words, as was just checked.
    unsafe bits.withUnsafeBufferPointer { bits in
      unsafe targets.withUnsafeMutableBufferPointer { targets in
        guard let words = bits.baseAddress, let start = targets.baseAddress else { return }
        unsafe gobbet_ignore_targets(words, first, start, targets.count)
      }
    }
  }
}
