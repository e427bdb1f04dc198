internal import CGobbetKernels
internal import GobbetData

/// The cosines and sines by which the positions of a sequence are turned.
///
/// It grows with the positions that are asked for, and a position's turns never depend on that.
struct TurnTable: Sendable {
  /// How many times a pair turns in a position, in radians.
  private let frequencies: [Float]
  private let magnitude: Float
  /// Whether a pair is two neighbours.
  let pairsAreNeighbours: Bool
  /// For every position, cosines and then sines.
  private(set) var turns: [Float] = []
  /// Positions that the table has.
  private(set) var positionCount = 0

  /// Pairs of a head that are turned.
  var pairCount: Int { frequencies.count }

  /// An empty table.
  init(_ rotation: Architecture.Rotation) {
    frequencies = rotation.frequencies.map { Float(rotation.isReversed ? -$0 : $0) }
    if case .yarn(let factor, _, _, _, let magnitude, _) = rotation.scaling {
      self.magnitude = Float(magnitude ?? 0.1 * gobbet_logarithm(factor) + 1)
    } else {
      magnitude = 1
    }
    pairsAreNeighbours = rotation.pairsAreNeighbours
  }

  /// Makes sure that the table has that many positions.
  mutating func reserve(_ count: Int) {
    guard count > positionCount else { return }
    let larger = max(count, min(2 * positionCount, positionCount + 4096), 64)
    turns += repeatElement(0, count: (larger - positionCount) * 2 * pairCount)
    let (first, pairCount) = (positionCount, pairCount)
    unsafe turns.withUnsafeMutableBufferPointer { [frequencies, magnitude] buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the table has room for the positions from the old count to the new one.
      unsafe gobbet_fill_turns(frequencies, pairCount, magnitude, first, larger, base)
    }
    positionCount = larger
  }
}

extension Architecture.Rotation {
  /// How far each pair turns in a position, in radians, the fastest first.
  ///
  /// - Source: transformers 5.24, `modeling_rope_utils.py`; pinned by the models of
  ///   `Tests/GobbetTests/FamilyTests.swift`.
  var frequencies: [Double] {
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
      // The pair that makes so many turns in the context of the training.
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
