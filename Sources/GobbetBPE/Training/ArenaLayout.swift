/// Where the pretokens go in a `SymbolArena`: the slots that each count needs.
struct ArenaLayout {
  /// The most slots: so many that all lists of places together can be numbered in 32 bits.
  private static let maximumSlotCount = 1 << 30

  private var slotCounts: [UInt64: Int] = [:]
  /// The slots of the frequent small counts, which need no hashing.
  private var smallSlotCounts = [Int](repeating: 0, count: 1 << 12)
  private var slotCount = 1
  /// The sum of length times count.
  private(set) var totalWeight: UInt64 = 0
  /// How many symbols the longest pretoken starts with.
  private(set) var longestPretoken = 0

  /// Measures the pretokens of `source`.
  ///
  /// - Throws: ``TrainingError`` (`noPretokens`, `tooManyPretokens`, `countsTooLarge`), or what
  ///   `source` throws.
  init(_ source: any PretokenSource) throws {
    try source.forEachPretoken { bytes, count throws(TrainingError) in
      try add(byteCount: bytes.count, count: count)
    }
    guard longestPretoken > 0 else { throw TrainingError.noPretokens }
  }

  /// Measures words of symbols.
  ///
  /// - Throws: ``TrainingError``, as for pretokens.
  init(_ words: SymbolWords) throws(TrainingError) {
    for index in 0..<words.count {
      try add(byteCount: words.range(of: index).count, count: words.counts[index])
    }
    guard longestPretoken > 0 else { throw .noPretokens }
  }

  /// Makes room for one pretoken.
  private mutating func add(byteCount: Int, count: UInt64) throws(TrainingError) {
    guard count > 0 else { return }
    longestPretoken = max(longestPretoken, byteCount)
    guard byteCount > 1 else { return }
    slotCount += byteCount + 1
    guard slotCount <= Self.maximumSlotCount else { throw .tooManyPretokens }
    let (weight, isWeightTooLarge) = count.multipliedReportingOverflow(by: UInt64(byteCount))
    let (total, isTotalTooLarge) = totalWeight.addingReportingOverflow(weight)
    guard !isWeightTooLarge, !isTotalTooLarge else { throw .countsTooLarge }
    totalWeight = total
    if count < UInt64(smallSlotCounts.count) {
      smallSlotCounts[Int(count)] += byteCount + 1
    } else {
      slotCounts[count, default: 0] += byteCount + 1
    }
  }

  /// The classes by falling count, from slot 1 on.
  func classStarts() -> Starts {
    var starts = Starts(smallStarts: [Int](repeating: 0, count: smallSlotCounts.count))
    var start = 1
    for (count, slotCount) in slotCounts.sorted(by: { $0.key > $1.key }) {
      starts.starts[count] = start
      start += slotCount
      starts.classes.append(count: count, end: start)
    }
    for count in smallSlotCounts.indices.reversed() where smallSlotCounts[count] > 0 {
      starts.smallStarts[count] = start
      start += smallSlotCounts[count]
      starts.classes.append(count: UInt64(count), end: start)
    }
    return starts
  }

  /// The classes, and the next free slot of each.
  struct Starts {
    fileprivate(set) var classes = CountClasses()
    fileprivate(set) var starts: [UInt64: Int] = [:]
    fileprivate(set) var smallStarts: [Int]

    /// Takes slots in the class of `count`; returns the first.
    mutating func take(_ slotCount: Int, forCount count: UInt64) -> Int {
      if count < UInt64(smallStarts.count) {
        defer { smallStarts[Int(count)] += slotCount }
        return smallStarts[Int(count)]
      }
      let start = starts[count, default: 0]
      starts[count] = start + slotCount
      return start
    }
  }
}
