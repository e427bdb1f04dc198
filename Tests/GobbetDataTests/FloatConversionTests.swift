import GobbetData
import TestSupport
import Testing

@Suite("Converting elements") struct FloatConversionTests {
  @Test("every float16 widens to the value its fields say")
  func float16Widening() {
    for bits in UInt16.min...UInt16.max {
      let float = FloatConversion.widened(float16: bits)
      let exponent = Int(bits >> 10 & 31)
      let mantissa = Double(bits & 1023)
      if exponent == 31 {
        #expect(mantissa == 0 ? float.isInfinite : float.isNaN)
      } else {
        let magnitude =
          exponent == 0
          ? mantissa * 0x1p-24
          : (1024 + mantissa) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
        #expect(Double(float.magnitude) == magnitude)
      }
      #expect((float.sign == .minus) == (bits >> 15 == 1))
    }
  }

  @Test("every 8-bit float has the value that its fields say, in every wider type")
  func eightBits() throws {
    for (type, exponentBits) in [(ElementType.float8E4M3, 4), (.float8E5M2, 5)] {
      let mantissaBits = 7 - exponentBits
      let bias = 1 << (exponentBits - 1) - 1
      for bits in UInt8.min...UInt8.max {
        let exponent = Int(bits & 0x7F) >> mantissaBits
        let mantissa = Int(bits) & (1 << mantissaBits - 1)
        let fraction = Double(mantissa) / Double(1 << mantissaBits)
        var value =
          exponent == 0
          ? Double(sign: .plus, exponent: 1 - bias, significand: fraction)
          : Double(sign: .plus, exponent: exponent - bias, significand: 1 + fraction)
        if type == .float8E4M3, bits & 0x7F == 0x7F { value = .nan }
        if type == .float8E5M2, exponent == 31 { value = mantissa == 0 ? .infinity : .nan }
        if bits >= 0x80 { value = -value }
        let one = [bits]
        let float = try #require(FloatConversion(reading: type)).floats(one.span)[0]
        #expect(float.isNaN ? value.isNaN : Double(float) == value, "\(type) \(bits)")
        #expect(float.sign == (bits >= 0x80 ? .minus : .plus))
        for target in [ElementType.float64, .float32, .float16, .bfloat16] {
          let conversion = try #require(ElementConversion(from: type, to: target))
          var wide = [UInt8](repeating: 0, count: target.bitWidth / 8)
          try unsafe one.withUnsafeBytes { one in
            try unsafe wide.withUnsafeMutableBytes { try unsafe conversion.convert(one, into: $0) }
          }
          let back = try #require(FloatConversion(target)).floats(wide.span)[0]
          #expect(back.isNaN ? value.isNaN : Double(back) == value, "\(type) \(bits) \(target)")
        }
      }
      // Nothing writes them yet: whoever asks for both directions gets none.
      #expect(FloatConversion(type) == nil)
    }
  }

  @Test("every 16-bit number survives the way to Float and back")
  func roundTrip() {
    let bfloat16 = FloatConversion(.bfloat16)
    for bits in UInt16.min...UInt16.max {
      let float = FloatConversion.widened(float16: bits)
      if !float.isNaN { #expect(FloatConversion.float16(float) == bits) }
      let bytes = [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
      let wide = bfloat16?.floats(bytes.span)[0] ?? 0
      if !wide.isNaN { #expect(FloatConversion.bfloat16(wide) == bits) }
    }
  }

  @Test("narrowing picks the nearer neighbour, and of two equally near ones the even")
  func rounding() {
    var generator = SeededGenerator(7)
    for _ in 0..<100_000 {
      let value = Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &generator))
      let rounded = FloatConversion.bfloat16(value)
      if rounded < 0x7F80 {
        let error = abs(Double(Float(bitPattern: UInt32(rounded) << 16)) - Double(value))
        for neighbour in [rounded &- 1, rounded &+ 1] where neighbour < 0x7F80 {
          let other = abs(Double(Float(bitPattern: UInt32(neighbour) << 16)) - Double(value))
          #expect(error < other || (error == other && rounded.isMultiple(of: 2)))
        }
      }
      let small = Float.random(in: 0..<65519, using: &generator) * (value < 1 ? 1e-6 : 1)
      let half = FloatConversion.float16(small)
      let error = abs(Double(FloatConversion.widened(float16: half)) - Double(small))
      for neighbour in [half &- 1, half &+ 1] where neighbour < 0x7C00 {
        let other = abs(Double(FloatConversion.widened(float16: neighbour)) - Double(small))
        #expect(error < other || (error == other && half.isMultiple(of: 2)))
      }
    }
  }

  @Test("ends of the ranges")
  func limits() {
    #expect(FloatConversion.float16(65519.996) == 0x7BFF)
    #expect(FloatConversion.float16(65520) == 0x7C00)
    #expect(FloatConversion.float16(-.infinity) == 0xFC00)
    #expect(FloatConversion.float16(0x1p-25) == 0)
    #expect(FloatConversion.float16(-0x1.000002p-25) == 0x8001)
    #expect(FloatConversion.bfloat16(.greatestFiniteMagnitude) == 0x7F80)
    #expect(FloatConversion.widened(float16: FloatConversion.float16(.nan)).isNaN)
    #expect(FloatConversion.bfloat16(Float(bitPattern: 0x7F80_0001)) == 0x7FC0)
  }

  @Test("powers of two and floats without a negative zero have the values of their bits")
  func powersAndUnsignedZeros() {
    for bits in 0...255 as ClosedRange<UInt8> {
      let power = FloatConversion.widened(float8E8M0: bits)
      #expect(
        bits == 255
          ? power.isNaN
          : Double(power) == Double(sign: .plus, exponent: Int(bits) - 127, significand: 1))
      for (value, mantissaBitCount, bias) in [
        (FloatConversion.widened(float8E4M3FNUZ: bits), 3, 8),
        (FloatConversion.widened(float8E5M2FNUZ: bits), 2, 16),
      ] {
        let exponent = Int(bits & 0x7F) >> mantissaBitCount
        let mantissa =
          Double(Int(bits) & (1 << mantissaBitCount - 1)) / Double(1 << mantissaBitCount)
        let magnitude = Double(
          sign: .plus, exponent: max(exponent, 1) - bias,
          significand: exponent == 0 ? mantissa : 1 + mantissa)
        let expected = bits >= 0x80 ? -magnitude : magnitude
        #expect(bits == 0x80 ? value.isNaN : Double(value) == expected, "\(bits)")
      }
    }
  }

  @Test("float32 and float64 pass through bytes unchanged")
  func wide() throws {
    var generator = SeededGenerator(11)
    let values = (0..<1000).map { _ in
      Float(bitPattern: UInt32.random(in: 0...0x7F80_0000, using: &generator))
    }
    for type in [ElementType.float32, .float64] {
      let conversion = try #require(FloatConversion(type))
      let bytes = try conversion.bytes(values.span)
      #expect(bytes.count == values.count * type.bitWidth / 8)
      #expect(conversion.floats(bytes.span) == values)
    }
    #expect(FloatConversion(.int32) == nil)
  }
}
