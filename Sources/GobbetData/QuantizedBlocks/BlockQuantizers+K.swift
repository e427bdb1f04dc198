/// Quantisers of the types with 256 elements a block, for the least squared error without weights.
///
/// Each part gets a scale, and a minimum where the type has one, by least squares for the levels that
/// some scales around the usual one give; then the codes of both are tried with their neighbours.
/// ggml weights elements by their size instead: its squared errors are larger, its bytes others.
extension BlockQuantizers {
  /// Two scales, 12 bytes of scales and minima, nibbles.
  static func q4_K(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    guard allFinite(floats) else { return false }
    let parts = FittedParts(EightFloats.all(of: floats), most: 15)
    guard parts.appendScales(&bytes) else { return false }
    appendNibbles(of: parts.levels, &bytes)
    return true
  }

  /// As ``q4_K(_:_:)``; the fifth bits go in front of the nibbles.
  static func q5_K(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    guard allFinite(floats) else { return false }
    let parts = FittedParts(EightFloats.all(of: floats), most: 31)
    guard parts.appendScales(&bytes) else { return false }
    for index in 0..<32 {
      var bits: UInt8 = 0
      for part in 0..<8 { bits |= (parts.levels[part * 32 + index] >> 4) << UInt8(part) }
      bytes.append(bits)
    }
    appendNibbles(of: parts.levels, &bytes)
    return true
  }

  /// Appends the nibbles of eight parts: two parts share 32 bytes.
  private static func appendNibbles(of levels: [UInt8], _ bytes: inout [UInt8]) {
    for pair in 0..<4 {
      for index in (pair * 64)..<(pair * 64 + 32) {
        bytes.append(levels[index] & 0xF | levels[index + 32] << 4)
      }
    }
  }

  /// Nibbles, 2 more bits an element, 16 signed scales, a scale of them.
  static func q6_K(_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool {
    guard allFinite(floats) else { return false }
    let groups = EightFloats.all(of: floats)
    let parts = (0..<16).map { SymmetricFit(groups[(2 * $0)...(2 * $0 + 1)]) }
    var furthest: Float = 0
    for part in parts where abs(part.scale) > abs(furthest) { furthest = part.scale }
    let bits = FloatConversion.float16(furthest / -128)
    let unit = QuantizedBlocks.half(of: bits)
    guard unit.isFinite else { return false }
    let fits = parts.map { $0.coded(in: unit) }
    let levels = fits.flatMap { fit in
      (0..<16).map { index in UInt8(fit.levels(of: index / 8)[index % 8] + 32) }
    }
    // A half holds 128 elements: 64 bytes of nibbles, 32 of pairs of bits.
    for half in [0, 128] {
      for index in half..<(half + 64) {
        bytes.append(levels[index] & 0xF | (levels[index + 64] & 0xF) << 4)
      }
    }
    for half in [0, 128] {
      for index in half..<(half + 32) {
        var pairs: UInt8 = 0
        for quarter in 0..<4 { pairs |= (levels[index + 32 * quarter] >> 4) << UInt8(2 * quarter) }
        bytes.append(pairs)
      }
    }
    for fit in fits { bytes.append(UInt8(bitPattern: fit.code)) }
    append(bits, &bytes)
    return true
  }
}
