/// Turns UTF-16 into UTF-8, in pieces of any length; a surrogate without its other half becomes
/// U+FFFD.
struct UTF16Decoder: Sendable {
  private let isBigEndian: Bool
  /// The first byte of a unit whose second is still to come.
  private var halfUnit: UInt8?
  /// The first surrogate of a pair whose second is still to come.
  private var highSurrogate: UInt32?

  init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  /// Appends what `bytes` say to `output`.
  mutating func decode(_ bytes: ArraySlice<UInt8>, appendingTo output: inout [UInt8]) {
    for byte in bytes {
      guard let first = halfUnit else {
        halfUnit = byte
        continue
      }
      halfUnit = nil
      let unit = isBigEndian ? UInt32(first) << 8 | UInt32(byte) : UInt32(byte) << 8 | UInt32(first)
      take(unit, &output)
    }
  }

  /// Ends the input; false if it stops inside a unit.
  mutating func finish(appendingTo output: inout [UInt8]) -> Bool {
    if highSurrogate != nil { Self.append(0xFFFD, &output) }
    highSurrogate = nil
    return halfUnit == nil
  }

  private mutating func take(_ unit: UInt32, _ output: inout [UInt8]) {
    if let high = highSurrogate {
      highSurrogate = nil
      if (0xDC00...0xDFFF).contains(unit) {
        Self.append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00), &output)
        return
      }
      Self.append(0xFFFD, &output)
    }
    switch unit {
    case 0xD800...0xDBFF: highSurrogate = unit
    case 0xDC00...0xDFFF: Self.append(0xFFFD, &output)
    default: Self.append(unit, &output)
    }
  }

  /// Appends the UTF-8 of a scalar.
  static func append(_ scalar: UInt32, _ output: inout [UInt8]) {
    func byte(_ value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value) }
    func continuation(_ shift: UInt32) -> UInt8 { byte(0x80 | scalar >> shift & 0x3F) }
    switch scalar {
    case ..<0x80: output.append(byte(scalar))
    case ..<0x800: output += [byte(0xC0 | scalar >> 6), continuation(0)]
    case ..<0x10000: output += [byte(0xE0 | scalar >> 12), continuation(6), continuation(0)]
    default:
      output += [byte(0xF0 | scalar >> 18), continuation(12), continuation(6), continuation(0)]
    }
  }
}
