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
    magnitude = Float(rotation.magnitude)
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
