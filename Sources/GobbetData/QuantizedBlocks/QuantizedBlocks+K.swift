extension QuantizedBlocks {
  /// 16 bytes of scale and minimum, 2 bits an element; a scale of both after them.
  static func q2_K(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let (d, dmin) = (half(block, 80), half(block, 82))
    for part in 0..<16 {
      let scales = block[part]
      let (scale, minimum) = (d * Float(scales & 0xF), dmin * Float(scales >> 4))
      // 32 bytes hold 128 elements, 32 of each pair of bits.
      let start = 16 + part / 8 * 32 + part % 2 * 16
      let shift = UInt8(part / 2 % 4 * 2)
      for index in 0..<16 {
        floats[at + part * 16 + index] =
          scale * Float(block[start + index] >> shift & 3) - minimum
      }
    }
  }

  /// 32 bytes of third bits, 2 bits an element, 16 scales of 6 bits, a scale of them.
  static func q3_K(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 108)
    for part in 0..<16 {
      let low = block[96 + part % 8] >> UInt8(part / 8 * 4) & 0xF
      let high = block[104 + part % 4] >> UInt8(part / 4 * 2) & 3
      let scale = d * Float(Int(low | high << 4) - 32)
      let start = 32 + part / 8 * 32 + part % 2 * 16
      let shift = UInt8(part / 2 % 4 * 2)
      let maskStart = part % 2 * 16
      let maskShift = UInt8(part / 2)
      for index in 0..<16 {
        let level = Int(block[start + index] >> shift & 3)
        // A bit that is not set takes 4 off.
        let bit = Int(block[maskStart + index] >> maskShift & 1)
        floats[at + part * 16 + index] = scale * Float(level - (1 - bit) * 4)
      }
    }
  }

  /// The 6 bits of scale and minimum of one of 8 parts, out of 12 bytes.
  private static func scales(
    _ block: Span<UInt8>, _ start: Int, _ part: Int
  ) -> (scale: UInt8, minimum: UInt8) {
    if part < 4 { return (block[start + part] & 0x3F, block[start + part + 4] & 0x3F) }
    let both = block[start + part + 4]
    return (
      both & 0xF | block[start + part - 4] >> 2 & 0x30, both >> 4 | block[start + part] >> 2 & 0x30
    )
  }

  /// Two scales, 12 bytes of scales and minima, nibbles.
  static func q4_K(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let (d, dmin) = (half(block, 0), half(block, 2))
    for part in 0..<8 {
      let bits = scales(block, 4, part)
      let (scale, minimum) = (d * Float(bits.scale), dmin * Float(bits.minimum))
      let start = 16 + part / 2 * 32
      let shift = UInt8(part % 2 * 4)
      for index in 0..<32 {
        floats[at + part * 32 + index] =
          scale * Float(block[start + index] >> shift & 0xF) - minimum
      }
    }
  }

  /// As ``q4_K(_:_:_:)``, with 32 bytes of fifth bits in front of the nibbles.
  static func q5_K(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let (d, dmin) = (half(block, 0), half(block, 2))
    for part in 0..<8 {
      let bits = scales(block, 4, part)
      let (scale, minimum) = (d * Float(bits.scale), dmin * Float(bits.minimum))
      let start = 48 + part / 2 * 32
      let shift = UInt8(part % 2 * 4)
      for index in 0..<32 {
        let low = block[start + index] >> shift & 0xF
        let high = block[16 + index] >> UInt8(part) & 1
        floats[at + part * 32 + index] = scale * Float(low | high << 4) - minimum
      }
    }
  }

  /// Nibbles, 2 more bits an element, 16 signed scales, a scale of them.
  static func q6_K(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 208)
    for part in 0..<16 {
      let scale = d * Float(Int8(bitPattern: block[192 + part]))
      // Half of the block: 64 bytes of nibbles and 32 of pairs of bits, in which 16 elements follow.
      let (side, place) = (part / 8, part % 8 * 16)
      let start = side * 64 + place % 64
      let shift = UInt8(place / 64 * 4)
      let highStart = 128 + side * 32 + place % 32
      let highShift = UInt8(place / 32 * 2)
      for index in 0..<16 {
        let low = block[start + index] >> shift & 0xF
        let high = block[highStart + index] >> highShift & 3
        floats[at + part * 16 + index] = scale * Float(Int(low | high << 4) - 32)
      }
    }
  }
}
