/// A set of scalars, as ranges in order.
///
/// A byte that isn't part of a scalar, and the edge of a text, are members too, after all scalars.
package struct UnicodeSet: Hashable, Sendable {
  /// In place of a byte that isn't part of a well-formed scalar.
  static let strayByte: UInt32 = 0x11_0000
  /// In place of what is before the first scalar of a text and after the last.
  static let edge: UInt32 = 0x11_0001

  /// Neither adjacent nor overlapping, in rising order.
  private(set) var ranges: [ClosedRange<UInt32>]

  /// No scalar.
  static let empty = UnicodeSet(sorted: [])
  /// Every scalar, and every byte that isn't part of one.
  static let all = UnicodeSet(sorted: [0...strayByte])

  private init(sorted ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

  /// The scalars of any ranges.
  ///
  /// - Complexity: O(n log n).
  init(_ ranges: [ClosedRange<UInt32>]) {
    self.ranges = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
  }

  /// One scalar.
  init(_ scalar: UInt32) { self.init(sorted: [scalar...scalar]) }

  /// The scalars of a table of `ScalarRanges`.
  init(_ table: StaticString) { self.init(ScalarRanges.ranges(table)) }

  var isEmpty: Bool { ranges.isEmpty }

  /// The only member; nil if there are several or none.
  var onlyMember: UInt32? {
    ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil
  }

  package func contains(_ scalar: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= scalar
  }

  /// - Precondition: `range` does not begin before the last one does.
  private mutating func append(_ range: ClosedRange<UInt32>) {
    if let last = ranges.last, range.lowerBound <= last.upperBound &+ 1 {
      ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    } else {
      ranges.append(range)
    }
  }

  func union(_ other: UnicodeSet) -> UnicodeSet {
    if other.isEmpty { return self }
    if isEmpty { return other }
    var result = UnicodeSet.empty
    var (left, right) = (ranges[...], other.ranges[...])
    while let first = left.first, let second = right.first {
      if first.lowerBound <= second.lowerBound {
        result.append(first)
        left = left.dropFirst()
      } else {
        result.append(second)
        right = right.dropFirst()
      }
    }
    for range in left { result.append(range) }
    for range in right { result.append(range) }
    return result
  }

  /// What is missing, up to `last`.
  private func complement(through last: UInt32) -> UnicodeSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= last { result.append(next...last) }
    return UnicodeSet(sorted: result)
  }

  /// All other scalars and bytes, but not the edge.
  var inverted: UnicodeSet { complement(through: Self.strayByte) }

  /// All others, the edge too: where a member is not next.
  var elsewhere: UnicodeSet { complement(through: Self.edge) }

  func intersection(_ other: UnicodeSet) -> UnicodeSet {
    complement(through: Self.edge).union(other.complement(through: Self.edge))
      .complement(through: Self.edge)
  }

  func subtracting(_ other: UnicodeSet) -> UnicodeSet { intersection(other.elsewhere) }
}
