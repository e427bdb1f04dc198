internal import GobbetSystem

extension Architecture {
  /// Feed-forwards of which each token takes some, by the scores that a router gives them.
  ///
  /// What the chosen ones give is added up, each times its share.
  /// - Source: Shazeer et al. 2017; Fedus et al. 2021, as in transformers 5.24.
  public struct Experts: Hashable, Sendable {
    /// More experts than any model has in a layer; a number out of a file beyond it is damage.
    public static let maximumCount = 1 << 14

    /// How many there are in every layer.
    public var count: Int
    /// How many a token takes.
    public var chosenCount: Int
    /// Whether the shares of the chosen add up to 1; else they are shares among all.
    public var normalizesShares = true

    /// Creates experts of which each token takes some.
    public init(count: Int, chosenCount: Int) {
      self.count = count
      self.chosenCount = chosenCount
    }

    /// What makes the values no layer; nil if they can be computed with.
    var flaw: String? {
      guard count > 0, count <= Self.maximumCount else {
        return "the number of experts is \(count)"
      }
      guard chosenCount > 0, chosenCount <= count else {
        return "\(chosenCount) of \(count.counted("expert")) are chosen"
      }
      return nil
    }
  }

  /// Bounds of a gated activation: gates are at most `limit`, what they multiply is between −`limit` and
  /// `limit`, and 1 is added to that (gpt-oss).
  public struct GateClamp: Hashable, Sendable {
    /// What gates and what they multiply are bounded by.
    public var limit: Float
    /// What a gate is multiplied by inside its sigmoid.
    public var slope: Float

    /// Creates bounds.
    public init(limit: Float, slope: Float) {
      self.limit = limit
      self.slope = slope
    }
  }
}
