/// A part of a tensor: a range of each of its first axes, all of the others.
public struct TensorSlice: Hashable, Sendable {
  /// The tensor.
  public let tensor: TensorDescription
  /// Ranges of the first axes, the outermost first.
  public let ranges: [Range<Int>]
  /// Lengths of the slice's axes, as many as the tensor has.
  public let shape: [Int]
  /// Bytes of the slice's data, row-major and packed.
  public let byteCount: Int
  /// Bytes that lie side by side in the tensor.
  private let runByteCount: Int

  /// A slice of `tensor`.
  ///
  /// - Throws: ``TensorError`` (`invalidSlice`) for more ranges than axes, a range outside its axis, or
  ///   one that cuts a byte of two elements, or a block.
  public init(_ tensor: TensorDescription, _ ranges: [Range<Int>]) throws(TensorError) {
    guard ranges.count <= tensor.shape.count,
      zip(ranges, tensor.shape).allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= $1 })
    else { throw TensorError(.invalidSlice, tensor: tensor.name) }
    self.tensor = tensor
    self.ranges = ranges
    shape = ranges.map(\.count) + tensor.shape.dropFirst(ranges.count)
    // A range of all of its axis joins what lies inside it.
    let partial = zip(ranges, tensor.shape).map { $0.count < $1 }.lastIndex(of: true)
    let runElementCount = shape[(partial ?? 0)...].reduce(1, *)
    let elementCount = shape.reduce(1, *)
    let type = tensor.elementType
    // Elements that fill whole bytes: two of 4 bits, four of 6, a block.
    let group = type.leastElementCount
    if group > 1, elementCount > 0, runElementCount < tensor.elementCount {
      let innerCount = tensor.shape[((partial ?? 0) + 1)...].reduce(1, *)
      // With several runs each must begin at a byte; the end of the only one may be the tensor's.
      let starts =
        [ranges[partial ?? 0].lowerBound * innerCount]
        + (elementCount > runElementCount ? [tensor.shape[partial ?? 0] * innerCount] : [])
      guard starts.allSatisfy({ $0.isMultiple(of: group) }),
        runElementCount.isMultiple(of: group)
          || (elementCount == runElementCount && !type.isInBlocks)
      else { throw TensorError(.invalidSlice, tensor: tensor.name) }
    }
    runByteCount = elementCount == 0 ? 0 : type.byteCount(runElementCount)
    byteCount = runElementCount == 0 ? 0 : elementCount / runElementCount * runByteCount
  }

  /// Calls `body` with the bytes in the tensor of each run, in order.
  func forEachRun(_ body: (Range<Int>) throws -> Void) rethrows {
    guard byteCount > 0 else { return }
    let partial = zip(ranges, tensor.shape).map { $0.count < $1 }.lastIndex(of: true) ?? 0
    let outer = ranges.prefix(partial)
    var strides = [Int](repeating: 1, count: tensor.shape.count + 1)
    for axis in tensor.shape.indices.reversed() {
      strides[axis] = strides[axis + 1] * tensor.shape[axis]
    }
    var index = outer.map(\.lowerBound)
    let first = ranges.count > partial ? ranges[partial].lowerBound * strides[partial + 1] : 0
    while true {
      let element = zip(index, strides.dropFirst()).reduce(first) { $0 + $1.0 * $1.1 }
      let start = tensor.elementType.byteCount(element)
      try body(start..<(start + runByteCount))
      // The next index, the innermost axis first.
      var axis = index.count - 1
      while axis >= 0, index[axis] + 1 == outer[axis].upperBound {
        index[axis] = outer[axis].lowerBound
        axis -= 1
      }
      guard axis >= 0 else { return }
      index[axis] += 1
    }
  }
}
