package import GobbetBPE

/// Ids as little-endian numbers of equal width, one after the other without gaps, the lowest bit
/// first; a width of 8, 16 or 32 bits is a plain array.
package struct PackedCode: Hashable, Sendable {
  /// Bits of each id, 1 to 32.
  package let width: Int

  /// A code of `width` bits an id.
  package init(width: Int) { self.width = width }

  /// Bytes of `count` ids, the last one filled up with zero bits.
  package func byteCount(_ count: Int) -> Int { (count * width + 7) / 8 }

  /// Appends the bits of `ids` to `bytes`, from a new byte on.
  ///
  /// - Precondition: every id fits into `width` bits.
  package func encode(_ ids: Span<TokenID>, into bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + byteCount(ids.count))
    var bits: UInt64 = 0
    var bitCount = 0
    for index in ids.indices {
      bits |= UInt64(ids[index]) << UInt64(bitCount)
      bitCount += width
      while bitCount >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: bits))
        bits >>= 8
        bitCount -= 8
      }
    }
    if bitCount > 0 { bytes.append(UInt8(truncatingIfNeeded: bits)) }
  }

  /// Puts the ids from position `first` on into `ids`.
  ///
  /// - Precondition: `bytes` holds at least `first + ids.count` ids.
  package func decode(_ bytes: Span<UInt8>, from first: Int, into ids: inout MutableSpan<TokenID>) {
    switch width {
    case 16: plain(bytes, from: first, into: &ids) { (unit: UInt16) in TokenID(unit) }
    case 32: plain(bytes, from: first, into: &ids) { (unit: UInt32) in unit }
    default: packed(bytes, from: first, into: &ids)
    }
  }

  private func packed(
    _ bytes: Span<UInt8>, from first: Int, into ids: inout MutableSpan<TokenID>
  ) {
    let mask = UInt64(1) << UInt64(width) - 1
    for index in ids.indices {
      let bit = (first + index) * width
      var bits: UInt64 = 0
      // At most 7 bits of an earlier id and 32 of this one: five bytes.
      for step in 0..<min(5, bytes.count - bit / 8) {
        bits |= UInt64(bytes[bit / 8 + step]) << UInt64(8 * step)
      }
      ids[index] = TokenID(truncatingIfNeeded: bits >> UInt64(bit % 8) & mask)
    }
  }

  @inline(__always)
  private func plain<Unit: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>, from first: Int, into ids: inout MutableSpan<TokenID>,
    _ id: (Unit) -> TokenID
  ) {
    let size = MemoryLayout<Unit>.size
    precondition((first + ids.count) * size <= bytes.count, "decode: ids past the bytes")
    // SAFETY: the precondition keeps every load inside the span; all bits are an integer.
    let raw = unsafe bytes.bytes
    for index in ids.indices {
      let unit = unsafe raw.unsafeLoadUnaligned(
        fromUncheckedByteOffset: (first + index) * size, as: Unit.self)
      ids[index] = id(Unit(littleEndian: unit))
    }
  }
}
