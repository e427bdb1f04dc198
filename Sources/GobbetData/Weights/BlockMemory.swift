internal import GobbetFile
internal import Synchronization

/// What reading the blocks of tensors works in: a decompressor, and memory that is kept to be used again.
final class BlockMemory: @unchecked Sendable {
  // SAFETY: one caller at a time has it, who holds the lock of its slot or has made it.
  let stored = ScratchMemory()
  let whole = ScratchMemory()
  let planes = ScratchMemory()
  let baseElements = ScratchMemory()
  let differences = ScratchMemory()
  let decompressor: Decompressor

  /// Creates memory without bytes; the decompressor checks zstd's checksums of what it decodes if
  /// `checksContent` says so.
  init(checksContent: Bool = false) { decompressor = Decompressor(checksContent: checksContent) }
}

/// Memory for whoever reads blocks: the system takes as long to clear new memory for a small tensor as
/// decoding it takes.
final class BlockMemoryPool: Sendable {
  private final class Slot: Sendable {
    let memory = Mutex<BlockMemory?>(nil)
  }

  private let slots = (0..<4).map { _ in Slot() }
  private let checksContent: Bool

  /// Creates a pool whose decompressors check zstd's checksums if `checksContent` says so.
  init(checksContent: Bool) { self.checksContent = checksContent }

  /// Copies a part of a tensor's data, in memory that is free, or new.
  ///
  /// - Precondition: as ``TensorBlockReader/read(_:bytes:into:)``.
  /// - Throws: as that.
  func read(
    _ place: TensorDirectory.Place, bytes range: Range<Int>,
    of reader: WeightsReader, into target: UnsafeMutableRawBufferPointer
  ) throws {
    for slot in slots {
      // SAFETY: the caller's buffer, which is written to in this call only.
      nonisolated(unsafe) let target = unsafe target
      let isDone: Void? = try slot.memory.withLockIfAvailable { kept in
        let memory = kept ?? BlockMemory(checksContent: checksContent)
        kept = memory
        let blocks = TensorBlockReader(reader, memory)
        try unsafe blocks.read(place, bytes: range, into: target)
      }
      if isDone != nil { return }
    }
    let blocks = TensorBlockReader(reader, BlockMemory(checksContent: checksContent))
    try unsafe blocks.read(place, bytes: range, into: target)
  }
}
