/// Hashing and comparing bytes in memory, eight at a time.
package enum ByteString {
  /// A hash of bytes, whose range is inside of `bytes`, that begins with a number of the caller's.
  package static func hash(
    _ bytes: Span<UInt8>, _ range: Range<Int>, seed: UInt64
  ) -> UInt64 {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "bytes out of range")
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return seed }
      // SAFETY: the precondition holds `range` inside `bytes`.
      return unsafe hash(base + range.lowerBound, range.count, seed: seed)
    }
  }

  /// Whether as many bytes from `start` of `others` on are the same as those of a range.
  package static func isEqual(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ others: Span<UInt8>, from start: Int
  ) -> Bool {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= bytes.count && start >= 0
        && range.count <= others.count - start, "bytes out of range")
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe others.withUnsafeBufferPointer { others in
        guard let left = bytes.baseAddress, let right = others.baseAddress else { return true }
        // SAFETY: the precondition holds both ranges inside.
        return unsafe isEqual(left + range.lowerBound, right + start, range.count)
      }
    }
  }

  /// A hash whose bits are all good.
  @inline(__always) static func hash(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, seed: UInt64 = 0
  ) -> UInt64 {
    let raw = unsafe UnsafeRawPointer(bytes)
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15 ^ seed
    // SAFETY: each read is inside the `count` bytes; the last one of two ends where they end.
    if count < 4 {
      guard count > 0 else { return hash }
      let ends = unsafe UInt64(bytes[0]) << 8 | UInt64(bytes[count - 1])
      return unsafe mixed(ends << 8 | UInt64(bytes[count / 2]), hash, hash)
    }
    if count < 8 {
      let low = unsafe raw.loadUnaligned(as: UInt32.self)
      let high = unsafe raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      return mixed(UInt64(low), UInt64(high), hash)
    }
    var offset = 0
    while offset + 16 < count {
      hash = unsafe mixed(word(raw, offset), word(raw, offset + 8), hash)
      offset += 16
    }
    return unsafe mixed(word(raw, count < 16 ? 0 : count - 16), word(raw, count - 8), hash)
  }

  /// Whether two strings of `count` bytes are the same.
  @inline(__always) static func isEqual(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    let (first, second) = unsafe (UnsafeRawPointer(left), UnsafeRawPointer(right))
    var offset = 0
    // SAFETY: eight bytes are read only where as many are left.
    while offset + 8 <= count {
      if unsafe word(first, offset) != word(second, offset) { return false }
      offset += 8
    }
    while offset < count {
      if unsafe left[offset] != right[offset] { return false }
      offset += 1
    }
    return true
  }

  /// Folds two words into a hash.
  @inline(__always) static func mixed(_ low: UInt64, _ high: UInt64, _ hash: UInt64) -> UInt64 {
    let product = (low ^ hash ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(
      by: high ^ 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }

  @inline(__always) private static func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
}
