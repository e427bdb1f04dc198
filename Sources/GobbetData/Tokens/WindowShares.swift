/// How a sequence of windows is shared out: the readers take parts of nearly equal length, in the
/// order of their ranks.
struct WindowShares: Hashable, Sendable {
  /// Windows in all.
  let count: Int
  /// How many readers there are.
  let worldSize: Int

  /// The part of a reader.
  ///
  /// - Precondition: `rank` is in `0..<worldSize`.
  subscript(rank: Int) -> Range<Int> { bound(rank)..<bound(rank + 1) }

  /// Windows of the longest part; the others have as many, or one fewer.
  var longest: Int { count / worldSize + (count.isMultiple(of: worldSize) ? 0 : 1) }

  /// How many windows are left once every reader has visited `position` of its part, or all of it.
  func leftCount(after position: Int) -> Int {
    position > count / worldSize ? 0 : count - position * worldSize
  }

  /// Where in the sequence the windows that are left lie: the ends of all parts, one after the
  /// other, are numbered from 0.
  ///
  /// - Precondition: `index` is in `0..<leftCount(after: position)`.
  /// - Complexity: O(log worldSize).
  func place(ofLeft index: Int, after position: Int) -> Int {
    // The first window left of reader `rank` is number `bound(rank) - position * rank`: of the
    // readers whose first is at most `index`, the last has it.
    var low = 0
    var high = worldSize
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if bound(middle) - position * middle <= index { low = middle } else { high = middle }
    }
    return index + position * (low + 1)
  }

  private func bound(_ rank: Int) -> Int {
    worldSize.dividingFullWidth(count.multipliedFullWidth(by: rank)).quotient
  }
}

/// The way from the windows that are left in an epoch back to their positions in its order.
struct WindowRoute: Hashable, Sendable {
  private var stops: [Stop] = []
  /// How many windows are left.
  private(set) var leftCount: Int

  private struct Stop: Hashable, Sendable {
    let shares: WindowShares
    let position: Int
  }

  /// All `count` windows are left.
  init(count: Int) { leftCount = count }

  /// Takes away what readers visited who stopped each at `position`; returns whether they can have.
  mutating func stop(_ worldSize: Int, at position: Int) -> Bool {
    guard worldSize > 0 else { return false }
    let shares = WindowShares(count: leftCount, worldSize: worldSize)
    guard position > 0, position <= shares.longest else { return false }
    stops.append(Stop(shares: shares, position: position))
    leftCount = shares.leftCount(after: position)
    return true
  }

  /// The position in the order of the epoch of window `index` of those that are left.
  ///
  /// - Precondition: `index` is in `0..<leftCount`.
  func position(ofLeft index: Int) -> Int {
    var place = index
    for stop in stops.reversed() {
      place = stop.shares.place(ofLeft: place, after: stop.position)
    }
    return place
  }
}
