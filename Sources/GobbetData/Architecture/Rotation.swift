extension Architecture {
  /// How pairs of a head's floats are turned by their position.
  /// - Source: Su et al. 2021, "RoFormer".
  public struct Rotation: Hashable, Sendable {
    /// What the frequencies are powers of, as 10,000.
    public var base: Double
    /// Floats of a head that are turned, an even number; the others stay.
    public var dimension: Int
    /// Whether a pair is two neighbours, as in GGUF's Llama; else its halves are `dimension` / 2 apart.
    public var pairsAreNeighbours = false
    /// Whether pairs are turned the other way (nanochat).
    public var isReversed = false
    /// How frequencies are changed for longer contexts.
    public var scaling = Scaling.none

    /// Creates a rotation without scaling.
    public init(base: Double, dimension: Int) {
      self.base = base
      self.dimension = dimension
    }
  }

  /// How the frequencies of a rotation are changed for contexts longer than those of the training.
  public enum Scaling: Hashable, Sendable {
    /// They are not.
    case none
    /// All are divided by `factor`.
    case linear(factor: Double)
    /// Low ones are divided by `factor`, high ones stay, and those between change by degrees.
    /// - Source: Llama 3.1's reference code, as in transformers 5.24.
    case llama3(
      factor: Double, lowFactor: Double, highFactor: Double, originalContextLength: Int)
    /// Low ones are divided by `factor` and high ones stay, by another ramp, and all turned vectors are
    /// multiplied by `magnitude`, which is 0.1 ln(factor) + 1 if nothing else is said.
    /// - Source: Peng et al. 2023, "YaRN", as in transformers 5.24.
    case yarn(
      factor: Double, fast: Double, slow: Double, originalContextLength: Int, magnitude: Double?,
      roundsBounds: Bool)
    /// Each is divided by a factor of its own, as GGUF stores Llama 3.1's.
    case factors([Double])
    /// Each is divided by a factor of its own: a text of up to `originalContextLength` tokens by those in
    /// `short`, a longer one, from its first token on, by those in `long`. All turned vectors are
    /// multiplied by `magnitude` (Phi-3).
    /// - Source: Ding et al. 2024, "LongRoPE", as in transformers 5.24.
    case longRope(
      short: [Double], long: [Double], originalContextLength: Int, magnitude: Double)
  }
}
