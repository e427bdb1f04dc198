internal import CGobbetKernels

extension Architecture.Rotation {
  /// How far each pair turns in a position, in radians, the fastest first.
  ///
  /// - Source: transformers 5.24, `modeling_rope_utils.py`; pinned by the models of
  ///   `Tests/GobbetTests/FamilyTests.swift`.
  package var frequencies: [Double] {
    let plain = (0..<(dimension / 2)).map {
      gobbet_power(base, -2 * Double($0) / Double(dimension))
    }
    switch scaling {
    case .none: return plain
    case .linear(let factor): return plain.map { $0 / factor }
    case .factors(let factors): return zip(plain, factors).map { $0 / $1 }
    case .llama3(let factor, let lowFactor, let highFactor, let length):
      return plain.map { frequency in
        // Whole turns that the pair makes in the context of the training.
        let turnCount = Double(length) * frequency / (2 * Double.pi)
        if turnCount > highFactor { return frequency }
        if turnCount < lowFactor { return frequency / factor }
        let share = (turnCount - lowFactor) / (highFactor - lowFactor)
        return (1 - share) * frequency / factor + share * frequency
      }
    case .yarn(let factor, let fast, let slow, let length, _, let roundsBounds):
      // The pair that makes that many turns in the context of the training.
      func pair(_ turnCount: Double) -> Double {
        Double(dimension) * gobbet_logarithm(Double(length) / (turnCount * 2 * Double.pi))
          / (2 * gobbet_logarithm(base))
      }
      var low = pair(fast)
      var high = pair(slow)
      if roundsBounds { (low, high) = (low.rounded(.down), high.rounded(.up)) }
      low = max(low, 0)
      high = min(high, Double(dimension - 1))
      if low == high { high += 0.001 }
      return plain.enumerated().map { index, frequency in
        let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
        return frequency / factor * ramp + frequency * (1 - ramp)
      }
    }
  }
}
