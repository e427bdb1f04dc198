internal import GobbetData

/// How the tensors of two files differ.
public struct WeightsDifference: Hashable, Sendable, Encodable {
  /// A tensor that both files have, not alike.
  public struct Tensor: Hashable, Sendable, Encodable {
    /// Its name.
    public let name: String
    /// Type and shape in both files where they are not the same: then nothing more is compared.
    public let descriptions: [String]?
    /// Elements whose bits are not the same.
    public let elementCount: Int
    /// The largest absolute difference of two elements; nil if it is not finite, or the elements are
    /// no floating-point numbers.
    public let largestDifference: Double?
  }

  /// Names of tensors that only the first file has.
  public let onlyInFirst: [String]
  /// Names of tensors that only the second file has.
  public let onlyInSecond: [String]
  /// Tensors that both have, not alike.
  public let different: [Tensor]

  /// Nil if both hold the same tensors, in whatever order.
  ///
  /// - Throws: the errors of the sources if their data cannot be read.
  /// - Complexity: O(bytes of both), in the memory of a piece of each where both read parts.
  init?(_ first: some TensorSource, _ second: some TensorSource) throws {
    func byName(_ source: some TensorSource) -> [[UInt8]: TensorDescription] {
      Dictionary(
        source.tensors.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    }
    let firstNames = byName(first)
    let secondNames = byName(second)
    onlyInFirst = first.tensors.map(\.name).filter { secondNames[Array($0.utf8)] == nil }
    onlyInSecond = second.tensors.map(\.name).filter { firstNames[Array($0.utf8)] == nil }
    let (firstElements, secondElements) = try (first.widened(), second.widened())
    different = try first.tensors.compactMap { tensor in
      guard let other = secondNames[Array(tensor.name.utf8)] else { return nil }
      // Blocks are compared as such with blocks of their type, else by their elements.
      guard tensor != other, tensor.elementType.isInBlocks || other.elementType.isInBlocks,
        let one = firstElements.tensor(named: tensor.name),
        let two = secondElements.tensor(named: tensor.name)
      else { return try Tensor(tensor, of: first, other, of: second) }
      return try Tensor(one, of: firstElements, two, of: secondElements)
    }
    guard !(onlyInFirst.isEmpty && onlyInSecond.isEmpty && different.isEmpty) else { return nil }
  }
}

extension WeightsDifference.Tensor {
  /// Nil if both are the same, bit for bit.
  init?(
    _ tensor: TensorDescription, of first: some TensorSource, _ other: TensorDescription,
    of second: some TensorSource
  ) throws {
    name = tensor.name
    guard tensor == other else {
      descriptions = [tensor, other].map { "\($0.elementType.name) \($0.shape)" }
      elementCount = tensor.elementCount
      largestDifference = nil
      return
    }
    descriptions = nil
    let layout = tensor.elementType.blockLayout
    let width = layout?.byteCount ?? max(1, tensor.elementType.bitWidth / 8)
    let conversion = FloatConversion(reading: tensor.elementType)
    let whole = second.readsParts(of: tensor) ? nil : try second.bytes(of: tensor)
    var offset = 0
    var count = 0
    var largest = 0.0
    try first.forEachPiece(of: tensor) { left in
      let range = offset..<(offset + left.count)
      offset += left.count
      let right = try whole.map { Array($0[range]) } ?? second.bytes(of: tensor, in: range)
      guard !left.holdsSameBytes(as: right.span) else { return }
      // Of types that are narrower than a byte, bytes are counted; of blocks all of their elements.
      count += stride(from: 0, to: left.count, by: width).count { start in
        (start..<min(start + width, left.count)).contains { left[$0] != right[$0] }
      }
      guard let conversion else { return }
      for (one, two) in zip(conversion.floats(left), conversion.floats(right.span))
      where one.bitPattern != two.bitPattern {
        let difference = abs(Double(one) - Double(two))
        largest = difference.isNaN ? .infinity : max(largest, difference)
      }
    }
    guard count > 0 else { return nil }
    elementCount = count * (layout?.elementCount ?? 1)
    largestDifference = conversion != nil && largest.isFinite ? largest : nil
  }
}
