internal import GobbetData
internal import Synchronization

/// The parts of matrices that are yet to be read and packed.
///
/// Parts are read one by one into memory that is used again, so that no matrix is ever there twice.
struct PackingList {
  /// Some rows of a tensor, and the matrix that they are of.
  private struct Part: Sendable {
    let tensor: TensorDescription
    let rows: Range<Int>
    let matrix: PackedMatrix
    let order: PackedMatrix.Order
  }

  private var parts: [Part] = []
  private let partByteCount: Int

  /// Few enough bytes to stay in the cache from being read to being packed.
  static let partByteCount = 3 << 19
  /// Where parts begin and end, if that is possible: with the blocks of Gobbet's files, which are
  /// read as a whole.
  private static let alignment = 1 << 19

  /// An empty list, which reads about that many bytes at a time.
  init(partByteCount: Int) { self.partByteCount = partByteCount }

  /// Adds all of a matrix.
  mutating func append(
    _ tensor: TensorDescription, _ order: PackedMatrix.Order, _ matrix: PackedMatrix,
    from source: any TensorSource
  ) {
    let rowCount = tensor.shape[0]
    let step = source.readsParts(of: tensor) ? rowsAtOnce(tensor) : rowCount
    for first in stride(from: 0, to: rowCount, by: step) {
      parts.append(
        Part(
          tensor: tensor, rows: first..<min(first + step, rowCount), matrix: matrix, order: order))
    }
  }

  /// Rows of a part: whole panels and blocks.
  private func rowsAtOnce(_ tensor: TensorDescription) -> Int {
    let rowByteCount = max(tensor.byteCount / max(tensor.shape[0], 1), 1)
    // A power of two of rows is as many whole blocks as their odd part; few rows more often are none.
    let aligned = max(32, Self.alignment >> min(rowByteCount.trailingZeroBitCount, 14))
    if aligned * rowByteCount <= 4 * partByteCount {
      return max(1, partByteCount / (aligned * rowByteCount)) * aligned
    }
    return max(32, partByteCount / rowByteCount / 32 * 32)
  }

  /// Reads and packs everything, on the threads of a pool.
  ///
  /// - Throws: the error of the first part that has one: ``GPTError`` (`notFinite`) or an error of the
  ///   source.
  func pack(from source: any TensorSource, _ threads: ThreadPool) throws {
    let first = Mutex<(part: Int, error: any Error)?>(nil)
    let buffers = Mutex<[PackingBuffer]>([])
    threads.run(taskCount: parts.count) { [parts] index in
      // Every part is tried, so that the error is the same on any number of threads; but none that
      // comes after an error.
      if first.withLock({ $0.map { $0.part < index } ?? false }) { return }
      var buffer = buffers.withLock { $0.popLast() } ?? PackingBuffer()
      do {
        try buffer.pack(parts[index], from: source)
      } catch {
        first.withLock { if index < $0?.part ?? .max { $0 = (index, error) } }
      }
      buffers.withLock { [buffer] in $0.append(buffer) }
    }
    if let error = first.withLock({ $0?.error }) { throw error }
  }

  /// What one thread reads into and packs with.
  private struct PackingBuffer: Sendable {
    private var weights: [Float] = []
    private var blocks: [UInt8] = []
    private var scratch: [Float] = []

    mutating func pack(_ part: Part, from source: any TensorSource) throws {
      let isFinite =
        if let rowByteCount = part.matrix.blockRowByteCount(of: part.tensor, part.order) {
          try packBlocks(part, rowByteCount, from: source)
        } else {
          try packFloats(part, from: source)
        }
      guard isFinite else { throw GPTError(.notFinite(part.tensor.name)) }
    }

    private mutating func packBlocks(
      _ part: Part, _ rowByteCount: Int, from source: any TensorSource
    ) throws -> Bool {
      let range = (part.rows.lowerBound * rowByteCount)..<(part.rows.upperBound * rowByteCount)
      if blocks.count < range.count { blocks = [UInt8](repeating: 0, count: range.count) }
      try unsafe blocks.withUnsafeMutableBytes { bytes in
        // SAFETY: the array has as many bytes as the range at least.
        try unsafe source.read(
          part.tensor, bytes: range,
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count]))
      }
      return part.matrix.pack(blocks: blocks, outputs: part.rows)
    }

    private mutating func packFloats(
      _ part: Part, from source: any TensorSource
    ) throws -> Bool {
      let slice = try TensorSlice(part.tensor, [part.rows])
      let width = part.tensor.elementCount / max(part.tensor.shape[0], 1)
      let count = part.rows.count * width
      if weights.count < count { weights = [Float](repeating: 0, count: count) }
      try unsafe weights.withUnsafeMutableBytes { bytes in
        // SAFETY: the array has `count` floats at least.
        try unsafe source.read(
          slice, as: .float32, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<(count * 4)]))
      }
      let all = 0..<width
      return part.matrix.pack(
        weights, part.order, inputs: part.order == .byInput ? part.rows : all,
        outputs: part.order == .byInput ? all : part.rows, scratch: &scratch)
    }
  }
}
