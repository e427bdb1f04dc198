/// A set of numbers below a bound that finds the smallest member from some number on.
///
/// A bitmap, and above it bitmaps of which words of the one below are not zero.
package struct SpaceSet: Sendable {
  private var words: [UInt64]
  /// Where each level begins in `words`, the lowest first.
  private let levels: [Int]

  /// An empty set of numbers below `bound`.
  ///
  /// - Precondition: `bound` is positive.
  package init(bound: Int) {
    precondition(bound > 0, "SpaceSet: no numbers")
    var levels: [Int] = []
    var total = 0
    var count = bound
    repeat {
      count = (count + 63) / 64
      levels.append(total)
      total += count
    } while count > 1
    self.levels = levels
    words = [UInt64](repeating: 0, count: total)
  }

  /// Adds a number.
  package mutating func insert(_ number: Int) {
    var place = number
    for level in levels {
      words[level + place >> 6] |= 1 << UInt64(place & 63)
      place >>= 6
    }
  }

  /// Takes a number away.
  package mutating func remove(_ number: Int) {
    var place = number
    for level in levels {
      words[level + place >> 6] &= ~(1 << UInt64(place & 63))
      if words[level + place >> 6] != 0 { return }
      place >>= 6
    }
  }

  /// The smallest member that is at least `number`; nil if there is none.
  package func first(atLeast number: Int) -> Int? {
    var place = number
    for (index, level) in levels.enumerated() {
      let word = place >> 6
      let end = index + 1 < levels.count ? levels[index + 1] : words.count
      guard level + word < end else { return nil }
      let rest = words[level + word] >> UInt64(place & 63)
      if rest != 0 { return lowest(below: index, place + rest.trailingZeroBitCount) }
      place = word + 1
    }
    return nil
  }

  /// The smallest member under bit `place` of level `index`.
  private func lowest(below index: Int, _ place: Int) -> Int {
    var place = place
    for level in levels[..<index].reversed() {
      place = place << 6 + words[level + place].trailingZeroBitCount
    }
    return place
  }
}
