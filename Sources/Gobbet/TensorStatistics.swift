public import GobbetData

/// What the elements of a floating-point tensor are like.
public struct TensorStatistics: Hashable, Sendable, Encodable {
  /// The smallest finite element; nil if there is none.
  public let minimum: Double?
  /// The largest finite element; nil if there is none.
  public let maximum: Double?
  /// The mean of the finite elements; nil if there is none.
  public let mean: Double?
  /// Elements that are no number.
  public let nanCount: Int
  /// Elements that are infinite.
  public let infinityCount: Int

  /// Goes through `elements`.
  public init(_ elements: [Float]) {
    var finiteCount = 0
    var sum = 0.0
    var least = Float.infinity
    var greatest = -Float.infinity
    var nanCount = 0
    for element in elements {
      if element.isFinite {
        finiteCount += 1
        sum += Double(element)
        least = min(least, element)
        greatest = max(greatest, element)
      } else if element.isNaN {
        nanCount += 1
      }
    }
    minimum = finiteCount > 0 ? Double(least) : nil
    maximum = finiteCount > 0 ? Double(greatest) : nil
    mean = finiteCount > 0 ? sum / Double(finiteCount) : nil
    self.nanCount = nanCount
    infinityCount = elements.count - finiteCount - nanCount
  }
}

extension TensorSource {
  /// The statistics of a tensor; nil if its elements are no floating-point numbers.
  ///
  /// - Throws: an error of the source if the data cannot be read.
  public func statistics(of tensor: TensorDescription) throws -> TensorStatistics? {
    FloatConversion(tensor.elementType) == nil ? nil : TensorStatistics(try floats(of: tensor))
  }
}
