internal import CGobbetKernels

/// Elements taken apart into planes, of which some compress and others are nearly noise.
///
/// Floating-point elements are rotated left by one bit, so that the sign is at the bottom and the top
/// byte is exponent: all of it in `float32` and `bfloat16`, with three bits of mantissa in `float16`,
/// the upper eight bits in `float64`. The bytes then go to planes from the top: one byte an element,
/// another byte, then two, then four, as far as the width goes. The first plane compresses to about
/// a third.
///
/// Of types that are stored in blocks a block is what an element is otherwise. Each of its fields goes
/// to a plane, the two bytes of a scale to one each; nothing is rotated.
@safe struct ElementPlanes: Hashable, Sendable {
  /// Bytes an element, or a block, takes in each plane, in the order of the planes.
  let widths: [Int]
  /// Bytes of an element, or a block: the sum of `widths`.
  let elementWidth: Int
  private let isInBlocks: Bool

  /// The planes of a type; nil for types that are stored raw only.
  init?(_ elementType: ElementType) {
    switch elementType {
    case .float8E4M3, .float8E5M2: widths = [1]
    case .float16, .bfloat16: widths = [1, 1]
    case .float32: widths = [1, 1, 2]
    case .float64: widths = [1, 1, 2, 4]
    default:
      let fields = Self.fields(of: elementType)
      guard !fields.isEmpty else { return nil }
      widths = fields
    }
    isInBlocks = elementType.isInBlocks
    elementWidth = widths.reduce(0, +)
  }

  /// Bytes of the fields of a block.
  private static func fields(of type: ElementType) -> [Int] {
    switch type {
    case .q4_0, .iq4_NL, .q1_0, .q2_0: [1, 1, 16]
    case .q4_1: [1, 1, 1, 1, 16]
    case .q5_0: [1, 1, 4, 16]
    case .q5_1: [1, 1, 1, 1, 4, 16]
    case .q8_0: [1, 1, 32]
    case .q2_K: [16, 64, 1, 1, 1, 1]
    case .q3_K: [32, 64, 12, 1, 1]
    case .q4_K: [1, 1, 1, 1, 12, 128]
    case .q5_K: [1, 1, 1, 1, 12, 32, 128]
    case .q6_K: [128, 64, 16, 1, 1]
    case .q8_K: [1, 1, 1, 1, 256, 32]
    case .iq1_S: [1, 1, 32, 16]
    case .iq1_M: [32, 16, 8]
    case .iq2_XXS: [1, 1, 64]
    case .iq2_XS: [1, 1, 64, 8]
    case .iq2_S: [1, 1, 64, 8, 8]
    case .iq3_XXS: [1, 1, 64, 32]
    case .iq3_S: [1, 1, 64, 8, 32, 4]
    case .iq4_XS: [1, 1, 2, 4, 128]
    case .tq1_0: [48, 4, 1, 1]
    case .tq2_0: [64, 1, 1]
    case .mxfp4: [1, 16]
    case .nvfp4: [4, 32]
    default: []
    }
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
      "ElementPlanes: buffers of different or broken size")
    guard let source = elements.baseAddress, let target = planes.baseAddress else { return }
    let count = elements.count / elementWidth
    guard isInBlocks else {
      // SAFETY: the precondition gives every element its bytes in both buffers.
      return unsafe gobbet_split_planes(elementWidth, source, count, target)
    }
    var offset = 0
    for (width, range) in zip(widths, ranges(count: count)) {
      for block in 0..<count {
        // SAFETY: a field lies in its block, and the plane has its width for each of `count` blocks.
        unsafe (target + range.lowerBound + block * width).copyMemory(
          from: source + block * elementWidth + offset, byteCount: width)
      }
      offset += width
    }
  }

  /// Writes the elements whose planes begin at `planes`; with `isPastCaches` past the caches, where that
  /// can be.
  ///
  /// - Precondition: `elements` has room for whole elements; each plane has its width an element.
  func join(
    _ planes: [UnsafeRawPointer?], into elements: UnsafeMutableRawBufferPointer,
    isPastCaches: Bool
  ) {
    precondition(
      unsafe planes.count == widths.count && elements.count.isMultiple(of: elementWidth),
      "ElementPlanes: planes missing, or a broken element")
    guard let target = elements.baseAddress else { return }
    let count = elements.count / elementWidth
    guard isInBlocks else {
      // SAFETY: there are as many planes as the width has, each of its width an element.
      return unsafe gobbet_join_planes(
        elementWidth, planes, count, target, isPastCaches ? 1 : 0)
    }
    var offset = 0
    for (width, number) in zip(widths, unsafe planes.indices) {
      guard let plane = unsafe planes[number] else { return }
      for block in 0..<count {
        // SAFETY: a field lies in its block, and the plane has its width for each of `count` blocks.
        unsafe (target + block * elementWidth + offset).copyMemory(
          from: plane + block * width, byteCount: width)
      }
      offset += width
    }
  }
}
