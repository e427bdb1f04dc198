internal import GobbetFile
internal import GobbetSystem

/// The compact form of a block of elements: each of its planes compressed, or not if that is
/// shorter.
///
/// In files: the stored length of each plane, 32 bits, then the planes. A plane that is as long as
/// it is uncompressed is just so.
enum CompactBlock {
  /// Bytes of the lengths in front of the planes.
  private static func headerByteCount(_ planes: ElementPlanes) -> Int { 4 * planes.widths.count }

  /// The stored form of whole elements.
  static func encoded(
    _ elements: Span<UInt8>, _ planes: ElementPlanes, _ compressor: Compressor
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

  /// Writes the elements of a stored block.
  ///
  /// Compressed planes are decoded into `scratch`, which is only kept to be used again. With
  /// `isPastCaches` the elements are written past the caches.
  /// - Throws: `FormatError` if the block is not of as many bytes as `elements` has room for.
  static func decode(
    _ stored: UnsafeRawBufferPointer, _ planes: ElementPlanes, _ decompressor: Decompressor,
    _ scratch: ScratchMemory, into elements: UnsafeMutableRawBufferPointer, isPastCaches: Bool
  ) throws(FormatError) {
    guard stored.count >= headerByteCount(planes),
      elements.count.isMultiple(of: planes.elementWidth)
    else { throw damaged("a block of \(stored.count.counted("byte"))") }
    try unsafe join(
      stored, planes, decompressor, scratch.bytes(elements.count), into: elements,
      isPastCaches: isPastCaches)
  }

  private static func join(
    _ stored: UnsafeRawBufferPointer, _ planes: ElementPlanes, _ decompressor: Decompressor,
    _ scratch: UnsafeMutableRawBufferPointer, into elements: UnsafeMutableRawBufferPointer,
    isPastCaches: Bool
  ) throws(FormatError) {
    var start = headerByteCount(planes)
    var bases: [UnsafeRawPointer?] = unsafe []
    for (number, range) in planes.ranges(count: elements.count / planes.elementWidth).enumerated() {
      // SAFETY: the lengths of all planes are in front, which `decode` checked.
      let raw = unsafe stored.loadUnaligned(fromByteOffset: 4 * number, as: UInt32.self)
      let length = Int(UInt32(littleEndian: raw))
      guard length <= stored.count - start, length <= range.count else {
        throw damaged("a plane of \(length.counted("byte"))")
      }
      let plane = unsafe UnsafeRawBufferPointer(rebasing: stored[start..<(start + length)])
      let target = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[range])
      if length < range.count {
        try unsafe decompressor.decompress(
          plane, nextCount: stored.count - start - length, into: target, field: field)
      }
      let decoded = unsafe length < range.count ? UnsafeRawBufferPointer(target) : plane
      guard let base = decoded.baseAddress else { return }
      unsafe bases.append(base)
      start += length
    }
    guard start == stored.count else {
      throw damaged("\((stored.count - start).counted("byte")) too many")
    }
    unsafe planes.join(bases, into: elements, isPastCaches: isPastCaches)
  }

  private static let field = "tensors.block"

  private static func damaged(_ reason: String) -> FormatError {
    FormatError(code: .damaged(reason), offset: 0, field: field)
  }
}

extension ElementPlanes {
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
}
