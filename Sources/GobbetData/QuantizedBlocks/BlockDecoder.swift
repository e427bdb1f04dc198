/// Blocks of a quantized type → their elements.
struct BlockDecoder: Sendable {
  /// Writes the elements of one block, which is as long as the layout says, from a place on.
  typealias Body =
    @Sendable (_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) -> Void

  let layout: BlockLayout
  private let body: Body

  /// The decoder of a type; nil for types that are not stored in blocks.
  init?(_ type: ElementType) {
    guard let layout = type.blockLayout, let body = Self.body(of: type) else { return nil }
    self.layout = layout
    self.body = body
  }

  /// Writes the elements of whole blocks.
  ///
  /// - Precondition: `bytes` holds whole blocks, and `floats` has room for their elements.
  func decode(_ bytes: Span<UInt8>, into floats: inout MutableSpan<Float>) {
    let blockCount = bytes.count / layout.byteCount
    precondition(
      bytes.count == blockCount * layout.byteCount
        && floats.count >= blockCount * layout.elementCount, "BlockDecoder: a broken block")
    for block in 0..<blockCount {
      body(
        bytes.extracting((block * layout.byteCount)..<((block + 1) * layout.byteCount)), &floats,
        block * layout.elementCount)
    }
  }

  private static func body(of type: ElementType) -> Body? {
    switch type {
    case .q4_0: { QuantizedBlocks.q4_0($0, &$1, $2) }
    case .q4_1: { QuantizedBlocks.q4_1($0, &$1, $2) }
    case .q5_0: { QuantizedBlocks.q5_0($0, &$1, $2) }
    case .q5_1: { QuantizedBlocks.q5_1($0, &$1, $2) }
    case .q8_0: { QuantizedBlocks.q8_0($0, &$1, $2) }
    case .q2_K: { QuantizedBlocks.q2_K($0, &$1, $2) }
    case .q3_K: { QuantizedBlocks.q3_K($0, &$1, $2) }
    case .q4_K: { QuantizedBlocks.q4_K($0, &$1, $2) }
    case .q5_K: { QuantizedBlocks.q5_K($0, &$1, $2) }
    case .q6_K: { QuantizedBlocks.q6_K($0, &$1, $2) }
    case .q8_K: { QuantizedBlocks.q8_K($0, &$1, $2) }
    case .iq2_XXS: { QuantizedBlocks.iq2_XXS($0, &$1, $2) }
    case .iq2_XS: { QuantizedBlocks.iq2_XS($0, &$1, $2) }
    case .iq3_XXS: { QuantizedBlocks.iq3_XXS($0, &$1, $2) }
    case .iq1_S: { QuantizedBlocks.iq1_S($0, &$1, $2) }
    case .iq4_NL: { QuantizedBlocks.iq4_NL($0, &$1, $2) }
    case .iq3_S: { QuantizedBlocks.iq3_S($0, &$1, $2) }
    case .iq2_S: { QuantizedBlocks.iq2_S($0, &$1, $2) }
    case .iq4_XS: { QuantizedBlocks.iq4_XS($0, &$1, $2) }
    case .iq1_M: { QuantizedBlocks.iq1_M($0, &$1, $2) }
    case .tq1_0: { QuantizedBlocks.tq1_0($0, &$1, $2) }
    case .tq2_0: { QuantizedBlocks.tq2_0($0, &$1, $2) }
    case .mxfp4: { QuantizedBlocks.mxfp4($0, &$1, $2) }
    case .nvfp4: { QuantizedBlocks.nvfp4($0, &$1, $2) }
    case .q1_0: { QuantizedBlocks.q1_0($0, &$1, $2) }
    case .q2_0: { QuantizedBlocks.q2_0($0, &$1, $2) }
    default: nil
    }
  }
}
