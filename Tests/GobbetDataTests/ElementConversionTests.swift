import GobbetData
import TestSupport
import Testing

@Suite("Converting elements") struct ElementConversionTests {
  private static let types: [ElementType] = [.float64, .float32, .float16, .bfloat16]

  private static func convert(
    _ bytes: [UInt8], _ source: ElementType, _ target: ElementType
  ) throws -> [UInt8] {
    let conversion = try #require(ElementConversion(from: source, to: target))
    let count = bytes.count / (source.bitWidth / 8)
    var result = [UInt8](repeating: 0, count: count * target.bitWidth / 8)
    try unsafe bytes.withUnsafeBytes { bytes in
      try unsafe result.withUnsafeMutableBytes { try unsafe conversion.convert(bytes, into: $0) }
    }
    return result
  }

  private static func words<Word: FixedWidthInteger>(_ bytes: [UInt8], _: Word.Type) -> [Word] {
    stride(from: 0, to: bytes.count, by: Word.bitWidth / 8).map { start in
      (0..<(Word.bitWidth / 8)).reduce(Word(0)) {
        $0 | Word(truncatingIfNeeded: bytes[start + $1]) << Word(8 * $1)
      }
    }
  }

  private static func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
    words.flatMap { word in
      (0..<(Word.bitWidth / 8)).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) }
    }
  }

  @Test(
    "every 16-bit pattern comes back through every wider type",
    arguments: [ElementType.float16, .bfloat16])
  func widening(type: ElementType) throws {
    let all = Self.bytes((0...UInt16.max).map { $0 })
    let quiet: UInt16 = type == .float16 ? 0x0200 : 0x0040
    for wide in [ElementType.float32, .float64] {
      let back = Self.words(
        try Self.convert(try Self.convert(all, type, wide), wide, type), UInt16.self)
      for (bits, found) in zip(0...UInt16.max, back) {
        let one = Self.bytes([bits])
        let value = FloatConversion(type)?.floats(one.span)[0] ?? 0
        // Narrowing makes a NaN quiet, and that is all it does to one.
        #expect(found == (value.isNaN ? bits | quiet : bits))
      }
    }
  }

  @Test("payloads of NaN survive widening")
  func payloads() throws {
    let signaling = Self.bytes([UInt32(0x7F80_0001), 0xFFA5_5AA5])
    let wide = Self.words(try Self.convert(signaling, .float32, .float64), UInt64.self)
    #expect(wide == [0x7FF0_0000_2000_0000, 0xFFF4_AB54_A000_0000])
    let bits = Self.words(
      try Self.convert(Self.bytes([UInt16(0xFF81)]), .bfloat16, .float64), UInt64.self)
    #expect(bits == [0xFFF0_2000_0000_0000])
  }

  @Test(
    "64-bit floats are rounded once, to the nearest of the narrower ones, ties to even",
    arguments: [ElementType.float16, .bfloat16])
  func narrowing(type: ElementType) throws {
    let conversion = try #require(FloatConversion(type))
    // All that are not negative and finite, in order: neighbours have neighbouring bits.
    let infinity = UInt16(type == .float16 ? 0x7C00 : 0x7F80)
    let all = Self.bytes((0..<infinity).map { $0 })
    let values = conversion.floats(all.span).map(Double.init)
    var generator = SeededGenerator(4)
    var inputs: [Double] = []
    var expected: [UInt16] = []
    for _ in 0..<4000 {
      let index = Int.random(in: 0..<(values.count - 1), using: &generator)
      let (low, high) = (values[index], values[index + 1])
      let middle = (low + high) / 2
      for (value, result) in [
        (middle, index.isMultiple(of: 2) ? index : index + 1), (middle.nextUp, index + 1),
        (middle.nextDown, index), (low, index),
        (Double.random(in: low..<middle, using: &generator), index),
      ] {
        inputs += [value, -value]
        expected += [UInt16(result), UInt16(result) | 0x8000]
      }
    }
    let found = Self.words(
      try Self.convert(Self.bytes(inputs.map(\.bitPattern)), .float64, type), UInt16.self)
    #expect(found == expected)
    let large = Self.bytes([Double.infinity, -.infinity].map(\.bitPattern))
    #expect(
      Self.words(try Self.convert(large, .float64, type), UInt16.self)
        == [infinity, infinity | 0x8000])
  }

  @Test("a finite element that the target cannot hold is an error that says which")
  func overflow() throws {
    func refused(
      _ bytes: [UInt8], _ source: ElementType, _ target: ElementType
    ) -> ElementOverflow? {
      do {
        _ = try Self.convert(bytes, source, target)
        return nil
      } catch {
        return error as? ElementOverflow
      }
    }
    // The largest that round down to the largest number, and the least that do not.
    let limits: [(ElementType, ElementType, kept: Double, refused: Double)] = [
      (.float32, .float16, 65519.996, 65520), (.bfloat16, .float16, 65280, 65536),
      (.float64, .float16, 65519.999, 65520),
      (.float32, .bfloat16, 3.396177e38, 3.4e38),
      (.float64, .bfloat16, 3.396177e38, 3.4e38),
      (.float64, .float32, 3.4028235677973362e38, 3.4028235677973366e38),
    ]
    for (source, target, kept, tooLarge) in limits {
      func elements(_ values: [Double]) -> [UInt8] {
        source == .float64
          ? Self.bytes(values.map(\.bitPattern))
          : WeightsTests.bytes(values.map { Float($0) }, source)
      }
      let fine = [kept, -kept, .infinity, -.infinity, .nan, 0, 1e-40]
      #expect(refused(elements(fine), source, target) == nil, "\(source) \(target)")
      for sign in [1.0, -1] {
        // After an infinity of its own, and further on than one chunk.
        let values = [Double.infinity] + [Double](repeating: 1, count: 2000) + [sign * tooLarge, 7]
        let error = refused(elements(values), source, target)
        #expect(error?.index == 2001, "\(source) \(target)")
        let value = source == .float64 ? sign * tooLarge : Double(Float(sign * tooLarge))
        #expect(error?.value == value)
        #expect(error?.elementType == target)
      }
    }
    #expect(refused([142], .float8E8M0, .float16) == nil)
    #expect(refused([127, 143], .float8E8M0, .float16)?.value == 65536)
    let floats: [Float] = [1, 70_000, -.infinity]
    #expect(throws: ElementOverflow.self) { try FloatConversion(.float16)?.bytes(floats.span) }
  }

  @Test("all pairs agree with conversion by way of floats where that is exact")
  func pairs() throws {
    var generator = SeededGenerator(5)
    let floats = (0..<500).map { _ in Float.random(in: -100...100, using: &generator) }
    for source in Self.types where source != .float64 {
      let bytes = try #require(FloatConversion(source)).bytes(floats.span)
      let exact = try #require(FloatConversion(source)).floats(bytes.span)
      for target in Self.types {
        let expected = try #require(FloatConversion(target)).bytes(exact.span)
        #expect(try Self.convert(bytes, source, target) == expected)
      }
    }
  }

  @Test("integers convert to themselves only")
  func integers() {
    #expect(ElementConversion(from: .int8, to: .float32) == nil)
    #expect(ElementConversion(from: .float32, to: .float8E4M3) == nil)
    #expect(ElementConversion(from: .uint4, to: .uint4)?.isIdentity == true)
  }
}
