/// Several runs as one: every pretoken once, with the sum of its counts, in rising order of bytes.
///
/// Holds one pretoken of every run at a time.
public struct MergedPretokens: PretokenSource {
  /// The runs; their order does not matter.
  public let runs: [any PretokenRun]

  /// The sum of `runs`.
  public init(_ runs: [any PretokenRun]) { self.runs = runs }

  /// Calls `body` with every pretoken and its count.
  ///
  /// - Throws: ``TrainingError`` (`countsTooLarge`) if a sum does not fit 64 bits; what a run or
  ///   `body` throws.
  /// - Complexity: O(n log k) for n pretokens in k runs.
  public func forEachPretoken(
    _ body: (_ bytes: Span<UInt8>, _ count: UInt64) throws -> Void
  ) throws {
    var heads = RunHeads()
    for run in runs { try heads.add(run.makeReader()) }
    var pretoken: [UInt8] = []
    while let first = heads.first {
      pretoken.removeAll(keepingCapacity: true)
      pretoken.append(contentsOf: first.pretoken)
      var sum = first.count
      try heads.advanceFirst()
      while let next = heads.first, next.pretoken == pretoken {
        let (larger, isTooLarge) = sum.addingReportingOverflow(next.count)
        guard !isTooLarge else { throw TrainingError.countsTooLarge }
        sum = larger
        try heads.advanceFirst()
      }
      try body(pretoken.span, sum)
    }
  }
}

/// The next pretoken of every run, the smallest on top: a binary heap.
private struct RunHeads {
  struct Head {
    var reader: any PretokenRunReader
    var pretoken: [UInt8] = []
    var count: UInt64 = 0

    /// Reads the next pretoken; returns whether there is one.
    mutating func advance() throws -> Bool {
      guard let next = try reader.next(&pretoken) else { return false }
      count = next
      return true
    }
  }

  private var heads: [Head] = []

  /// The head with the smallest pretoken.
  var first: Head? { heads.first }

  mutating func add(_ reader: any PretokenRunReader) throws {
    var head = Head(reader: reader)
    guard try head.advance() else { return }
    heads.append(head)
    var child = heads.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heads.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Moves the run with the smallest pretoken on.
  mutating func advanceFirst() throws {
    if try !heads[0].advance() {
      heads.swapAt(0, heads.count - 1)
      heads.removeLast()
    }
    var parent = 0
    while 2 * parent + 1 < heads.count {
      var child = 2 * parent + 1
      if child + 1 < heads.count, precedes(child + 1, child) { child += 1 }
      guard precedes(child, parent) else { break }
      heads.swapAt(child, parent)
      parent = child
    }
  }

  private func precedes(_ first: Int, _ second: Int) -> Bool {
    heads[first].pretoken.lexicographicallyPrecedes(heads[second].pretoken)
  }
}
