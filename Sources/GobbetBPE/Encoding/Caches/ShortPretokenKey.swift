/// The bytes of a pretoken of at most 15 bytes in two words, the length above the bytes.
///
/// Equal keys are equal pretokens. The topmost four bits are left to `ShortPretokens`.
struct ShortPretokenKey: Hashable, BitwiseCopyable {
  /// The most bytes that fit.
  static let maximumByteCount = 15

  let low: UInt64
  let high: UInt64

  /// The key of `bytes[0..<count]`.
  ///
  /// `isPadded` says that 16 bytes can be read, though only `count` count.
  /// - Precondition: `count` is at most 15.
  @inline(__always)
  init(_ bytes: UnsafePointer<UInt8>, _ count: Int, isPadded: Bool) {
    var low: UInt64 = 0
    var high: UInt64 = 0
    if isPadded {
      let raw = unsafe UnsafeRawPointer(bytes)
      // SAFETY: the caller says that 16 bytes can be read.
      low = unsafe UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
      high = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      // Bits of the bytes that count, without a branch that is hard to foresee: shifts take the
      // count modulo 64, and the sign of a difference makes a mask of all ones or none.
      let mask = ~(~0 &<< (UInt64(truncatingIfNeeded: count) &* 8))
      low &= mask | UInt64(bitPattern: Int64(truncatingIfNeeded: 7 &- count) &>> 63)
      high &= mask & UInt64(bitPattern: Int64(truncatingIfNeeded: 8 &- count) &>> 63)
    } else {
      // SAFETY: `index` is below `count`.
      for index in 0..<min(count, 8) {
        low |= unsafe UInt64(bytes[index]) << UInt64(8 * index)
      }
      for index in 8..<max(count, 8) {
        high |= unsafe UInt64(bytes[index]) << UInt64(8 * index - 64)
      }
    }
    self.low = low
    self.high = high | UInt64(truncatingIfNeeded: count) << 56
  }

  /// A key that was made before.
  init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The key of the bytes of two others, one after the other.
  ///
  /// - Precondition: together they have at most 15 bytes.
  init(_ first: ShortPretokenKey, _ second: ShortPretokenKey) {
    let count = first.byteCount + second.byteCount
    let bytes = first.bytes | second.bytes &<< UInt128(8 * first.byteCount)
    low = UInt64(truncatingIfNeeded: bytes)
    high = UInt64(truncatingIfNeeded: bytes &>> 64) | UInt64(truncatingIfNeeded: count) << 56
  }

  /// How many bytes it is the key of.
  var byteCount: Int { Int(truncatingIfNeeded: (high &>> 56) & 0xF) }

  /// The bytes, the first of them lowest, and zeros above.
  var bytes: UInt128 { UInt128(high & ~0 &>> 8) &<< 64 | UInt128(low) }

  /// A hash whose bits are all good.
  @inline(__always) var hash: UInt64 { ByteString.mixed(low, high, 0) }
}
