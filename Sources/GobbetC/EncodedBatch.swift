internal import Gobbet
internal import GobbetBPE
internal import Synchronization

/// The ids of many texts, encoded by several threads.
struct EncodedBatch {
  /// Some of the texts; their ids are in the encoder's own room, which is used again afterwards.
  private final class Part: @unchecked Sendable {
    // SAFETY: one thread fills it, which has ended when others read it.
    private let handle: VocabularyHandle
    private let box: EncoderBox
    /// Where the ids of each text end, counted from the part's first.
    private(set) var ends: [Int] = []

    init(
      _ texts: Pieces<UInt8>, _ range: Range<Int>, _ handle: VocabularyHandle,
      _ wish: SpecialTokenWish
    ) throws(SpecialTokenError) {
      self.handle = handle
      box = handle.takeEncoder()
      box.ids.removeAll(keepingCapacity: true)
      ends.reserveCapacity(range.count)
      for index in range {
        try texts.withPiece(index) { text throws(SpecialTokenError) in
          try box.append(text, wish)
        }
        ends.append(box.ids.count)
      }
    }

    deinit { handle.giveBack(box) }

    var ids: [TokenID] { box.ids }
  }

  private let parts: [Part]

  /// Encodes `texts`; what comes out does not depend on the number of threads.
  ///
  /// - Throws: the first ``SpecialTokenError`` in the order of the texts.
  init(
    _ texts: Pieces<UInt8>, _ handle: VocabularyHandle, _ wish: SpecialTokenWish,
    threadCount: Int
  ) throws {
    let ranges = texts.parts(count: threadCount)
    let results = Mutex<[Int: Result<Part, any Error>]>([:])
    onThreads(ranges.count) { index in
      let result = Result { try Part(texts, ranges[index], handle, wish) }
      results.withLock { $0[index] = result }
    }
    let encoded = results.withLock { $0 }
    parts = try ranges.indices.compactMap { try encoded[$0]?.get() }
  }

  /// Ids of all texts.
  var idCount: Int { parts.reduce(0) { $0 + $1.ids.count } }

  /// Calls `body` with where the ids of each text end.
  func forEachEnd(_ body: (Int) -> Void) {
    var start = 0
    for part in parts {
      for end in part.ends { body(start + end) }
      start += part.ids.count
    }
  }

  /// Copies all ids, one text after the other.
  ///
  /// - Precondition: `room` has `idCount` elements or more.
  func copyIDs(to room: UnsafeMutableBufferPointer<TokenID>) {
    var start = 0
    for part in parts {
      part.ids.withUnsafeBufferPointer { ids in
        if let source = ids.baseAddress, let target = room.baseAddress {
          (target + start).update(from: source, count: ids.count)
        }
      }
      start += part.ids.count
    }
  }

  /// Calls `body` with the ids of each text in turn.
  func forEachText(_ body: (Span<TokenID>) throws -> Void) throws {
    for part in parts {
      var start = 0
      for end in part.ends {
        try body(part.ids.span.extracting(start..<end))
        start = end
      }
    }
  }
}
