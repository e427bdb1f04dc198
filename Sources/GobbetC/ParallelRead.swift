internal import GobbetData
internal import Synchronization

/// Reading or checking a part of a tensor by several threads, each a run of it.
struct ParallelRead: @unchecked Sendable {
  /// What a thread reads at the least, so that starting it pays.
  private static let leastByteCount = 4 << 20

  /// What is decoded at once; a thread gets whole ones.
  private static let blockByteCount = 512 << 10

  /// What becomes of the bytes.
  enum Work {
    // SAFETY: as long as the range, the caller's until the call returns; each thread writes its own
    // part.
    case copying(WeightsReader, UnsafeMutableRawBufferPointer)
    case checking(TensorBlockChecks)
  }

  let tensor: TensorDescription
  let range: Range<Int>
  let work: Work

  /// Reads or checks all of the range.
  ///
  /// - Throws: the first error in the order of the bytes.
  func run(threadCount: Int) throws {
    let parts = max(1, min(threadCount, range.count / Self.leastByteCount))
    let blockCount = (range.count / parts + Self.blockByteCount - 1) / Self.blockByteCount
    let size = blockCount * Self.blockByteCount
    let errors = Mutex<[Int: any Error]>([:])
    onThreads(parts) { part in
      let start = min(range.count, part * size)
      let end = part == parts - 1 ? range.count : min(range.count, start + size)
      guard start < end else { return }
      do {
        let bytes = (range.lowerBound + start)..<(range.lowerBound + end)
        switch work {
        case .copying(let reader, let destination):
          try reader.read(
            tensor, bytes: bytes,
            into: UnsafeMutableRawBufferPointer(rebasing: destination[start..<end]))
        case .checking(let checks): try checks.check(tensor, bytes: bytes)
        }
      } catch {
        errors.withLock { $0[part] = error }
      }
    }
    if let first = errors.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
  }
}
