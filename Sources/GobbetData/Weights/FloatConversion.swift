/// Little-endian elements of one floating-point type, to `Float` and back.
///
/// Widening is exact for every bit pattern, payloads of NaN included; narrowing rounds to nearest,
/// ties to even, and keeps NaN a NaN.
public struct FloatConversion: Hashable, Sendable {
  /// What the elements are: `float64`, `float32`, `float16` or `bfloat16`, and for reading a type of
  /// 8 bits, or one that is stored in blocks, too.
  public let elementType: ElementType

  /// Creates the conversion in both directions; nil for a type that has none.
  public init?(_ elementType: ElementType) {
    guard elementType.bitWidth > 8 else { return nil }
    self.init(reading: elementType)
  }

  /// Creates the conversion to `Float`, which 8-bit floats and blocks have too; nil for a type that has none.
  public init?(reading elementType: ElementType) {
    // How elements of less than a byte are packed is not the same everywhere.
    guard elementType.isFloatingPoint, elementType.bitWidth >= 8 || elementType.isInBlocks else {
      return nil
    }
    self.elementType = elementType
  }

  /// Whether `Float` in memory has the byte order of files.
  static var isNative: Bool { UInt16(littleEndian: 1) == 1 }

  /// The elements as floats.
  ///
  /// - Precondition: `bytes` holds whole elements, and whole blocks of those in blocks.
  public func floats(_ bytes: Span<UInt8>) -> [Float] {
    if let decoder = BlockDecoder(elementType) {
      let count = bytes.count / decoder.layout.byteCount * decoder.layout.elementCount
      var floats = [Float](repeating: 0, count: count)
      var room = floats.mutableSpan
      decoder.decode(bytes, into: &room)
      return floats
    }
    return switch elementType {
    case .float64: Self.map(bytes) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case .float16: Self.map(bytes) { (bits: UInt16) in Self.widened(float16: bits) }
    case .bfloat16: Self.map(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float8E4M3: Self.map(bytes) { (bits: UInt8) in Self.widened(float8E4M3: bits) }
    case .float8E5M2: Self.map(bytes) { (bits: UInt8) in Self.widened(float8E5M2: bits) }
    case .float8E8M0: Self.map(bytes) { (bits: UInt8) in Self.widened(float8E8M0: bits) }
    case .float8E4M3FNUZ:
      Self.map(bytes) { (bits: UInt8) in Self.widened(float8E4M3FNUZ: bits) }
    case .float8E5M2FNUZ:
      Self.map(bytes) { (bits: UInt8) in Self.widened(float8E5M2FNUZ: bits) }
    default: Self.map(bytes) { (bits: UInt32) in Float(bitPattern: bits) }
    }
  }

  /// 32-bit floats.
  static func floats(littleEndian bytes: Span<UInt8>) -> [Float] {
    map(bytes) { (bits: UInt32) in Float(bitPattern: bits) }
  }

  /// The floats as elements.
  ///
  /// - Precondition: not a conversion made by ``init(reading:)`` for 8-bit floats.
  /// - Throws: ``ElementOverflow`` for the first that is finite and too large for the type.
  public func bytes(_ floats: Span<Float>) throws(ElementOverflow) -> [UInt8] {
    precondition(elementType.bitWidth > 8, "FloatConversion: 8-bit floats are only read")
    switch elementType {
    case .float64: return Self.map(floats) { Double($0).bitPattern }
    case .float16: return try checked(Self.map(floats) { Self.float16($0) }, of: floats)
    case .bfloat16: return try checked(Self.map(floats) { Self.bfloat16($0) }, of: floats)
    default: return Self.map(floats) { $0.bitPattern }
    }
  }

  /// `bytes`, which `floats` became, if no finite one of them became an infinity.
  private func checked(
    _ bytes: [UInt8], of floats: Span<Float>
  ) throws(ElementOverflow) -> [UInt8] {
    var start = 0
    while let index = unsafe bytes.withUnsafeBytes({
      unsafe elementType.firstInfinity(in: $0, from: start)
    }) {
      if floats[index].isFinite {
        throw ElementOverflow(index: index, value: Double(floats[index]), elementType: elementType)
      }
      start = index + 1
    }
    return bytes
  }

  /// The value of a 16-bit IEEE float.
  public static func widened(float16 bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    let shifted = magnitude << 13
    if magnitude >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | shifted) }
    if magnitude >= 0x0400 { return Float(bitPattern: sign | (shifted + 0x3800_0000)) }
    // A denormal is its mantissa in units of 2^-24, a power of two, so the product is exact.
    let value = Float(magnitude) * 0x1p-24
    return Float(bitPattern: sign | value.bitPattern)
  }

  /// The value of an 8-bit float with 4 exponent and 3 mantissa bits, which has no infinities.
  public static func widened(float8E4M3 bits: UInt8) -> Float {
    let sign = UInt32(bits & 0x80) << 24
    let magnitude = UInt32(bits & 0x7F)
    if magnitude == 0x7F { return Float(bitPattern: sign | 0x7FF0_0000) }
    if magnitude >= 8 { return Float(bitPattern: sign | ((magnitude << 20) + (120 << 23))) }
    // A denormal is its mantissa in units of 2^-9, a power of two, so the product is exact.
    return Float(bitPattern: sign | (Float(magnitude) * 0x1p-9).bitPattern)
  }

  /// The value of an 8-bit float with 5 exponent and 2 mantissa bits: the upper half of a `float16`.
  public static func widened(float8E5M2 bits: UInt8) -> Float {
    widened(float16: UInt16(bits) << 8)
  }

  /// The power of two that an 8-bit exponent stands for; NaN for 255.
  public static func widened(float8E8M0 bits: UInt8) -> Float {
    if bits == 0xFF { return .nan }
    // The least one is not a normal number.
    return Float(bitPattern: bits == 0 ? 0x0040_0000 : UInt32(bits) << 23)
  }

  /// The value of an 8-bit float with 4 exponent bits of bias 8; its negative zero is NaN.
  public static func widened(float8E4M3FNUZ bits: UInt8) -> Float {
    fnuz(bits, mantissaBitCount: 3, bias: 8)
  }

  /// The value of an 8-bit float with 5 exponent bits of bias 16; its negative zero is NaN.
  public static func widened(float8E5M2FNUZ bits: UInt8) -> Float {
    fnuz(bits, mantissaBitCount: 2, bias: 16)
  }

  private static func fnuz(_ bits: UInt8, mantissaBitCount: UInt32, bias: UInt32) -> Float {
    if bits == 0x80 { return .nan }
    let sign = UInt32(bits & 0x80) << 24
    let magnitude = UInt32(bits & 0x7F)
    if magnitude >> mantissaBitCount > 0 {
      let shifted = magnitude << (23 - mantissaBitCount)
      return Float(bitPattern: sign | (shifted + (127 - bias) << 23))
    }
    // A denormal is its mantissa in units of a power of two, so the product is exact.
    let unit = Float(bitPattern: (127 + 1 - bias - mantissaBitCount) << 23)
    return Float(bitPattern: sign | (Float(magnitude) * unit).bitPattern)
  }

  /// The bits of the nearest 16-bit IEEE float.
  public static func float16(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let magnitude = value.bitPattern & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 {
      return sign | 0x7E00 | UInt16(truncatingIfNeeded: magnitude >> 13) & 0x03FF
    }
    if magnitude >= 0x4780_0000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // Below the least normal number the spacing is 2^-24, which is that of floats from 0.5 to 1:
      // the addition rounds.
      let sum = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: sum.bitPattern &- 0x3F00_0000)
    }
    let rounded = magnitude + 0x0FFF + (magnitude >> 13 & 1)
    return sign | UInt16(truncatingIfNeeded: (rounded &- 0x3800_0000) >> 13)
  }

  /// The bits of the nearest `bfloat16`.
  public static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if bits & 0x7FFF_FFFF > 0x7F80_0000 {
      return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040
    }
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }

  /// Every element of `bytes`, converted.
  @inline(__always)
  private static func map<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>, _ convert: (Bits) -> Float
  ) -> [Float] {
    let width = MemoryLayout<Bits>.size
    precondition(bytes.count.isMultiple(of: width), "floats: bytes of a fraction of an element")
    let count = bytes.count / width
    // SAFETY: `UInt8` has no padding; index < count keeps each load inside the span, every bit
    // pattern is an integer, and all `count` elements of the buffer are initialised.
    return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      let raw = unsafe bytes.bytes
      for index in 0..<count {
        let bits = unsafe raw.unsafeLoadUnaligned(
          fromUncheckedByteOffset: index * width, as: Bits.self)
        unsafe buffer.initializeElement(at: index, to: convert(Bits(littleEndian: bits)))
      }
      initialized = count
    }
  }

  /// The bytes of every converted float.
  @inline(__always)
  private static func map<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ floats: Span<Float>, _ convert: (Float) -> Bits
  ) -> [UInt8] {
    let width = MemoryLayout<Bits>.size
    let byteCount = floats.count * width
    // SAFETY: index < floats.count keeps each store inside the buffer; all of it is stored to.
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      for index in floats.indices {
        unsafe raw.storeBytes(
          of: convert(floats[index]).littleEndian, toByteOffset: index * width, as: Bits.self)
      }
      initialized = byteCount
    }
  }
}
