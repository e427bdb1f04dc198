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
    case .factors(let factors), .longRope(let factors, _, _, _):
      return zip(plain, factors).map { $0 / $1 }
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

  /// The tokens up to which a text is turned by ``frequencies``, and beyond which as
  /// ``inLongTexts`` is; nil where both are the same.
  package var shortTextLength: Int? {
    if case .longRope(_, _, let length, _) = scaling { length } else { nil }
  }

  /// The rotation in texts that are longer than ``shortTextLength``.
  package var inLongTexts: Self {
    guard case .longRope(_, let long, let length, let magnitude) = scaling else { return self }
    var rotation = self
    rotation.scaling = .longRope(
      short: long, long: long, originalContextLength: length, magnitude: magnitude)
    return rotation
  }

  /// What turned vectors are multiplied by.
  package var magnitude: Double {
    switch scaling {
    case .yarn(let factor, _, _, _, let magnitude, _): magnitude ?? Self.yarnMagnitude(factor)
    case .longRope(_, _, _, let magnitude): magnitude
    case .none, .linear, .llama3, .factors: 1
    }
  }

  /// What YaRN multiplies turned vectors by; `share` is how much of that.
  package static func yarnMagnitude(_ factor: Double, _ share: Double = 1) -> Double {
    factor > 1 ? 0.1 * share * gobbet_logarithm(factor) + 1 : 1
  }

  /// What LongRoPE multiplies turned vectors by, for contexts that are `factor` times as long as those of
  /// the training.
  package static func longRopeMagnitude(_ factor: Double, originalContextLength: Int) -> Double {
    factor > 1
      ? (1 + gobbet_logarithm(factor) / gobbet_logarithm(Double(originalContextLength)))
        .squareRoot() : 1
  }
}
