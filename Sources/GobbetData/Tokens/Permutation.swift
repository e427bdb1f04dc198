/// The numbers below `count` in an order that a key decides, by arithmetic and not from a list.
///
/// A Feistel network permutes the numbers of just enough bits; what falls outside `count` goes
/// through it again until it falls inside, which is a permutation too. Fewer than two passes are
/// needed on average.
package struct Permutation: Hashable, Sendable {
  private static let roundCount = 6

  /// How many numbers there are.
  package let count: Int
  private let key: UInt64
  private let lowBits: UInt64
  private let highBits: UInt64

  /// The order of the numbers below `count` that belongs to `key`.
  ///
  /// - Precondition: `count` is not negative.
  package init(count: Int, key: UInt64) {
    precondition(count >= 0, "Permutation: a negative count")
    let bitCount = count > 1 ? UInt64(Int.bitWidth - (count - 1).leadingZeroBitCount) : 0
    self.count = count
    self.key = key
    lowBits = bitCount / 2
    highBits = bitCount - lowBits
  }

  /// The number at a position.
  ///
  /// - Precondition: `position` is in `0..<count`.
  package subscript(position: Int) -> Int {
    precondition((0..<count).contains(position), "Permutation: no such position")
    var value = UInt64(position)
    repeat { value = permuted(value) } while value >= count
    return Int(value)
  }

  /// One pass over the numbers of `lowBits + highBits` bits.
  private func permuted(_ value: UInt64) -> UInt64 {
    let lowMask = (UInt64(1) << lowBits) &- 1
    let highMask = (UInt64(1) << highBits) &- 1
    var low = value & lowMask
    var high = value >> lowBits
    // Each half is changed by a function of the other alone, so every round can be undone.
    for round in 0..<Self.roundCount {
      if round.isMultiple(of: 2) {
        high ^= Self.mixed(low, key &+ UInt64(round)) & highMask
      } else {
        low ^= Self.mixed(high, key &+ UInt64(round)) & lowMask
      }
    }
    return high << lowBits | low
  }

  /// A well-mixed 64-bit number of two numbers.
  ///
  /// - Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
  package static func mixed(_ value: UInt64, _ key: UInt64) -> UInt64 {
    var state = value &* 0x9E37_79B9_7F4A_7C15 &+ key &* 0xD1B5_4A32_D192_ED03
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
  }
}
