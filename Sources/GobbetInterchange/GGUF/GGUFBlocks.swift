internal import GobbetData

/// The elements of GGUF's blocks, to floats and back.
///
/// - Source: ggml's `ggml-quants.c`, and `gguf/quants.py`, whose results are pinned by tests.
enum GGUFBlocks {
  /// The elements of whole blocks.
  static func floats(_ bytes: Span<UInt8>, _ type: GGUFType) -> [Float] {
    let blockCount = bytes.count / type.blockByteCount
    var floats: [Float] = []
    floats.reserveCapacity(blockCount * type.blockElementCount)
    for block in 0..<blockCount {
      let start = block * type.blockByteCount
      let scale = half(bytes, at: start)
      switch type {
      case .q8_0:
        for index in 0..<32 {
          floats.append(Float(Int8(bitPattern: bytes[start + 2 + index])) * scale)
        }
      case .q4_0, .q5_0:
        let zero: Float = type == .q4_0 ? 8 : 16
        for index in 0..<32 {
          floats.append(scale * (Float(level(bytes, start + 2, index, type)) - zero))
        }
      default:
        let minimum = half(bytes, at: start + 2)
        for index in 0..<32 {
          floats.append(scale * Float(level(bytes, start + 4, index, type)) + minimum)
        }
      }
    }
    return floats
  }

  /// The 4 or 5 bits of one element; `start` is behind scale and minimum.
  private static func level(
    _ bytes: Span<UInt8>, _ start: Int, _ index: Int, _ type: GGUFType
  ) -> UInt8 {
    let hasFifthBit = type == .q5_0 || type == .q5_1
    // The low nibbles hold the first half of the block, the high ones the second.
    let byte = bytes[start + (hasFifthBit ? 4 : 0) + index % 16]
    let low = index < 16 ? byte & 0xF : byte >> 4
    guard hasFifthBit else { return low }
    return low | (bytes[start + index / 8] >> UInt8(index % 8) & 1) << 4
  }

  private static func half(_ bytes: Span<UInt8>, at offset: Int) -> Float {
    FloatConversion.widened(float16: UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8)
  }

  /// The `q8_0` blocks of floats; nil if one is not finite, or its block's scale would not be.
  ///
  /// - Precondition: whole blocks.
  static func q8_0(_ floats: [Float]) -> [UInt8]? {
    precondition(floats.count.isMultiple(of: 32), "q8_0: half a block")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(floats.count / 32 * 34)
    for start in stride(from: 0, to: floats.count, by: 32) {
      let block = floats[start..<(start + 32)]
      // `max` may pass over a NaN, a sum never does.
      guard block.reduce(0, { $0 + $1 * 0 }) == 0 else { return nil }
      let scale = block.reduce(0) { max($0, abs($1)) } / 127
      let inverse = scale == 0 ? 0 : 1 / scale
      let bits = FloatConversion.float16(scale)
      guard bits < 0x7C00 else { return nil }
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      for value in block {
        let level = (value * inverse).rounded(.toNearestOrAwayFromZero)
        bytes.append(UInt8(bitPattern: Int8(max(-128, min(127, level)))))
      }
    }
    return bytes
  }
}
