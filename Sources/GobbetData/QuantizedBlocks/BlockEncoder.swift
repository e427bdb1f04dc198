/// Elements → the blocks of a quantized type.
package struct BlockEncoder: Sendable {
  /// Appends the block of a block's elements; false if it has no place for them.
  typealias Body = @Sendable (_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool

  /// Elements and bytes of a block.
  package let layout: BlockLayout
  private let body: Body

  /// The encoder of a type; nil for types that are read only.
  package init?(_ type: ElementType) {
    guard let layout = type.blockLayout, let body = Self.body(of: type) else { return nil }
    self.layout = layout
    self.body = body
  }

  /// Appends the blocks of elements; false if one has no place for its elements: NaN, infinities, and
  /// those whose scale is one.
  ///
  /// - Precondition: `floats` are those of whole blocks.
  package func encode(_ floats: Span<Float>, into bytes: inout [UInt8]) -> Bool {
    let count = layout.elementCount
    precondition(floats.count.isMultiple(of: count), "BlockEncoder: a broken block")
    for start in stride(from: 0, to: floats.count, by: count) {
      guard body(floats.extracting(start..<(start + count)), &bytes) else { return false }
    }
    return true
  }

  private static func body(of type: ElementType) -> Body? {
    switch type {
    case .q4_0: { BlockQuantizers.q4_0($0, &$1) }
    case .q4_1: { BlockQuantizers.q4_1($0, &$1) }
    case .q5_0: { BlockQuantizers.q5_0($0, &$1) }
    case .q5_1: { BlockQuantizers.q5_1($0, &$1) }
    case .q8_0: { BlockQuantizers.q8_0($0, &$1) }
    case .q4_K: { BlockQuantizers.q4_K($0, &$1) }
    case .q5_K: { BlockQuantizers.q5_K($0, &$1) }
    case .q6_K: { BlockQuantizers.q6_K($0, &$1) }
    case .mxfp4: { BlockQuantizers.mxfp4($0, &$1) }
    default: nil
    }
  }
}
