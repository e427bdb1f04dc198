public import GobbetData

extension GGUFReader {
  /// Copies one tensor's data, blocks as floats.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file was cut meanwhile;
  ///   `TensorError` if it is no tensor of this file.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of one tensor's data; only the blocks that hold it are read.
  ///
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "GGUFReader: not the bytes of the tensor")
    let index = try stored.index(of: tensor)
    let type = types[index]
    guard type.blockElementCount > 1 else {
      // SAFETY: the caller promises a valid buffer of the range's size.
      return try unsafe stored.read(tensor, bytes: range, into: destination)
    }
    let elementsByteCount = 4 * type.blockElementCount
    let end =
      range.upperBound / elementsByteCount
      + (range.upperBound.isMultiple(of: elementsByteCount) ? 0 : 1)
    let start = stored.entries[index].offset
    // A piece at a time, so that memory stays small for tensors of any size.
    var first = range.lowerBound / elementsByteCount
    while first < end {
      let last = min(first + 1 << 12, end)
      let bytes = try stored.file.bytes(
        in: (start + first * type.blockByteCount)..<(start + last * type.blockByteCount),
        tensor.name)
      let floats = GGUFBlocks.floats(bytes.span, type)
      let whole = (first * elementsByteCount)..<(last * elementsByteCount)
      unsafe Self.copy(floats, whole, into: destination, range)
      first = last
    }
  }

  /// Copies what of the floats, at `place` in the tensor, lies in `range`.
  private static func copy(
    _ floats: [Float], _ place: Range<Int>, into destination: UnsafeMutableRawBufferPointer,
    _ range: Range<Int>
  ) {
    let bytes = floats.map(\.bitPattern.littleEndian)
    let wanted = place.clamped(to: range)
    let from = (wanted.lowerBound - place.lowerBound)..<(wanted.upperBound - place.lowerBound)
    let to = (wanted.lowerBound - range.lowerBound)..<(wanted.upperBound - range.lowerBound)
    // SAFETY: `wanted` lies in both, and both hold the bytes of their range.
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe UnsafeMutableRawBufferPointer(rebasing: destination[to])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[from]))
    }
  }

  /// True.
  public func readsParts(of tensor: TensorDescription) -> Bool { true }

  /// Calls `body` with one tensor's data where it is mapped; nil for tensors in blocks.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    guard types[try stored.index(of: tensor)].blockElementCount == 1 else { return nil }
    return try unsafe stored.withBytesInPlace(of: tensor, body)
  }
}
