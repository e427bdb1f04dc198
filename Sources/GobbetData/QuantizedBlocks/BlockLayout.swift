/// How the elements of a quantized type are stored: a number of them together, in a block.
///
/// Blocks lie along the innermost axis, whose length is a multiple of theirs. Two blocks have nothing
/// in common, so that rows, and parts of rows, are read by themselves.
public struct BlockLayout: Hashable, Sendable {
  /// Elements of a block: a divisor of 256.
  public let elementCount: Int
  /// Bytes of a block.
  public let byteCount: Int

  /// Elements that are whole blocks of every type.
  static let groupElementCount = 256
  /// Bytes that as many elements take.
  var groupByteCount: Int { byteCount * (Self.groupElementCount / elementCount) }
}

extension ElementType {
  /// How elements are stored together; nil for types whose elements are stored one by one.
  ///
  /// - Source: `GGML_QUANT_SIZES` of PyPI's gguf 0.19; q2_0: ggml 0.25.3, by `ggml_get_type_traits`.
  public var blockLayout: BlockLayout? {
    switch self {
    case .q4_0: BlockLayout(elementCount: 32, byteCount: 18)
    case .q4_1: BlockLayout(elementCount: 32, byteCount: 20)
    case .q5_0: BlockLayout(elementCount: 32, byteCount: 22)
    case .q5_1: BlockLayout(elementCount: 32, byteCount: 24)
    case .q8_0: BlockLayout(elementCount: 32, byteCount: 34)
    case .q2_K: BlockLayout(elementCount: 256, byteCount: 84)
    case .q3_K: BlockLayout(elementCount: 256, byteCount: 110)
    case .q4_K: BlockLayout(elementCount: 256, byteCount: 144)
    case .q5_K: BlockLayout(elementCount: 256, byteCount: 176)
    case .q6_K: BlockLayout(elementCount: 256, byteCount: 210)
    case .q8_K: BlockLayout(elementCount: 256, byteCount: 292)
    case .iq2_XXS: BlockLayout(elementCount: 256, byteCount: 66)
    case .iq2_XS: BlockLayout(elementCount: 256, byteCount: 74)
    case .iq3_XXS: BlockLayout(elementCount: 256, byteCount: 98)
    case .iq1_S: BlockLayout(elementCount: 256, byteCount: 50)
    case .iq4_NL: BlockLayout(elementCount: 32, byteCount: 18)
    case .iq3_S: BlockLayout(elementCount: 256, byteCount: 110)
    case .iq2_S: BlockLayout(elementCount: 256, byteCount: 82)
    case .iq4_XS: BlockLayout(elementCount: 256, byteCount: 136)
    case .iq1_M: BlockLayout(elementCount: 256, byteCount: 56)
    case .tq1_0: BlockLayout(elementCount: 256, byteCount: 54)
    case .tq2_0: BlockLayout(elementCount: 256, byteCount: 66)
    case .mxfp4: BlockLayout(elementCount: 32, byteCount: 17)
    case .nvfp4: BlockLayout(elementCount: 64, byteCount: 36)
    case .q1_0: BlockLayout(elementCount: 128, byteCount: 18)
    case .q2_0: BlockLayout(elementCount: 64, byteCount: 18)
    default: nil
    }
  }

  /// Whether elements are stored in blocks.
  public var isInBlocks: Bool { blockLayout != nil }

  /// Bytes of `count` packed elements; nil if that is more than 63 bits hold, or if the elements are
  /// stored in blocks and are not whole ones.
  func byteCount(checking count: Int) -> Int? {
    if let blockLayout {
      guard count.isMultiple(of: blockLayout.elementCount) else { return nil }
      let (bytes, overflow) = (count / blockLayout.elementCount)
        .multipliedReportingOverflow(by: blockLayout.byteCount)
      return overflow ? nil : bytes
    }
    guard bitWidth >= 8 else {
      // Groups of 8 elements are whole bytes, and smaller than as many bytes.
      return count / 8 * bitWidth + (count % 8 * bitWidth + 7) / 8
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: bitWidth / 8)
    return overflow ? nil : bytes
  }

  /// Bytes of `count` packed elements.
  ///
  /// - Precondition: no more of them than a tensor has; whole blocks of types that are stored so.
  func byteCount(_ count: Int) -> Int {
    guard let bytes = byteCount(checking: count) else {
      preconditionFailure("ElementType: \(count) elements of \(name)")
    }
    return bytes
  }

  /// Elements that `byteCount` bytes hold, for types of whole bytes and of blocks.
  func elementCount(inBytes byteCount: Int) -> Int {
    if let blockLayout { return byteCount / blockLayout.byteCount * blockLayout.elementCount }
    precondition(bitWidth >= 8, "ElementType: elements of less than a byte")
    return byteCount / (bitWidth / 8)
  }

  /// The fewest elements that begin and end with whole bytes.
  var leastElementCount: Int {
    if let blockLayout { return blockLayout.elementCount }
    return bitWidth >= 8 ? 1 : bitWidth == 4 ? 2 : 4
  }
}
