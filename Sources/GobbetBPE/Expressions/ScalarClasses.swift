/// What a program tells apart: scalars that are in the same of its sets have one class.
struct ScalarClasses: Sendable {
  /// The most ranges of scalars that are told apart, times the sets that do so.
  private static let maximumWork = 1 << 20

  /// How many classes there are; the edge of a text counts as one more.
  let count: Int
  /// The classes of ASCII.
  let ascii: [UInt16]
  /// The class of a byte that isn't part of a scalar.
  let strayByte: UInt16
  /// Where the classes of each 64 scalars begin in ``leaves``.
  private let leafStarts: [UInt32]
  private let leaves: [UInt16]
  /// Whether each set has the members of each class; the edge is the last class.
  private let members: [[Bool]]

  /// The classes of the scalars that `sets` tell apart.
  ///
  /// - Throws: ``SplitExpressionError`` (`tooLarge`) if there are too many sets of too many ranges.
  init(_ sets: [UnicodeSet]) throws(SplitExpressionError) {
    // The first scalars of the intervals within which nothing changes.
    var bounds: Set<UInt32> = [0, UnicodeSet.strayByte, UnicodeSet.edge]
    for set in sets {
      for range in set.ranges {
        bounds.insert(range.lowerBound)
        bounds.insert(range.upperBound + 1)
      }
    }
    let starts = bounds.filter { $0 <= UnicodeSet.edge }.sorted()
    guard starts.count * sets.count <= Self.maximumWork else {
      throw SplitExpressionError(
        .tooLarge(
          "has \(sets.count) sets of characters, which tell \(starts.count) ranges apart: at most "
            + "\(Self.maximumWork) of both multiplied are supported"),
        offset: 0, fragment: "")
    }
    var places: [UInt32: Int] = [:]
    for (place, start) in starts.enumerated() { places[start] = place }
    var classOfInterval = [Int](repeating: 0, count: starts.count)
    // How many intervals each class has, and of those how many are in the set at hand.
    var sizes = [starts.count]
    var taken = [0]
    for set in sets {
      let inside = Self.intervals(of: set, starts, places)
      for place in inside { taken[classOfInterval[place]] += 1 }
      var parts: [Int: Int] = [:]
      for place in inside {
        let old = classOfInterval[place]
        guard let part = parts[old] else {
          let isWhole = taken[old] == sizes[old]
          parts[old] = isWhole ? old : sizes.count
          if !isWhole {
            sizes[old] -= taken[old]
            sizes.append(taken[old])
            taken.append(0)
            classOfInterval[place] = sizes.count - 1
          }
          taken[old] = 0
          continue
        }
        classOfInterval[place] = part
      }
    }
    // The edge gets a class of its own, after all others.
    var numbers: [Int: Int] = [:]
    var classes: [UInt16] = []
    for place in starts.indices.dropLast() {
      let number = numbers[classOfInterval[place]] ?? numbers.count
      numbers[classOfInterval[place]] = number
      classes.append(UInt16(number))
    }
    classes.append(UInt16(numbers.count))
    count = numbers.count
    strayByte = classes[classes.count - 2]
    members = sets.map { set in
      var isMember = [Bool](repeating: false, count: numbers.count + 1)
      for place in Self.intervals(of: set, starts, places) { isMember[Int(classes[place])] = true }
      return isMember
    }
    (leafStarts, leaves) = Self.trie(starts, classes)
    let all = leaves
    let leafStarts = leafStarts
    ascii = (0..<128).map { all[Int(leafStarts[$0 >> 6]) + $0 & 63] }
  }

  /// The numbers of the intervals that a set consists of.
  private static func intervals(
    of set: UnicodeSet, _ starts: [UInt32], _ places: [UInt32: Int]
  ) -> [Int] {
    var found: [Int] = []
    for range in set.ranges {
      var place = places[range.lowerBound] ?? 0
      while place < starts.count, starts[place] <= range.upperBound {
        found.append(place)
        place += 1
      }
    }
    return found
  }

  private static func trie(_ starts: [UInt32], _ classes: [UInt16]) -> ([UInt32], [UInt16]) {
    var leafStarts: [UInt32] = []
    var leaves: [UInt16] = []
    var uniform: [UInt16: UInt32] = [:]
    var place = 0
    for first in stride(from: UInt32(0), to: 0x11_0000, by: 64) {
      while starts[place + 1] <= first { place += 1 }
      if starts[place + 1] >= first + 64 {
        if let known = uniform[classes[place]] {
          leafStarts.append(known)
          continue
        }
        uniform[classes[place]] = UInt32(leaves.count)
      }
      leafStarts.append(UInt32(leaves.count))
      var current = place
      for scalar in first..<first + 64 {
        while starts[current + 1] <= scalar { current += 1 }
        leaves.append(classes[current])
      }
    }
    return (leafStarts, leaves)
  }

  /// The class of a scalar.
  ///
  /// - Precondition: it is at most U+10FFFF.
  @inline(__always) func number(of scalar: Int) -> Int {
    Int(leaves[Int(leafStarts[scalar &>> 6]) &+ (scalar & 63)])
  }

  /// Whether the members of a class are in a set; the class after the last one is the edge.
  func isMember(_ number: Int, of set: Int) -> Bool { members[set][number] }
}
