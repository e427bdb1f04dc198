/// The name, element type and logical shape of a tensor, without its data.
public struct TensorDescription: Hashable, Sendable {
  /// The most axes a tensor may have.
  public static let maximumRank = 8

  /// The name by which a model finds the tensor.
  public let name: String
  /// What each element is.
  public let elementType: ElementType
  /// Lengths of the axes, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Elements in all: the product of the shape, 1 for a scalar.
  public let elementCount: Int
  /// Bytes of the data, row-major and packed.
  public let byteCount: Int

  /// Describes a tensor whose size is representable.
  ///
  /// - Throws: ``TensorError`` (`invalidShape`) for more than 8 axes, a negative length, a size that
  ///   does not fit in 63 bits, or rows that aren't whole blocks of a type that is stored in blocks.
  public init(name: String, elementType: ElementType, shape: [Int]) throws(TensorError) {
    // Blocks lie in rows.
    guard let elementCount = Self.elementCount(of: shape),
      elementType.blockLayout.map({ (shape.last ?? 1).isMultiple(of: $0.elementCount) }) ?? true,
      let byteCount = elementType.byteCount(checking: elementCount)
    else { throw TensorError(.invalidShape(shape), tensor: name) }
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.elementCount = elementCount
    self.byteCount = byteCount
  }

  /// The product of a legal shape, or nil.
  ///
  /// A zero length does not excuse an overflow elsewhere, so that the answer does not depend on the
  /// order of the axes.
  private static func elementCount(of shape: [Int]) -> Int? {
    guard shape.count <= maximumRank, shape.allSatisfy({ $0 >= 0 }) else { return nil }
    var product = 1
    for length in shape where length > 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: length)
      guard !overflow else { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}
