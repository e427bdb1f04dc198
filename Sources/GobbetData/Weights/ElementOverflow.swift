/// A finite element that the type it is converted to cannot hold: it would become an infinity.
public struct ElementOverflow: Error, Hashable, Sendable, CustomStringConvertible {
  /// The element's index among those that were converted.
  public let index: Int
  /// Its value.
  public let value: Double
  /// The type that cannot hold it.
  public let elementType: ElementType

  /// One line for a terminal or a log.
  public var description: String {
    "element \(index) is \(value), which \(elementType.name) cannot hold; choose a wider type"
  }

  /// The error for a tensor of which the elements that were converted begin at `first`.
  package func inTensor(named name: String, first: Int = 0) -> TensorError {
    TensorError(
      .overflow(index: first + index, value: value, elementType), tensor: name)
  }
}

extension ElementType {
  /// The bits of an infinity of the type; nil for a type that conversions do not lead to.
  private var infinity: UInt64? {
    switch self {
    case .float64: 0x7FF0_0000_0000_0000
    case .float32: 0x7F80_0000
    case .float16: 0x7C00
    case .bfloat16: 0x7F80
    default: nil
    }
  }

  /// The index of the first element from `start` on that is an infinity; nil if there is none.
  ///
  /// - Precondition: `bytes` holds whole elements.
  func firstInfinity(in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
    guard let infinity else { return nil }
    // SAFETY: the precondition.
    return switch bitWidth {
    case 16: unsafe Self.first(UInt16(truncatingIfNeeded: infinity), in: bytes, from: start)
    case 32: unsafe Self.first(UInt32(truncatingIfNeeded: infinity), in: bytes, from: start)
    default: unsafe Self.first(infinity, in: bytes, from: start)
    }
  }

  /// The same for elements of the width of `Bits`.
  @inline(__always)
  private static func first<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ infinity: Bits, in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    let width = MemoryLayout<Bits>.size
    let count = bytes.count / width
    let magnitude = Bits.max >> 1
    // A thousand at a time without a branch, which the processor compares many at once.
    for chunk in stride(from: start, to: count, by: 1024) {
      let end = min(chunk + 1024, count)
      var matches: Bits = 0
      for index in chunk..<end {
        // SAFETY: index < count.
        let bits = unsafe bytes.loadUnaligned(fromByteOffset: index * width, as: Bits.self)
        matches |= Bits(littleEndian: bits) & magnitude == infinity ? 1 : 0
      }
      guard matches != 0 else { continue }
      return (chunk..<end).first { index in
        let bits = unsafe bytes.loadUnaligned(fromByteOffset: index * width, as: Bits.self)
        return Bits(littleEndian: bits) & magnitude == infinity
      }
    }
    return nil
  }
}
