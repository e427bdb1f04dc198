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
  /// - Throws: ``FormatError`` or ``FileError`` if their data cannot be read.
  init?(_ first: WeightsReader, _ second: WeightsReader) throws {
    func byName(_ reader: WeightsReader) -> [[UInt8]: TensorDescription] {
      Dictionary(
        reader.tensors.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    }
    let firstNames = byName(first)
    let secondNames = byName(second)
    onlyInFirst = first.tensors.map(\.name).filter { secondNames[Array($0.utf8)] == nil }
    onlyInSecond = second.tensors.map(\.name).filter { firstNames[Array($0.utf8)] == nil }
    different = try first.tensors.compactMap { tensor in
      guard let other = secondNames[Array(tensor.name.utf8)] else { return nil }
      return try Tensor(tensor, of: first, other, of: second)
    }
    guard !(onlyInFirst.isEmpty && onlyInSecond.isEmpty && different.isEmpty) else { return nil }
  }
}

extension WeightsDifference.Tensor {
  /// Nil if both are the same, bit for bit.
  init?(
    _ tensor: TensorDescription, of first: WeightsReader, _ other: TensorDescription,
    of second: WeightsReader
  ) throws {
    name = tensor.name
    guard tensor == other else {
      descriptions = [tensor, other].map { "\($0.elementType.name) \($0.shape)" }
      elementCount = tensor.elementCount
      largestDifference = nil
      return
    }
    descriptions = nil
    let left = try first.bytes(of: tensor)
    let right = try second.bytes(of: other)
    guard left != right else { return nil }
    let width = max(1, tensor.elementType.bitWidth / 8)
    // Of types that are narrower than a byte, bytes are counted.
    elementCount = stride(from: 0, to: left.count, by: width).reduce(0) { count, start in
      let range = start..<min(start + width, left.count)
      return count + (left[range] == right[range] ? 0 : 1)
    }
    guard let conversion = FloatConversion(tensor.elementType) else {
      largestDifference = nil
      return
    }
    var largest = 0.0
    for (one, two) in zip(conversion.floats(left.span), conversion.floats(right.span))
    where one.bitPattern != two.bitPattern {
      let difference = abs(Double(one) - Double(two))
      largest = difference.isNaN ? .infinity : max(largest, difference)
    }
    largestDifference = largest.isFinite ? largest : nil
  }
}
