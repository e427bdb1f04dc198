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
    var equal: [UInt8] = []
    while var sum = try heads.next(&pretoken) {
      while heads.first == pretoken, let count = try heads.next(&equal) {
        let (larger, isTooLarge) = sum.addingReportingOverflow(count)
        guard !isTooLarge else { throw TrainingError.countsTooLarge }
        sum = larger
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

  /// The smallest pretoken.
  var first: [UInt8]? { heads.first?.pretoken }

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

  /// Replaces `pretoken` by the smallest one, and moves its run on; returns the count, or nil if
  /// all runs have ended.
  mutating func next(_ pretoken: inout [UInt8]) throws -> UInt64? {
    guard !heads.isEmpty else { return nil }
    swap(&pretoken, &heads[0].pretoken)
    let count = heads[0].count
    if try !heads[0].advance() {
      heads.swapAt(0, heads.count - 1)
      heads.removeLast()
    }
    sink()
    return count
  }

  /// Restores the order of the heap after the first head has changed.
  private mutating func sink() {
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
