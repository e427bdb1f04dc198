public import GobbetData

/// What the elements of a tensor are like.
public struct TensorStatistics: Hashable, Sendable, Encodable {
  /// The smallest finite element; nil if there is none.
  public let minimum: Double?
  /// The largest finite element; nil if there is none.
  public let maximum: Double?
  /// The mean of the finite elements; nil if there is none.
  public let mean: Double?
  /// Elements that aren't a number.
  public let nanCount: Int
  /// Elements that are infinite.
  public let infinityCount: Int

  /// Goes through `elements`.
  public init(_ elements: [Float]) {
    var sums = Sums()
    for element in elements { sums.add(element) }
    self.init(sums)
  }

  fileprivate init(_ sums: Sums) {
    let hasFinite = sums.finiteCount > 0
    minimum = hasFinite ? Double(sums.least) : nil
    maximum = hasFinite ? Double(sums.greatest) : nil
    mean = hasFinite ? sums.sum / Double(sums.finiteCount) : nil
    nanCount = sums.nanCount
    infinityCount = sums.count - sums.finiteCount - sums.nanCount
  }

  /// What is known after some of the elements.
  fileprivate struct Sums {
    var count = 0
    var finiteCount = 0
    var nanCount = 0
    var sum = 0.0
    var least = Float.infinity
    var greatest = -Float.infinity

    mutating func add(_ element: Float) {
      count += 1
      if element.isFinite {
        finiteCount += 1
        sum += Double(element)
        least = min(least, element)
        greatest = max(greatest, element)
      } else if element.isNaN {
        nanCount += 1
      }
    }
  }
}

extension TensorSource {
  /// The statistics of a tensor, in the memory of a piece of it; nil if its elements are no
  /// floating-point numbers of 16 bits or more.
  ///
  /// - Throws: an error of the source if the data cannot be read.
  public func statistics(of tensor: TensorDescription) throws -> TensorStatistics? {
    guard let conversion = FloatConversion(reading: tensor.elementType) else { return nil }
    var sums = TensorStatistics.Sums()
    try forEachPiece(of: tensor) { piece in
      for element in conversion.floats(piece) { sums.add(element) }
    }
    return TensorStatistics(sums)
  }
}
