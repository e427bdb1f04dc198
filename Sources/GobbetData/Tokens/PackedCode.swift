internal import CGobbetKernels
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

  /// The bits of `ids`.
  ///
  /// - Precondition: every id fits into `width` bits.
  package func encoded(_ ids: Span<TokenID>) -> [UInt8] {
    let total = byteCount(ids.count)
    // SAFETY: `width` bits an id are `total` bytes, and the last one is written after the loop.
    return unsafe [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
      var bits: UInt64 = 0
      var bitCount = 0
      func write() {
        unsafe buffer.initializeElement(at: count, to: UInt8(truncatingIfNeeded: bits))
        count += 1
      }
      for index in ids.indices {
        bits |= UInt64(ids[index]) << UInt64(bitCount)
        bitCount += width
        while bitCount >= 8 {
          write()
          bits >>= 8
          bitCount -= 8
        }
      }
      if bitCount > 0 { write() }
    }
  }

  /// Puts the ids from position `first` on into `ids`.
  ///
  /// - Precondition: `bytes` holds at least `first + ids.count` ids.
  package func decode(
    _ bytes: Span<UInt8>, from first: Int, into ids: inout MutableSpan<TokenID>
  ) {
    precondition(byteCount(first + ids.count) <= bytes.count, "decode: ids past the bytes")
    // SAFETY: all ids are inside the bytes, as was just checked; every bit pattern is an integer. The
    // copy and the loop without checks are what a window of a mapped file costs.
    switch width {
    case 16:
      unsafe bytes.withUnsafeBytes { source in
        unsafe ids.withUnsafeMutableBufferPointer { target in
          for index in 0..<target.count {
            let unit = unsafe source.loadUnaligned(
              fromByteOffset: 2 &* (first &+ index), as: UInt16.self)
            unsafe target[index] = TokenID(UInt16(littleEndian: unit))
          }
        }
      }
    case 32:
      unsafe bytes.withUnsafeBytes { source in
        unsafe ids.withUnsafeMutableBufferPointer { target in
          let part = unsafe source[(4 * first)..<(4 * (first + target.count))]
          unsafe UnsafeMutableRawBufferPointer(target).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: part))
          #if _endian(big)
            for index in unsafe target.indices { unsafe target[index] = target[index].littleEndian }
          #endif
        }
      }
    default: bits(bytes, from: first, into: &ids)
    }
  }

  /// Has the processor fetch where ids lie while it goes on.
  func prefetch(_ range: Range<Int>, in bytes: Span<UInt8>) {
    let start = range.lowerBound * width / 8
    let end = min((range.upperBound * width + 7) / 8, bytes.count)
    guard start < end else { return }
    unsafe bytes.extracting(start..<end).withUnsafeBytes { bytes in
      // SAFETY: the bytes are there, and nothing is read.
      if let base = bytes.baseAddress { unsafe gobbet_prefetch_bytes(base, bytes.count) }
    }
  }

  /// Ids that begin anywhere in a byte.
  private func bits(
    _ bytes: Span<UInt8>, from first: Int, into ids: inout MutableSpan<TokenID>
  ) {
    let mask = UInt64(1) << UInt64(width) - 1
    // SAFETY: below `whole`, eight bytes from the one where the id begins are inside the bytes; an
    // id is in at most five of them.
    let raw = unsafe bytes.bytes
    let whole = max(0, min(ids.count, ((bytes.count - 8) * 8 + 7) / width - first))
    for index in 0..<whole {
      let bit = (first + index) * width
      let bits = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: bit / 8, as: UInt64.self)
      let shifted = UInt64(littleEndian: bits) >> UInt64(bit % 8)
      ids[index] = TokenID(truncatingIfNeeded: shifted & mask)
    }
    for index in whole..<ids.count {
      let bit = (first + index) * width
      var bits: UInt64 = 0
      for step in 0..<min(5, bytes.count - bit / 8) {
        bits |= UInt64(bytes[bit / 8 + step]) << UInt64(8 * step)
      }
      ids[index] = TokenID(truncatingIfNeeded: bits >> UInt64(bit % 8) & mask)
    }
  }
}
