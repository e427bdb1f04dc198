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
    /// Floats inside the feed-forward of each.
    public var feedForwardSize: Int
    /// Whether the shares of the chosen add up to 1; else they are shares among all.
    public var normalizesShares = true
    /// Layers that have one feed-forward for all tokens, of the architecture's size.
    public var layersWithout: Set<Int> = []

    /// Creates experts of which each token takes some, in every layer.
    public init(count: Int, chosenCount: Int, feedForwardSize: Int) {
      self.count = count
      self.chosenCount = chosenCount
      self.feedForwardSize = feedForwardSize
    }

    /// What makes the values no layer; nil if they can be computed with.
    var flaw: String? {
      guard count > 0, count <= Self.maximumCount else {
        return "the number of experts is \(count)"
      }
      guard chosenCount > 0, chosenCount <= count else {
        return "\(chosenCount) of \(count.counted("expert")) are chosen"
      }
      guard feedForwardSize > 0, feedForwardSize <= 1 << 31 else {
        return "the feed-forward size of the experts is \(feedForwardSize)"
      }
      return nil
    }
  }

  /// The experts of a layer; nil if it has one feed-forward for all tokens.
  package func experts(inLayer layer: Int) -> Experts? {
    experts.flatMap { $0.layersWithout.contains(layer) ? nil : $0 }
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
