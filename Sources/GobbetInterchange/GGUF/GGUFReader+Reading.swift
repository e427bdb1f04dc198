public import GobbetData

extension GGUFReader {
  /// Copies a part of one tensor's data, little-endian, blocks as they are; nothing else is read.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file was cut meanwhile,
  ///   (`unsupported`) for a type that is not read; `TensorError` if it isn't a tensor of this file.
  package func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let (part, entry, layout) = try readable(tensor)
    guard part.isBigEndian else {
      // SAFETY: the caller promises a valid buffer of the range's size.
      return try unsafe part.file.read(
        at: entry.offset + range.lowerBound, into: destination, tensor.name)
    }
    // A piece of whole blocks at a time, so that memory stays small for tensors of any size.
    let byteCount = layout.byteCount
    let end = (range.upperBound + byteCount - 1) / byteCount
    let pieceCount = max(1, Self.pieceByteCount / byteCount)
    var first = range.lowerBound / byteCount
    while first < end {
      let place = (first * byteCount)..<(min(first + pieceCount, end) * byteCount)
      var bytes = try part.file.bytes(
        in: (entry.offset + place.lowerBound)..<(entry.offset + place.upperBound), tensor.name)
      layout.swapBytes(&bytes)
      unsafe bytes.withUnsafeBytes { unsafe Self.copy($0, place, into: destination, range) }
      first += pieceCount
    }
  }

  private static let pieceByteCount = 256 << 10

  /// A tensor's place and the layout of its blocks.
  private func readable(
    _ tensor: TensorDescription
  ) throws -> (Part, GGUFHeader.Entry, GGUFBlockLayout) {
    let (part, entry) = try find(tensor)
    guard part.reads(entry), let layout = entry.type.layout else {
      let order = part.isBigEndian ? " in a big-endian file" : ""
      throw InterchangeError(
        .unsupported("elements of type \(entry.type.name)\(order)"), path: part.file.path,
        offset: entry.offset, field: tensor.name)
    }
    return (part, entry, layout)
  }

  /// Copies what of the elements, at `place` in the tensor, lies in `range`.
  private static func copy(
    _ elements: UnsafeRawBufferPointer, _ place: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer, _ range: Range<Int>
  ) {
    let wanted = place.clamped(to: range)
    let from = (wanted.lowerBound - place.lowerBound)..<(wanted.upperBound - place.lowerBound)
    let to = (wanted.lowerBound - range.lowerBound)..<(wanted.upperBound - range.lowerBound)
    // SAFETY: `wanted` lies in both, and both hold at least the bytes of their range.
    unsafe UnsafeMutableRawBufferPointer(rebasing: destination[to])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: elements[from]))
  }

  /// Calls `body` with one tensor's data where it is mapped; nil in big-endian files.
  ///
  /// - Throws: as `read(_:into:)`, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    let (part, entry, _) = try readable(tensor)
    guard !part.isBigEndian else { return nil }
    return try unsafe part.file.withBytesInPlace(
      in: entry.offset..<(entry.offset + tensor.byteCount), tensor.name, body)
  }
}
