internal import GobbetBPE
internal import Synchronization

extension TensorSource {
  /// Copies tensors into memory of the caller, on that many threads, 1 to 1,024; what lies between them
  /// is not written to.
  ///
  /// - Precondition: `memory` has the layout's `byteCount` bytes, and nobody else uses it meanwhile.
  /// - Throws: `WorkerCountError`; the error of the first tensor that has one: ``TensorError``, errors
  ///   of the source; or `CancellationError`.
  public func load(
    _ layout: TensorLayout, into memory: UnsafeMutableRawBufferPointer, threadCount: Int = 1
  ) async throws {
    precondition(memory.count >= layout.byteCount, "TensorSource: too little memory")
    let threadCount = try checkedWorkerCount(threadCount, least: 1)
    let pieces = try LoadingPiece.pieces(of: layout, in: self)
    let target = unsafe SharedMemory(base: memory)
    let queue = WorkQueue(count: pieces.count)
    let failures = await withTaskGroup(of: (Int, any Error)?.self) { group in
      for _ in 0..<min(threadCount, pieces.count) {
        group.addTask {
          // The scratch of one thread is used for all of its pieces.
          let scratch = ScratchMemory()
          while let index = queue.next() {
            do {
              try Task.checkCancellation()
              try unsafe load(pieces[index], scratch, into: target.base)
            } catch {
              queue.stop(behind: index)
              return (index, error)
            }
          }
          return nil
        }
      }
      var failures: [(Int, any Error)] = []
      for await failure in group { if let failure { failures.append(failure) } }
      return failures
    }
    if let first = failures.min(by: { $0.0 < $1.0 }) { throw first.1 }
  }

  /// Copies one piece to its place.
  private func load(
    _ piece: LoadingPiece, _ scratch: ScratchMemory, into memory: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: pieces lie in their layout, for which the memory has room.
    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[piece.place])
    try unsafe read(piece.tensor, elements: piece.elements, piece.conversion, scratch, into: target)
  }
}

/// Indices that several threads take in turn.
private final class WorkQueue: Sendable {
  private let taken = Atomic(0)
  private let end: Atomic<Int>

  init(count: Int) {
    end = Atomic(count)
  }

  /// The next index; nil if there is none, or none is wanted any more.
  func next() -> Int? {
    let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < end.load(ordering: .relaxed) ? index : nil
  }

  /// Hands out no more from `index` on.
  ///
  /// All before it were taken and will be done, so that the first
  /// error is always the same.
  func stop(behind index: Int) { end.min(index, ordering: .relaxed) }
}

/// Memory into which several threads write, each to places of its own.
@unsafe private struct SharedMemory: Sendable {
  // SAFETY: pieces do not overlap, and the caller keeps the memory for the whole call.
  nonisolated(unsafe) let base: UnsafeMutableRawBufferPointer
}

/// Elements of one tensor that are loaded at once.
private struct LoadingPiece: Sendable {
  let tensor: TensorDescription
  let elements: Range<Int>
  let conversion: ElementConversion
  /// Their bytes in the memory.
  let place: Range<Int>

  /// Whole blocks, and enough of them that starting a piece costs nothing.
  private static let blockCount = 8

  /// All pieces of a layout, in its order.
  static func pieces(of layout: TensorLayout, in source: some TensorSource) throws -> [Self] {
    var pieces: [Self] = []
    for (index, tensor) in layout.tensors.enumerated() {
      let type = layout.elementTypes[index]
      let conversion = try source.conversion(of: tensor, to: type)
      let count = tensor.elementCount
      let (from, isWide) = (tensor.elementType, tensor.elementType.bitWidth >= 8)
      let isCut = (isWide || from.isInBlocks) && source.readsParts(of: tensor)
      let pieceCount =
        isCut
        ? from.elementCount(inBytes: blockCount * TensorTable.blockByteCount(of: from))
        : max(1, count)
      for start in stride(from: 0, to: count, by: pieceCount) {
        let elements = start..<min(start + pieceCount, count)
        let bytes = layout.bytes(index)
        let first = bytes.lowerBound + type.byteCount(start)
        pieces.append(
          Self(
            tensor: tensor, elements: elements, conversion: conversion,
            place: first..<(first + type.byteCount(elements.count))))
      }
    }
    return pieces
  }
}
