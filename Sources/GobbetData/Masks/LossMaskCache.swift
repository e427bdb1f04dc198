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
  /// Bounds that a slot keeps at most.
  private static let boundLimit = 512

  private struct Slot: Sendable {
    var file = -1
    var stretch = 0
    var bounds: [UInt16] = []
  }

  private let slots: Mutex<[Slot]>

  /// An empty cache for files of `tokenCount` tokens in all.
  init(tokenCount: Int) {
    let stretchCount = tokenCount / Self.stretchTokenCount + 1
    slots = Mutex([Slot](repeating: Slot(), count: min(Self.slotCount, stretchCount)))
  }

  /// Where the tokens of a stretch that don't count begin and end in turn, from its first token on: the
  /// bounds that are kept, else those that `find` gives.
  func bounds(
    ofStretch stretch: Int, inFile file: Int, _ find: () throws -> [UInt16]
  ) rethrows -> [UInt16] {
    let kept: [UInt16]? = slots.withLock { slots in
      let slot = slots[(stretch + file) % slots.count]
      return slot.file == file && slot.stretch == stretch ? slot.bounds : nil
    }
    if let kept { return kept }
    let bounds = try find()
    if bounds.count <= Self.boundLimit {
      slots.withLock { slots in
        slots[(stretch + file) % slots.count] = Slot(file: file, stretch: stretch, bounds: bounds)
      }
    }
    return bounds
  }
}
