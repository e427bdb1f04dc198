/// Where tensors go in one piece of memory, side by side and aligned.
public struct TensorLayout: Sendable {
  /// The tensors, in the order in which they lie.
  public let tensors: [TensorDescription]
  /// What each tensor's elements are in memory.
  public let elementTypes: [ElementType]
  /// Where each tensor begins.
  public let offsets: [Int]
  /// Bytes of the memory.
  public let byteCount: Int

  /// Lays out `tensors`, each at a multiple of `alignment`; with an element type, floating-point
  /// tensors become that type.
  ///
  /// - Precondition: `alignment` is a power of two.
  /// - Throws: ``TensorError`` (`invalidShape`) if they take more than 2^62 bytes.
  public init(
    _ tensors: [TensorDescription], as elementType: ElementType? = nil, alignment: Int = 64
  ) throws(TensorError) {
    precondition(
      alignment > 0 && alignment.nonzeroBitCount == 1, "TensorLayout: not a power of two")
    self.tensors = tensors
    elementTypes = tensors.map { tensor in
      guard let elementType,
        ElementConversion(from: tensor.elementType, to: elementType) != nil
      else { return tensor.elementType }
      return elementType
    }
    var offsets: [Int] = []
    var end = 0
    for (tensor, type) in zip(tensors, elementTypes) {
      let bits = tensor.elementCount.multipliedReportingOverflow(by: type.bitWidth)
      let isSmall = type.isInBlocks ? tensor.byteCount < 1 << 59 : bits.partialValue < 1 << 62
      let start = (end + alignment - 1) & ~(alignment - 1)
      guard !bits.overflow, isSmall, start < 1 << 61 else {
        throw TensorError(.invalidShape(tensor.shape), tensor: tensor.name)
      }
      offsets.append(start)
      end = start + type.byteCount(tensor.elementCount)
    }
    self.offsets = offsets
    byteCount = end
  }

  /// The bytes of a tensor, by its place in `tensors`.
  public func bytes(_ index: Int) -> Range<Int> {
    let count = elementTypes[index].byteCount(tensors[index].elementCount)
    return offsets[index]..<(offsets[index] + count)
  }
}
