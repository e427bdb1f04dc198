extension TensorSource {
  /// The slice of the tensor of that name: a range of each of its first axes.
  ///
  /// - Throws: ``TensorError`` (`missing`, `invalidSlice`).
  public func slice(named name: String, _ ranges: Range<Int>...) throws(TensorError) -> TensorSlice
  {
    guard let tensor = tensor(named: name) else { throw TensorError(.missing, tensor: name) }
    return try TensorSlice(tensor, ranges)
  }

  /// Copies a slice's data, row-major; from sources that read parts, nothing else is read but what
  /// lies in between in the same blocks.
  ///
  /// - Precondition: `destination` has exactly the slice's `byteCount` bytes.
  /// - Throws: an error of the source.
  public func read(
    _ slice: TensorSlice, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(destination.count == slice.byteCount, "TensorSource: a wrong buffer size")
    guard readsParts(of: slice.tensor) else {
      return try unsafe copy(slice, into: destination)
    }
    var pending = RunGroup()
    var written = 0
    let scratch = ScratchMemory()
    /// Reads the runs at hand as one piece.
    func flush() throws {
      guard let span = pending.span else { return }
      let count = pending.byteCount
      // SAFETY: all runs together have the bytes of the slice.
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: destination[written..<(written + count)])
      written += count
      if span.count == count {
        try unsafe read(slice.tensor, bytes: span, into: target)
      } else {
        let piece = unsafe scratch.bytes(span.count)
        try unsafe read(slice.tensor, bytes: span, into: piece)
        var start = 0
        for run in pending.runs {
          let from = (run.lowerBound - span.lowerBound)..<(run.upperBound - span.lowerBound)
          // SAFETY: runs lie in their span, and `target` has as many bytes as they all.
          unsafe UnsafeMutableRawBufferPointer(rebasing: target[start..<(start + run.count)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece[from]))
          start += run.count
        }
      }
      pending = RunGroup()
    }
    try slice.forEachRun { run in
      if !pending.append(run) {
        try flush()
        _ = pending.append(run)
      }
    }
    try flush()
  }

  /// A slice's data, row-major and little-endian.
  ///
  /// - Throws: as `read(_:into:)`.
  public func bytes(of slice: TensorSlice) throws -> [UInt8] {
    // SAFETY: `read` fills the whole buffer or throws, and a throw discards it.
    try unsafe [UInt8](unsafeUninitializedCapacity: slice.byteCount) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      try unsafe read(slice, into: .init(rebasing: raw[..<slice.byteCount]))
      count = slice.byteCount
    }
  }

  /// Copies a slice out of the whole tensor.
  private func copy(
    _ slice: TensorSlice, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    var written = 0
    try unsafe withBytes(of: slice.tensor) { bytes in
      slice.forEachRun { run in
        // SAFETY: runs lie in the tensor, and all together have the bytes of the slice.
        unsafe UnsafeMutableRawBufferPointer(
          rebasing: destination[written..<(written + run.count)]
        ).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[run]))
        written += run.count
      }
    }
  }
}

/// Runs that are so near each other that they are read as one.
private struct RunGroup {
  private(set) var runs: [Range<Int>] = []
  /// Bytes of the runs.
  private(set) var byteCount = 0

  /// Less than a block, so that no block lies in a gap alone.
  private static let largestGap = 64 << 10
  private static let largestSpan = 4 << 20

  /// From the first run to the last.
  var span: Range<Int>? {
    guard let first = runs.first, let last = runs.last else { return nil }
    return first.lowerBound..<last.upperBound
  }

  /// Adds a run after the others; false if it is to begin another group.
  mutating func append(_ run: Range<Int>) -> Bool {
    if let span {
      guard run.lowerBound - span.upperBound < Self.largestGap,
        run.upperBound - span.lowerBound <= Self.largestSpan
      else { return false }
    }
    runs.append(run)
    byteCount += run.count
    return true
  }
}
