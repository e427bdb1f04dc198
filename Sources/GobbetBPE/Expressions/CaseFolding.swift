/// Which scalars are the same letter in another case.
///
/// Simple foldings of Unicode 16.0, which is all that either library does but for texts of other lengths.
enum CaseFolding {
  /// All scalars of a letter, by the least of them; only where there are several.
  private static let letters: [UInt32: [UInt32]] = {
    var letters: [UInt32: [UInt32]] = [:]
    for (scalar, least) in leastScalars { letters[least, default: [least]].append(scalar) }
    return letters
  }()

  /// The least scalar of a letter, by the others.
  private static let leastScalars: [UInt32: UInt32] = {
    var result: [UInt32: UInt32] = [:]
    for entry in ExpressionTables.caseFoldings.description.utf8.split(separator: UInt8(ascii: ","))
      .flatMap({ $0.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: true) })
      .pairs
    {
      let isEverySecond = entry.0.last == UInt8(ascii: "+")
      let range = ScalarRanges.range(isEverySecond ? entry.0.dropLast() : entry.0)
      let offset = Int(String(entry.1) ?? "") ?? 0
      for scalar in stride(
        from: range.lowerBound, through: range.upperBound, by: isEverySecond ? 2 : 1)
      {
        result[scalar] = UInt32(truncatingIfNeeded: Int(scalar) + offset)
      }
    }
    return result
  }()

  /// Scalars that fold to several, and so are the same as texts of other lengths to Oniguruma.
  static let several = UnicodeSet(ExpressionTables.severalFolded)

  /// Whether Oniguruma finds one scalar where two letters stand, such as ﬁ for `fi`.
  static func mayBeOne(_ first: UInt32, _ second: UInt32) -> Bool {
    let ascii: [(UInt32, UInt32)] = [
      (0x53, 0x53), (0x53, 0x54), (0x46, 0x46), (0x46, 0x49), (0x46, 0x4C),
    ]
    let (first, second) = (leastScalars[first] ?? first, leastScalars[second] ?? second)
    return second > 0x7F || first > 0x7F || ascii.contains { $0 == (first, second) }
  }

  /// A scalar in all its cases.
  static func folded(_ scalar: UInt32) -> UnicodeSet {
    guard let letter = letters[leastScalars[scalar] ?? scalar] else { return UnicodeSet(scalar) }
    return UnicodeSet(letter.map { $0...$0 })
  }

  /// The least scalar of the letter whose cases `set` is; nil if it is something else.
  static func letter(of set: UnicodeSet) -> UInt32? {
    guard let first = set.ranges.first?.lowerBound, folded(first) == set else { return nil }
    return first
  }

  /// A set and its members in all their cases.
  static func folded(_ set: UnicodeSet) -> UnicodeSet {
    var added: [ClosedRange<UInt32>] = []
    for letter in letters.values {
      let count = letter.count { set.contains($0) }
      if count > 0, count < letter.count { added += letter.map { $0...$0 } }
    }
    return added.isEmpty ? set : set.union(UnicodeSet(added))
  }
}

extension Collection {
  /// Each element with the one after it, two by two.
  fileprivate var pairs: [(Element, Element)] {
    var result: [(Element, Element)] = []
    var first: Element?
    for element in self {
      if let held = first {
        result.append((held, element))
        first = nil
      } else {
        first = element
      }
    }
    return result
  }
}
