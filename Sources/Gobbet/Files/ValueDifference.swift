internal import GobbetData

/// How far the elements of two tensors are apart, as numbers.
public struct ValueDifference: Hashable, Sendable, Encodable {
  /// The largest absolute difference of two elements.
  public let largest: Double
  /// The square root of the mean of the squared differences.
  public let rootMeanSquare: Double
  /// The length of the difference, as a part of the length of the first: 0 for tensors of equal values.
  ///
  /// Nil where the first is all zeros.
  public let relative: Double?
  /// The cosine of the angle between both; nil where one is all zeros.
  public let cosine: Double?

  /// Sums over the elements that were compared so far.
  struct Sums {
    private var count = 0
    private var largest = 0.0
    private var differences = 0.0
    private var firsts = 0.0
    private var seconds = 0.0
    private var products = 0.0

    /// Adds two elements; those of the same bits aren't difference, whatever they are.
    mutating func add(_ first: Float, _ second: Float) {
      count += 1
      guard first.bitPattern != second.bitPattern || first.isFinite else { return }
      let (one, two) = (Double(first), Double(second))
      let difference = abs(one - two)
      largest = max(largest, difference.isNaN ? .infinity : difference)
      differences += difference * difference
      firsts += one * one
      seconds += two * two
      products += one * two
    }

    /// What the sums say; nil if something is not finite that is not the same in both.
    var difference: ValueDifference? {
      guard count > 0, largest.isFinite, differences.isFinite, firsts.isFinite, seconds.isFinite
      else { return nil }
      let lengths = (firsts * seconds).squareRoot()
      return ValueDifference(
        largest: largest, rootMeanSquare: (differences / Double(count)).squareRoot(),
        relative: firsts > 0 ? (differences / firsts).squareRoot() : nil,
        cosine: lengths > 0 ? min(1, max(-1, products / lengths)) : nil)
    }
  }
}
