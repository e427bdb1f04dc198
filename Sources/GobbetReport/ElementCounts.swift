internal import Gobbet

/// What is known of a tensor's elements after one pass over them.
///
/// Elements are counted by their sign, exponent and five bits of their fraction, so that a bin is 3 %
/// wide, whatever the scale.
package struct ElementCounts: Sendable {
  package private(set) var count = 0
  package private(set) var finiteCount = 0
  package private(set) var nanCount = 0
  package private(set) var zeroCount = 0
  package private(set) var least = Float.infinity
  package private(set) var greatest = -Float.infinity
  private var sum = 0.0
  private var squares = 0.0
  private var bins = [Int](repeating: 0, count: 1 << 14)

  /// Creates counts of no elements.
  package init() {}

  /// Adds elements.
  package mutating func add(_ elements: [Float]) {
    count += elements.count
    for element in elements {
      bins[Int(element.bitPattern >> 18)] += 1
      guard element.isFinite else {
        if element.isNaN { nanCount += 1 }
        continue
      }
      finiteCount += 1
      if element == 0 { zeroCount += 1 }
      let value = Double(element)
      sum += value
      squares += value * value
      least = min(least, element)
      greatest = max(greatest, element)
    }
  }

  package var infinityCount: Int { count - finiteCount - nanCount }
  package var mean: Double { sum / Double(max(1, finiteCount)) }

  /// The standard deviation of the finite elements.
  package var deviation: Double {
    let mean = mean
    return max(0, squares / Double(max(1, finiteCount)) - mean * mean).squareRoot()
  }

  /// The finite values of a bin.
  private static func values(_ bin: Int) -> ClosedRange<Double>? {
    let near = Float(bitPattern: UInt32(bin) << 18)
    let far = Float(bitPattern: UInt32(bin) << 18 | 0x3FFFF)
    guard near.isFinite, far.isFinite else { return nil }
    return near.sign == .minus ? Double(far)...Double(near) : Double(near)...Double(far)
  }

  /// How many finite elements are farther from the mean than that many standard deviations, to the width of
  /// a bin.
  package func outlierCount(beyond factor: Double) -> Int {
    let (mean, limit) = (mean, factor * deviation)
    return bins.indices.reduce(0) { sum, bin in
      guard bins[bin] > 0, let values = Self.values(bin) else { return sum }
      let isBeyond = values.upperBound < mean - limit || values.lowerBound > mean + limit
      return sum + (isBeyond ? bins[bin] : 0)
    }
  }

  /// The finite elements in that many bins of equal width from the smallest to the largest.
  package func histogram(_ binCount: Int) -> [(values: ClosedRange<Double>, count: Int)] {
    guard finiteCount > 0 else { return [] }
    let (low, high) = (Double(least), Double(greatest))
    let width = (high - low) / Double(binCount)
    guard width > 0 else { return [(low...high, finiteCount)] }
    var counts = [Int](repeating: 0, count: binCount)
    for bin in bins.indices where bins[bin] > 0 {
      guard let values = Self.values(bin) else { continue }
      let middle = min(high, max(low, (values.lowerBound + values.upperBound) / 2))
      counts[min(binCount - 1, Int((middle - low) / width))] += bins[bin]
    }
    return counts.enumerated().map { index, count in
      let start = low + width * Double(index)
      return (start...max(start, start + width), count)
    }
  }
}

extension ElementCounts {
  /// Goes through a tensor, in the memory of a piece of it; nil if its elements aren't floating-point
  /// numbers that are read.
  ///
  /// - Throws: an error of the source if the data can't be read.
  init?(_ tensor: TensorDescription, of source: some TensorSource) throws {
    guard let conversion = FloatConversion(reading: tensor.elementType) else { return nil }
    self.init()
    var counts = ElementCounts()
    try source.forEachPiece(of: tensor) { piece in counts.add(conversion.floats(piece)) }
    self = counts
  }
}
