extension QuantizedBlocks {
  /// The sixteen values of the types that have 4 bits an element.
  private static let levels: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  /// A scale, then nibbles that choose among sixteen values.
  static func iq4_NL(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = half(block, 0)
    let values = levels
    for index in 0..<16 {
      let byte = block[2 + index]
      floats[at + index] = scale * values[Int(byte & 0xF)]
      floats[at + index + 16] = scale * values[Int(byte >> 4)]
    }
  }

  /// A scale, 8 scales of 6 bits, then nibbles that choose among sixteen values.
  static func iq4_XS(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let (d, highBits) = (half(block, 0), word(block, 2))
    let values = levels
    for part in 0..<8 {
      let low = block[4 + part / 2] >> UInt8(part % 2 * 4) & 0xF
      let high = UInt8(truncatingIfNeeded: highBits >> UInt16(2 * part)) & 3
      let scale = d * Float(Int(low | high << 4) - 32)
      for index in 0..<16 {
        let byte = block[8 + part * 16 + index]
        floats[at + part * 32 + index] = scale * values[Int(byte & 0xF)]
        floats[at + part * 32 + index + 16] = scale * values[Int(byte >> 4)]
      }
    }
  }

  /// The signs of 8 elements out of 7 bits: their number is even, which makes the eighth.
  private static func evenSigns(_ bits: UInt8) -> UInt8 {
    bits | UInt8(truncatingIfNeeded: bits.nonzeroBitCount & 1) << 7
  }

  /// Writes `count` elements of a grid, each with its sign.
  private static func write(
    _ grid: Span<Float>, _ entry: Int, count: Int, _ scale: Float, signs: UInt8,
    _ floats: inout MutableSpan<Float>, _ at: Int
  ) {
    for index in 0..<count {
      let value = scale * grid[entry * count + index]
      floats[at + index] = signs >> UInt8(index) & 1 == 0 ? value : -value
    }
  }

  /// For 32 elements 4 places in the grid, then 4 signs of 7 bits and 4 bits of scale.
  static func iq2_XXS(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 0)
    let table = QuantizedGrid.iq2_XXS
    let grid = table.span
    for part in 0..<8 {
      let start = 2 + part * 8
      let bits = longWord(block, start + 4)
      let scale = d * (0.5 + Float(bits >> 28)) * 0.25
      for group in 0..<4 {
        let signs = evenSigns(UInt8(truncatingIfNeeded: bits >> UInt32(7 * group)) & 0x7F)
        write(
          grid, Int(block[start + group]), count: 8, scale, signs: signs, &floats,
          at + part * 32 + group * 8)
      }
    }
  }

  /// For 8 elements 9 bits of a place in the grid and 7 of signs; for 16 a nibble of scale.
  static func iq2_XS(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 0)
    let table = QuantizedGrid.iq2_XS
    let grid = table.span
    for group in 0..<32 {
      let bits = word(block, 2 + group * 2)
      let nibble = block[66 + group / 4] >> UInt8(group / 2 % 2 * 4) & 0xF
      let scale = d * (0.5 + Float(nibble)) * 0.25
      write(
        grid, Int(bits & 511), count: 8, scale,
        signs: evenSigns(UInt8(truncatingIfNeeded: bits >> 9)), &floats, at + group * 8)
    }
  }

  /// For 8 elements 10 bits of a place in the grid and 8 of signs; for 16 a nibble of scale.
  static func iq2_S(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 0)
    let table = QuantizedGrid.iq2_S
    let grid = table.span
    for group in 0..<32 {
      let high = Int(block[66 + group / 4] >> UInt8(group % 4 * 2) & 3)
      let nibble = block[74 + group / 4] >> UInt8(group / 2 % 2 * 4) & 0xF
      let scale = d * (0.5 + Float(nibble)) * 0.25
      write(
        grid, Int(block[2 + group]) | high << 8, count: 8, scale, signs: block[34 + group],
        &floats, at + group * 8)
    }
  }

  /// For 4 elements a place in the grid; for 32 then 4 signs of 7 bits and 4 bits of scale.
  static func iq3_XXS(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 0)
    let table = QuantizedGrid.iq3_XXS
    let grid = table.span
    for part in 0..<8 {
      let bits = longWord(block, 66 + part * 4)
      let scale = d * (0.5 + Float(bits >> 28)) * 0.5
      for group in 0..<8 {
        let signs = evenSigns(UInt8(truncatingIfNeeded: bits >> UInt32(7 * (group / 2))) & 0x7F)
        write(
          grid, Int(block[2 + part * 8 + group]), count: 4, scale,
          signs: signs >> UInt8(group % 2 * 4), &floats, at + part * 32 + group * 4)
      }
    }
  }

  /// For 4 elements 9 bits of a place in the grid and 4 of signs; for 32 a nibble of scale.
  static func iq3_S(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 0)
    let table = QuantizedGrid.iq3_S
    let grid = table.span
    for group in 0..<64 {
      let high = Int(block[66 + group / 8] >> UInt8(group % 8) & 1)
      let nibble = block[106 + group / 16] >> UInt8(group / 8 % 2 * 4) & 0xF
      let scale = d * Float(1 + 2 * nibble)
      write(
        grid, Int(block[2 + group]) | high << 8, count: 4, scale,
        signs: block[74 + group / 2] >> UInt8(group % 2 * 4), &floats, at + group * 4)
    }
  }

  /// For 8 elements 11 bits of a place in the grid; for 32 of these 3 bits of scale and the sign of
  /// what is added to all.
  static func iq1_S(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let d = half(block, 0)
    let table = QuantizedGrid.iq1
    let grid = table.span
    for part in 0..<8 {
      let bits = word(block, 34 + part * 2)
      let scale = d * Float(2 * (bits >> 12 & 7) + 1)
      let delta: Float = bits & 0x8000 == 0 ? 0.125 : -0.125
      for group in 0..<4 {
        let place = part * 4 + group
        let entry = Int(block[2 + place]) | Int(bits >> UInt16(3 * group) & 7) << 8
        for index in 0..<8 {
          floats[at + place * 8 + index] = scale * (grid[entry * 8 + index] + delta)
        }
      }
    }
  }

  /// As ``iq1_S(_:_:_:)``, with a scale for 16 elements and a sign for 8; the scale of all is in the
  /// top nibbles of four words.
  static func iq1_M(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    var dBits: UInt16 = 0
    for index in 0..<4 { dBits |= (word(block, 48 + index * 2) >> 12) << UInt16(4 * index) }
    let d = half(of: dBits)
    let table = QuantizedGrid.iq1
    let grid = table.span
    for group in 0..<32 {
      let scaleBits = word(block, 48 + group / 8 * 2) >> UInt16(group / 2 % 4 * 3) & 7
      let scale = d * Float(2 * scaleBits + 1)
      let nibble = block[32 + group / 2] >> UInt8(group % 2 * 4) & 0xF
      let delta: Float = nibble & 8 == 0 ? 0.125 : -0.125
      let entry = Int(block[group]) | Int(nibble & 7) << 8
      for index in 0..<8 {
        floats[at + group * 8 + index] = scale * (grid[entry * 8 + index] + delta)
      }
    }
  }
}
