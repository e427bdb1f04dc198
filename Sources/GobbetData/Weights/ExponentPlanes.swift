/// Floating-point elements with their exponents apart from their signs and mantissas.
///
/// Each element is rotated left by one bit, so that its sign is at the bottom and its top byte is
/// exponent: all of it in `float32` and `bfloat16`, with three bits of mantissa in `float16`, the
/// upper eight bits in `float64`. The bytes then go to planes from the top: one byte an element,
/// another byte, then two, then four, as far as the width goes. The first plane compresses to
/// about a third; the others are nearly noise.
@safe struct ExponentPlanes: Hashable, Sendable {
  /// Bytes an element takes in each plane, in the order of the planes.
  let widths: [Int]
  /// Bytes of an element: the sum of `widths`.
  let elementWidth: Int

  /// The planes of a floating-point type; nil for others.
  init?(_ elementType: ElementType) {
    switch elementType {
    case .float8E4M3, .float8E5M2: widths = [1]
    case .float16, .bfloat16: widths = [1, 1]
    case .float32: widths = [1, 1, 2]
    case .float64: widths = [1, 1, 2, 4]
    default: return nil
    }
    elementWidth = elementType.bitWidth / 8
  }

  /// Where each plane of `count` elements is when all are one after the other.
  func ranges(count: Int) -> [Range<Int>] {
    var start = 0
    return widths.map { width in
      defer { start += width * count }
      return start..<(start + width * count)
    }
  }

  /// Writes the planes of elements, one after the other.
  ///
  /// - Precondition: `elements` holds whole elements, and `planes` as many bytes.
  func split(_ elements: UnsafeRawBufferPointer, into planes: UnsafeMutableRawBufferPointer) {
    precondition(
      elements.count == planes.count && elements.count.isMultiple(of: elementWidth),
      "ExponentPlanes: buffers of different or broken size")
    let count = elements.count / elementWidth
    guard count > 0, let source = elements.baseAddress,
      let target = planes.baseAddress
    else { return }
    // SAFETY: the precondition gives every element its bytes in both buffers.
    switch elementWidth {
    case 1: unsafe Self.split1(source, target, count)
    case 2: unsafe Self.split2(source, target, count)
    case 4: unsafe Self.split4(source, target, count)
    default: unsafe Self.split8(source, target, count)
    }
  }

  /// Writes the elements whose planes begin at `planes`.
  ///
  /// - Precondition: `elements` has room for whole elements; each plane has its width an element.
  func join(_ planes: [UnsafeRawPointer], into elements: UnsafeMutableRawBufferPointer) {
    precondition(
      unsafe planes.count == widths.count && elements.count.isMultiple(of: elementWidth),
      "ExponentPlanes: planes missing, or a broken element")
    let count = elements.count / elementWidth
    guard count > 0, let target = elements.baseAddress else { return }
    // SAFETY: there are as many planes as the width in the function's name has.
    switch elementWidth {
    case 1: unsafe Self.join1(planes[0], target, count)
    case 2: unsafe Self.join2(planes[0], planes[1], target, count)
    case 4: unsafe Self.join4(planes[0], planes[1], planes[2], target, count)
    default: unsafe Self.join8(planes[0], planes[1], planes[2], planes[3], target, count)
    }
  }
}

// SAFETY, of all that follow: elements have the width in the function's name, and there are `count`
// of them. Where planes are one after the other, they begin at the sums of the widths before them,
// times `count`. Loads and stores are unaligned, and what is read is not what is written.
extension ExponentPlanes {
  private static func split1(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    for index in 0..<count {
      let bits = unsafe source.load(fromByteOffset: index, as: UInt8.self)
      unsafe target.storeBytes(of: bits << 1 | bits >> 7, toByteOffset: index, as: UInt8.self)
    }
  }

  private static func join1(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    for index in 0..<count {
      let bits = unsafe source.load(fromByteOffset: index, as: UInt8.self)
      unsafe target.storeBytes(of: bits >> 1 | bits << 7, toByteOffset: index, as: UInt8.self)
    }
  }

  private static func split2(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    let low = unsafe target + count
    for index in 0..<count {
      let raw = unsafe source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
      let bits = UInt16(littleEndian: raw)
      let turned = bits << 1 | bits >> 15
      unsafe target.storeBytes(
        of: UInt8(truncatingIfNeeded: turned >> 8), toByteOffset: index, as: UInt8.self)
      unsafe low.storeBytes(
        of: UInt8(truncatingIfNeeded: turned), toByteOffset: index, as: UInt8.self)
    }
  }

  private static func join2(
    _ source: UnsafeRawPointer, _ low: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    _ count: Int
  ) {
    for index in 0..<count {
      let high = unsafe UInt16(source.load(fromByteOffset: index, as: UInt8.self))
      let turned = unsafe high << 8 | UInt16(low.load(fromByteOffset: index, as: UInt8.self))
      let bits = turned >> 1 | turned << 15
      unsafe target.storeBytes(of: bits.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
    }
  }

  private static func split4(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    let middle = unsafe target + count
    let low = unsafe target + 2 * count
    for index in 0..<count {
      let raw = unsafe source.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      let bits = UInt32(littleEndian: raw)
      let turned = bits << 1 | bits >> 31
      unsafe target.storeBytes(
        of: UInt8(truncatingIfNeeded: turned >> 24), toByteOffset: index, as: UInt8.self)
      unsafe middle.storeBytes(
        of: UInt8(truncatingIfNeeded: turned >> 16), toByteOffset: index, as: UInt8.self)
      unsafe low.storeBytes(
        of: UInt16(truncatingIfNeeded: turned).littleEndian, toByteOffset: 2 * index,
        as: UInt16.self)
    }
  }

  private static func join4(
    _ source: UnsafeRawPointer, _ middle: UnsafeRawPointer, _ low: UnsafeRawPointer,
    _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    for index in 0..<count {
      let high = unsafe UInt32(source.load(fromByteOffset: index, as: UInt8.self)) << 24
      let next = unsafe UInt32(middle.load(fromByteOffset: index, as: UInt8.self)) << 16
      let raw = unsafe low.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
      let turned = high | next | UInt32(UInt16(littleEndian: raw))
      let bits = turned >> 1 | turned << 31
      unsafe target.storeBytes(of: bits.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
    }
  }

  private static func split8(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    let next = unsafe target + count
    let middle = unsafe target + 2 * count
    let low = unsafe target + 4 * count
    for index in 0..<count {
      let raw = unsafe source.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
      let bits = UInt64(littleEndian: raw)
      let turned = bits << 1 | bits >> 63
      unsafe target.storeBytes(
        of: UInt8(truncatingIfNeeded: turned >> 56), toByteOffset: index, as: UInt8.self)
      unsafe next.storeBytes(
        of: UInt8(truncatingIfNeeded: turned >> 48), toByteOffset: index, as: UInt8.self)
      unsafe middle.storeBytes(
        of: UInt16(truncatingIfNeeded: turned >> 32).littleEndian, toByteOffset: 2 * index,
        as: UInt16.self)
      unsafe low.storeBytes(
        of: UInt32(truncatingIfNeeded: turned).littleEndian, toByteOffset: 4 * index,
        as: UInt32.self)
    }
  }

  private static func join8(
    _ source: UnsafeRawPointer, _ next: UnsafeRawPointer, _ middle: UnsafeRawPointer,
    _ low: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    for index in 0..<count {
      let high = unsafe UInt64(source.load(fromByteOffset: index, as: UInt8.self)) << 56
      let second = unsafe UInt64(next.load(fromByteOffset: index, as: UInt8.self)) << 48
      let third = unsafe middle.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
      let fourth = unsafe low.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      let turned =
        high | second | UInt64(UInt16(littleEndian: third)) << 32
        | UInt64(UInt32(littleEndian: fourth))
      let bits = turned >> 1 | turned << 63
      unsafe target.storeBytes(of: bits.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
    }
  }
}
