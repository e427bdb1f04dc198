internal import CGobbetKernels

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
    guard let source = elements.baseAddress, let target = planes.baseAddress else { return }
    // SAFETY: the precondition gives every element its bytes in both buffers.
    unsafe gobbet_split_planes(elementWidth, source, elements.count / elementWidth, target)
  }

  /// Writes the elements whose planes begin at `planes`.
  ///
  /// - Precondition: `elements` has room for whole elements; each plane has its width an element.
  func join(_ planes: [UnsafeRawPointer?], into elements: UnsafeMutableRawBufferPointer) {
    precondition(
      unsafe planes.count == widths.count && elements.count.isMultiple(of: elementWidth),
      "ExponentPlanes: planes missing, or a broken element")
    guard let target = elements.baseAddress else { return }
    // SAFETY: there are as many planes as the width has, each of its width an element.
    unsafe gobbet_join_planes(elementWidth, planes, elements.count / elementWidth, target)
  }
}
