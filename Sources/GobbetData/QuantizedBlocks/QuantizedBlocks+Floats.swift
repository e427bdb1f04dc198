extension QuantizedBlocks {
  /// The values of 4-bit floats (1 sign, 2 exponent bits, 1 mantissa bit), doubled.
  static let doubledFloat4: [Float] = [
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12,
  ]

  /// Half the power of two that 8 bits of exponent stand for.
  static func halfPower(_ exponent: UInt8) -> Float {
    // The two least ones are not normal.
    Float(
      bitPattern: exponent < 2 ? 0x0020_0000 << UInt32(exponent) : UInt32(exponent - 1) << 23)
  }

  /// A power of two, then 4-bit floats as nibbles.
  static func mxfp4(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = halfPower(block[0])
    let values = doubledFloat4
    for index in 0..<16 {
      let byte = block[1 + index]
      floats[at + index] = scale * values[Int(byte & 0xF)]
      floats[at + index + 16] = scale * values[Int(byte >> 4)]
    }
  }

  /// Four scales that are 8-bit floats without a sign, then 4-bit floats as nibbles.
  static func nvfp4(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let values = doubledFloat4
    for part in 0..<4 {
      let scale = halfFloat8(block[part])
      for index in 0..<8 {
        let byte = block[4 + part * 8 + index]
        floats[at + part * 16 + index] = scale * values[Int(byte & 0xF)]
        floats[at + part * 16 + index + 8] = scale * values[Int(byte >> 4)]
      }
    }
  }

  /// Half of an 8-bit float of 4 exponent and 3 mantissa bits; its sign is passed over.
  private static func halfFloat8(_ bits: UInt8) -> Float {
    guard bits != 0, bits != 0x7F else { return 0 }
    let (exponent, mantissa) = (bits >> 3 & 0xF, Float(bits & 7))
    if exponent == 0 { return mantissa * 0x1p-10 }
    // The bias is 7, and half of it one less.
    return (1 + mantissa / 8) * Float(bitPattern: UInt32(exponent + 127 - 8) << 23)
  }

  /// Five ternary digits a byte, as a fraction of 256; a scale after them.
  static func tq1_0(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = half(block, 52)
    var next = 0
    for (start, count, digitCount) in [(0, 32, 5), (32, 16, 5), (48, 4, 4)] {
      var power: UInt8 = 1
      for _ in 0..<digitCount {
        for index in 0..<count {
          let digit = (UInt16(block[start + index] &* power) * 3) >> 8
          floats[at + next] = scale * Float(Int(digit) - 1)
          next += 1
        }
        power &*= 3
      }
    }
  }

  /// Ternary digits of 2 bits; a scale after them.
  static func tq2_0(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = half(block, 64)
    for part in 0..<8 {
      let start = part / 4 * 32
      let shift = UInt8(part % 4 * 2)
      for index in 0..<32 {
        floats[at + part * 32 + index] = scale * Float(Int(block[start + index] >> shift & 3) - 1)
      }
    }
  }
}
