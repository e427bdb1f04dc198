internal import CGobbetKernels
internal import GobbetBPE
internal import Synchronization

/// Which tokens don't count in a loss, for stretches of tokens that were asked for of late; shared by
/// threads.
///
/// A stretch has one slot, which it shares with others: the last that was asked for is kept. All slots
/// together take up to 32 MiB, and hold 268 million tokens.
final class LossMaskCache: Sendable {
  /// Tokens of a stretch; the first one begins with the file.
  static let stretchTokenCount = 1 << 13

  private static let slotCount = 1 << 15

  private struct Slot: Sendable {
    var file = -1
    var stretch = 0
    var bits: [UInt64] = []
  }

  private let slots: Mutex<[Slot]>

  /// An empty cache for files of `tokenCount` tokens in all.
  init(tokenCount: Int) {
    let stretchCount = tokenCount / Self.stretchTokenCount + 1
    slots = Mutex([Slot](repeating: Slot(), count: min(Self.slotCount, stretchCount)))
  }

  /// A bit for each token of a stretch, set if it doesn't count, the lowest of each word first; nothing if
  /// all count: what is kept, else what `find` gives.
  func bits(
    ofStretch stretch: Int, inFile file: Int, _ find: () throws -> [UInt64]
  ) rethrows -> [UInt64] {
    let kept: [UInt64]? = slots.withLock { slots in
      let slot = slots[(stretch + file) % slots.count]
      return slot.file == file && slot.stretch == stretch ? slot.bits : nil
    }
    if let kept { return kept }
    let bits = try find()
    slots.withLock { slots in
      slots[(stretch + file) % slots.count] = Slot(file: file, stretch: stretch, bits: bits)
    }
    return bits
  }

  /// Puts ``TokenBatch/ignoredTarget`` in the place of the targets that don't count, the first of which is
  /// token `first` of a stretch; false, and nothing is done, if that is not kept.
  ///
  /// The lock is held for the few instructions that it takes, fewer than counting a reference would.
  func ignoreUncounted(
    ofStretch stretch: Int, inFile file: Int, from first: Int,
    _ targets: inout MutableSpan<TokenID>
  ) -> Bool {
    slots.withLock { slots in
      let place = (stretch + file) % slots.count
      guard slots[place].file == file, slots[place].stretch == stretch else { return false }
      Self.ignore(slots[place].bits, from: first, &targets)
      return true
    }
  }

  /// The same with the bits of a stretch.
  static func ignore(
    _ bits: [UInt64], from first: Int, _ targets: inout MutableSpan<TokenID>
  ) {
    guard !bits.isEmpty else { return }
    precondition(first + targets.count <= 64 * bits.count, "LossMaskCache: too few bits")
    // SAFETY: the bits of all targets are in the words, as was just checked.
    unsafe targets.withUnsafeMutableBufferPointer { targets in
      guard let start = targets.baseAddress else { return }
      unsafe gobbet_ignore_targets(bits, first, start, targets.count)
    }
  }
}
