internal import GobbetData

/// How the tensors of two files differ.
public struct WeightsDifference: Hashable, Sendable, Encodable {
  /// A tensor that both files have, not alike.
  public struct Tensor: Hashable, Sendable, Encodable {
    /// Its name.
    public let name: String
    /// Type and shape in both files where they are not the same.
    ///
    /// Of floating-point types values are compared all the same, if the shapes are equal.
    public let descriptions: [String]?
    /// Elements whose bits are not the same, of different types those whose values are not.
    public let elementCount: Int
    /// How far they are apart; nil if that is not finite or too large for 32-bit floats, or the elements
    /// aren't floating-point numbers.
    public let values: ValueDifference?
    /// The largest absolute difference of two elements; nil where ``values`` is.
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
  /// - Throws: the errors of the sources if their data cannot be read; what `progress` throws.
  /// - Complexity: O(bytes of both), in the memory of a piece of each where both read parts.
  init?(
    _ first: some TensorSource, _ second: some TensorSource, _ progress: FileComparison.Progress
  ) throws {
    func byName(_ source: some TensorSource) -> [[UInt8]: TensorDescription] {
      Dictionary(
        source.tensors.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    }
    let firstNames = byName(first)
    let secondNames = byName(second)
    onlyInFirst = first.tensors.map(\.name).filter { secondNames[Array($0.utf8)] == nil }
    onlyInSecond = second.tensors.map(\.name).filter { firstNames[Array($0.utf8)] == nil }
    let byteCount = first.tensors.reduce(0) { $0 + $1.byteCount }
    var done = 0
    different = try first.tensors.compactMap { tensor in
      try progress(done, byteCount)
      done += tensor.byteCount
      guard let other = secondNames[Array(tensor.name.utf8)] else { return nil }
      return try Tensor(tensor, of: first, other, of: second)
    }
    guard !(onlyInFirst.isEmpty && onlyInSecond.isEmpty && different.isEmpty) else { return nil }
  }
}

extension WeightsDifference.Tensor {
  /// Nil if both are the same, bit for bit; blocks and the floats that they stand for are the same, too.
  init?(
    _ tensor: TensorDescription, of first: some TensorSource, _ other: TensorDescription,
    of second: some TensorSource
  ) throws {
    name = tensor.name
    guard tensor == other else {
      descriptions = [tensor, other].map { "\($0.elementType.name) \($0.shape)" }
      guard tensor.shape == other.shape, FloatConversion(reading: tensor.elementType) != nil,
        FloatConversion(reading: other.elementType) != nil
      else {
        elementCount = tensor.elementCount
        (values, largestDifference) = (nil, nil)
        return
      }
      guard let comparison = try Comparison(tensor, of: first, other, of: second) else {
        elementCount = tensor.elementCount
        (values, largestDifference) = (nil, nil)
        return
      }
      let types = [tensor.elementType, other.elementType]
      let areFloats = types.allSatisfy { $0.isInBlocks || $0 == .float32 }
      if areFloats, types.contains(where: \.isInBlocks), comparison.count == 0 { return nil }
      (elementCount, values) = (comparison.count, comparison.sums.difference)
      largestDifference = values?.largest
      return
    }
    descriptions = nil
    var comparison = Comparison()
    try comparison.addBits(tensor, of: first, of: second)
    guard comparison.count > 0 else { return nil }
    elementCount = comparison.count
    let isFloatingPoint = FloatConversion(reading: tensor.elementType) != nil
    let elements = isFloatingPoint ? try Comparison(tensor, of: first, other, of: second) : nil
    values = elements?.sums.difference
    largestDifference = values?.largest
  }

  /// What two tensors were found to have.
  private struct Comparison {
    /// Elements that are not the same.
    var count = 0
    var sums = ValueDifference.Sums()

    init() {}

    /// Compares elements of floating-point types by value; nil if some are too large for 32-bit floats.
    init?(
      _ tensor: TensorDescription, of first: some TensorSource, _ other: TensorDescription,
      of second: some TensorSource
    ) throws {
      do {
        try addValues(tensor, of: first, other, of: second)
      } catch let error as TensorError {
        if case .overflow = error.code { return nil }
        throw error
      }
    }

    /// Compares elements of floating-point types, as 32-bit floats.
    private mutating func addValues(
      _ tensor: TensorDescription, of first: some TensorSource, _ other: TensorDescription,
      of second: some TensorSource
    ) throws {
      let one = try ConvertedWeights(
        first.selecting { $0 == tensor }, as: .float32)
      let two = try ConvertedWeights(second.selecting { $0 == other }, as: .float32)
      try compare(one.tensors[0], of: one, of: two) { left, right, comparison in
        guard let conversion = FloatConversion(.float32) else { return }
        for (one, two) in zip(conversion.floats(left), conversion.floats(right)) {
          comparison.count += one.bitPattern == two.bitPattern ? 0 : 1
          comparison.sums.add(one, two)
        }
      }
    }

    /// Compares tensors of the same type and shape.
    mutating func addBits(
      _ tensor: TensorDescription, of first: some TensorSource, of second: some TensorSource
    ) throws {
      let layout = tensor.elementType.blockLayout
      let width = layout?.byteCount ?? max(1, tensor.elementType.bitWidth / 8)
      try compare(tensor, of: first, of: second) { left, right, comparison in
        guard !left.holdsSameBytes(as: right) else { return }
        // Of types that are narrower than a byte, bytes are counted; of blocks all of their elements.
        comparison.count +=
          (layout?.elementCount ?? 1)
          * stride(from: 0, to: left.count, by: width).count { start in
            (start..<min(start + width, left.count)).contains { left[$0] != right[$0] }
          }
      }
    }

    /// Calls `body` with the same pieces of both.
    private mutating func compare(
      _ tensor: TensorDescription, of first: some TensorSource, of second: some TensorSource,
      _ body: (Span<UInt8>, Span<UInt8>, inout Self) throws -> Void
    ) throws {
      let whole = second.readsParts(of: tensor) ? nil : try second.bytes(of: tensor)
      var offset = 0
      try first.forEachPiece(of: tensor) { left in
        let range = offset..<(offset + left.count)
        offset += left.count
        let right = try whole.map { Array($0[range]) } ?? second.bytes(of: tensor, in: range)
        try body(left, right.span, &self)
      }
    }
  }
}
