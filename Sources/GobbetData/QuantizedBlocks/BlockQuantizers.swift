/// Encoders of GGUF's blocks, with the bytes of llama.cpp's plain quantisers for all finite elements.
///
/// Each appends the block of as many floats as a block has, and returns false, with whatever bytes, if
/// an element or the scale is not finite: ggml writes such blocks and does not say so.
/// - Source: ggml's `quantize_row_*_ref`; `Tests/GobbetInterchangeTests/GGUFQuantizerTests.swift`.
enum BlockQuantizers {
  /// A scale for the element that is furthest from zero, which becomes -8; nibbles from 0 to 15.
  static func q4_0(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    let scale = furthest(floats) / -8
    let inverse = inverse(scale)
    let isFinite = append(half: scale, &bytes) && allFinite(floats)
    appendNibbles(&bytes) { level(floats[$0] * inverse + 8.5, most: 15) }
    return isFinite
  }

  /// A scale and the least element; nibbles from 0 to 15.
  static func q4_1(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    let (least, most) = range(floats)
    let scale = (most - least) / 15
    let inverse = inverse(scale)
    let isFinite =
      append(half: scale, &bytes) && append(half: least, &bytes) && allFinite(floats)
    appendNibbles(&bytes) { level((floats[$0] - least) * inverse + 0.5, most: 15) }
    return isFinite
  }

  /// As ``q4_0(_:_:)`` with the furthest element at -16; the fifth bits go in front of the nibbles.
  static func q5_0(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    let scale = furthest(floats) / -16
    let inverse = inverse(scale)
    let isFinite = append(half: scale, &bytes) && allFinite(floats)
    appendFiveBits(&bytes) { level(floats[$0] * inverse + 16.5, most: 31) }
    return isFinite
  }

  /// As ``q4_1(_:_:)``; the fifth bits go in front of the nibbles.
  static func q5_1(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    let (least, most) = range(floats)
    let scale = (most - least) / 31
    let inverse = inverse(scale)
    let isFinite =
      append(half: scale, &bytes) && append(half: least, &bytes) && allFinite(floats)
    appendFiveBits(&bytes) { level((floats[$0] - least) * inverse + 0.5, most: 31) }
    return isFinite
  }

  /// A scale for 127 levels on each side; halves are rounded away from zero.
  static func q8_0(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    let scale = abs(furthest(floats)) / 127
    let inverse = inverse(scale)
    let isFinite = append(half: scale, &bytes) && allFinite(floats)
    for index in 0..<32 {
      let rounded = (floats[index] * inverse).rounded(.toNearestOrAwayFromZero)
      bytes.append(lowByte(rounded))
    }
    return isFinite
  }

  /// The exponent of the furthest element less 2, then the nearest 4-bit floats.
  static func mxfp4(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    let largest = abs(furthest(floats))
    guard allFinite(floats) else { return false }
    // Below 2^-125 the byte comes round to large exponents, and every element is stored as zero.
    let exponent: UInt8 =
      largest > 0 ? UInt8(truncatingIfNeeded: floorOfLogarithm(largest) - 2 + 127) : 0
    let scale = QuantizedBlocks.halfPower(exponent)
    bytes.append(exponent)
    let values = QuantizedBlocks.doubledFloat4
    appendNibbles(&bytes) { index in
      var best: UInt8 = 0
      var bestError = Float.infinity
      for code in 0..<16 {
        let error = abs(scale * values[code] - floats[index])
        if error < bestError { (best, bestError) = (UInt8(code), error) }
      }
      return best
    }
    return true
  }

  /// `floorf(log2f(value))`: a value just below a power of two has a logarithm that is rounded to it.
  private static func floorOfLogarithm(_ value: Float) -> Int {
    let exponent = Int(value.exponent)
    // What is missing to the next power of two, as a part of it: u. Its logarithm is that of 1 - u.
    let u = 1 - Double(value.significand) / 2
    guard u < 0x1p-12 else { return exponent }
    let missing = (u + u * u / 2 + u * u * u / 3) * 1.4426950408889634
    let next = Double(exponent + 1)
    return Float(next - missing) == Float(next) ? exponent + 1 : exponent
  }

  /// The first of the elements with the largest magnitude; 0 if there is none but zeros.
  private static func furthest(_ floats: Span<Float>) -> Float {
    var furthest: Float = 0
    for index in floats.indices where abs(floats[index]) > abs(furthest) {
      furthest = floats[index]
    }
    return furthest
  }

  private static func range(_ floats: Span<Float>) -> (least: Float, most: Float) {
    var (least, most) = (floats[0], floats[0])
    for index in floats.indices {
      if floats[index] < least { least = floats[index] }
      if floats[index] > most { most = floats[index] }
    }
    return (least, most)
  }

  static func allFinite(_ floats: Span<Float>) -> Bool {
    for index in floats.indices where !floats[index].isFinite { return false }
    return true
  }

  static func inverse(_ scale: Float) -> Float { scale == 0 ? 0 : 1 / scale }

  /// Appends a 16-bit float; false if it is not finite.
  private static func append(half value: Float, _ bytes: inout [UInt8]) -> Bool {
    let bits = FloatConversion.float16(value)
    append(bits, &bytes)
    return bits & 0x7C00 != 0x7C00
  }

  /// What a conversion to an integer of 32 bits leaves in the lowest byte.
  private static func lowByte(_ value: Float) -> UInt8 {
    // Of a scale whose inverse is infinite all levels are zero.
    guard value.magnitude < 0x1p31 else { return 0 }
    return UInt8(truncatingIfNeeded: Int32(value))
  }

  private static func level(_ value: Float, most: UInt8) -> UInt8 { min(lowByte(value), most) }

  /// Appends 16 bytes of two levels: one of the first half, and one of the second in the high nibble.
  private static func appendNibbles(_ bytes: inout [UInt8], _ level: (Int) -> UInt8) {
    for index in 0..<16 { bytes.append(level(index) & 0xF | level(index + 16) << 4) }
  }

  /// Appends the fifth bits of 32 levels, then their nibbles.
  private static func appendFiveBits(_ bytes: inout [UInt8], _ level: (Int) -> UInt8) {
    var bits: UInt32 = 0
    for index in 0..<32 { bits |= UInt32(level(index) >> 4 & 1) << UInt32(index) }
    append(bits, &bytes)
    appendNibbles(&bytes, level)
  }

  /// Appends the bytes of an integer, the lowest first.
  static func append<Value: FixedWidthInteger>(_ value: Value, _ bytes: inout [UInt8]) {
    for index in 0..<(Value.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> Value(8 * index)))
    }
  }
}
