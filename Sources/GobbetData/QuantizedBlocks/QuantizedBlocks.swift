/// Decoders of GGUF's blocks: each takes the bytes of one block and writes its elements.
///
/// Every product and sum is rounded where the reference rounds it, so that results have its bits.
/// - Source: ggml's `ggml-quants.c`, and `gguf/quants.py`, whose results are pinned by
///   `Tests/GobbetInterchangeTests/GGUFBlockTests.swift`.
enum QuantizedBlocks {
  /// A scale in a block.
  static func half(_ block: Span<UInt8>, _ offset: Int) -> Float {
    half(of: word(block, offset))
  }

  /// The value of the bits of a scale.
  static func half(of bits: UInt16) -> Float { FloatConversion.widened(float16: bits) }

  /// 16 bits of a block.
  static func word(_ block: Span<UInt8>, _ offset: Int) -> UInt16 {
    UInt16(block[offset]) | UInt16(block[offset + 1]) << 8
  }

  /// 32 bits of a block.
  static func longWord(_ block: Span<UInt8>, _ offset: Int) -> UInt32 {
    UInt32(word(block, offset)) | UInt32(word(block, offset + 2)) << 16
  }

  /// A scale, then nibbles: the low ones hold the first half of the block, the high ones the second.
  static func q4_0(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = half(block, 0)
    for index in 0..<16 {
      let byte = block[2 + index]
      floats[at + index] = scale * Float(Int(byte & 0xF) - 8)
      floats[at + index + 16] = scale * Float(Int(byte >> 4) - 8)
    }
  }

  /// A scale and a minimum, then nibbles.
  static func q4_1(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let (scale, minimum) = (half(block, 0), half(block, 2))
    for index in 0..<16 {
      let byte = block[4 + index]
      floats[at + index] = scale * Float(byte & 0xF) + minimum
      floats[at + index + 16] = scale * Float(byte >> 4) + minimum
    }
  }

  /// A scale, the fifth bits, then nibbles.
  static func q5_0(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let (scale, bits) = (half(block, 0), longWord(block, 2))
    for index in 0..<16 {
      let byte = block[6 + index]
      let (low, high) = fifthBits(bits, index)
      floats[at + index] = scale * Float(Int(byte & 0xF | low) - 16)
      floats[at + index + 16] = scale * Float(Int(byte >> 4 | high) - 16)
    }
  }

  /// A scale and a minimum, the fifth bits, then nibbles.
  static func q5_1(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let (scale, minimum, bits) = (half(block, 0), half(block, 2), longWord(block, 4))
    for index in 0..<16 {
      let byte = block[8 + index]
      let (low, high) = fifthBits(bits, index)
      floats[at + index] = scale * Float(byte & 0xF | low) + minimum
      floats[at + index + 16] = scale * Float(byte >> 4 | high) + minimum
    }
  }

  private static func fifthBits(_ bits: UInt32, _ index: Int) -> (low: UInt8, high: UInt8) {
    let shifted = bits >> UInt32(index)
    return (
      UInt8(truncatingIfNeeded: shifted & 1) << 4,
      UInt8(truncatingIfNeeded: shifted >> 16 & 1) << 4
    )
  }

  /// A scale, then signed bytes.
  static func q8_0(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = half(block, 0)
    for index in 0..<32 {
      floats[at + index] = Float(Int8(bitPattern: block[2 + index])) * scale
    }
  }

  /// A scale of 32 bits, then signed bytes; the sums after them are for products only.
  static func q8_K(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = Float(bitPattern: longWord(block, 0))
    for index in 0..<256 {
      floats[at + index] = scale * Float(Int8(bitPattern: block[4 + index]))
    }
  }

  /// A scale, then a bit an element: the scale where it is set, else the scale with the other sign.
  static func q1_0(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = half(block, 0)
    for index in 0..<128 {
      let bit = block[2 + index / 8] >> UInt8(index % 8) & 1
      floats[at + index] = bit == 1 ? scale : -scale
    }
  }

  /// A scale, then 2 bits an element, of which 1 stands for zero.
  static func q2_0(_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) {
    let scale = half(block, 0)
    for index in 0..<64 {
      let bits = block[2 + index / 4] >> UInt8(2 * (index % 4)) & 3
      floats[at + index] = Float(Int(bits) - 1) * scale
    }
  }
}
