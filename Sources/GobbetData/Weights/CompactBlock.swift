internal import GobbetFile

/// The compact form of a block of elements: each of its planes compressed, or not if that is
/// shorter.
///
/// In files: the stored length of each plane, 32 bits, then the planes. A plane that is as long as
/// it is uncompressed is just so.
enum CompactBlock {
  /// Bytes of the lengths in front of the planes.
  private static func headerByteCount(_ planes: ExponentPlanes) -> Int { 4 * planes.widths.count }

  /// The stored form of whole elements.
  static func encoded(
    _ elements: Span<UInt8>, _ planes: ExponentPlanes, _ compressor: Compressor
  ) -> [UInt8] {
    let split = planes.split(elements)
    var lengths = ByteWriter()
    var body: [UInt8] = []
    body.reserveCapacity(elements.count)
    for range in planes.ranges(count: elements.count / planes.elementWidth) {
      let start = body.count
      compressor.compress(split.span.extracting(range), into: &body)
      if body.count - start >= range.count {
        body.removeSubrange(start...)
        body += split[range]
      }
      lengths.write(UInt32(body.count - start))
    }
    return lengths.bytes + body
  }

  /// The `byteCount` bytes of the elements of a stored block.
  ///
  /// - Throws: ``FormatError`` if the block is not of so many.
  static func decoded(
    _ stored: Span<UInt8>, byteCount: Int, _ planes: ExponentPlanes, _ decompressor: Decompressor
  ) throws(FormatError) -> [UInt8] {
    var lengths = ByteReader(stored)
    var start = headerByteCount(planes)
    var split: [UInt8] = []
    split.reserveCapacity(byteCount)
    for range in planes.ranges(count: byteCount / planes.elementWidth) {
      let length = Int(try lengths.read(UInt32.self, field))
      guard length <= stored.count - start, length <= range.count else {
        throw damaged("a plane of \(length) bytes")
      }
      let plane = stored.extracting(start..<(start + length))
      if length == range.count {
        for index in plane.indices { split.append(plane[index]) }
      } else {
        try decompressor.decompress(plane, byteCount: range.count, into: &split, field: field)
      }
      start += length
    }
    guard start == stored.count else { throw damaged("\(stored.count - start) bytes too many") }
    return planes.joined(split.span)
  }

  private static let field = "tensors.block"

  private static func damaged(_ reason: String) -> FormatError {
    FormatError(code: .damaged(reason), offset: 0, field: field)
  }
}

extension ExponentPlanes {
  /// The planes of whole elements, one after the other.
  fileprivate func split(_ elements: Span<UInt8>) -> [UInt8] {
    // SAFETY: `split` writes all bytes of a buffer as long as `elements`.
    unsafe [UInt8](unsafeUninitializedCapacity: elements.count) { buffer, count in
      let target = UnsafeMutableRawBufferPointer(buffer)
      unsafe elements.withUnsafeBytes { source in
        unsafe split(source, into: .init(rebasing: target[..<source.count]))
      }
      count = elements.count
    }
  }

  /// The elements of planes.
  fileprivate func joined(_ planes: Span<UInt8>) -> [UInt8] {
    // SAFETY: `join` writes all bytes of a buffer as long as `planes`.
    unsafe [UInt8](unsafeUninitializedCapacity: planes.count) { buffer, count in
      let target = UnsafeMutableRawBufferPointer(buffer)
      unsafe planes.withUnsafeBytes { source in
        unsafe join(source, into: .init(rebasing: target[..<source.count]))
      }
      count = planes.count
    }
  }
}
