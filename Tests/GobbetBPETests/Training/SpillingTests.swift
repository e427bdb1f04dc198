import GobbetBPE
import TestSupport
import Testing

/// Keeps runs in memory.
private struct MemorySpill: PretokenSpill {
  mutating func write(_ counts: PretokenCounts) -> any PretokenRun {
    MemoryRun(pretokens: counts.sorted)
  }
}

private struct MemoryRun: PretokenRun {
  let pretokens: [(bytes: [UInt8], count: UInt64)]

  func makeReader() -> any PretokenRunReader { Reader(rest: pretokens[...]) }

  private struct Reader: PretokenRunReader {
    var rest: ArraySlice<(bytes: [UInt8], count: UInt64)>

    mutating func next(_ pretoken: inout [UInt8]) -> UInt64? {
      guard let first = rest.popFirst() else { return nil }
      pretoken = first.bytes
      return first.count
    }
  }
}

private struct SpillFull: Error {}

private struct FullSpill: PretokenSpill {
  mutating func write(_ counts: PretokenCounts) throws -> any PretokenRun { throw SpillFull() }
}

@Suite("Counting in bounded memory") struct SpillingTests {
  /// Documents of words, some of them frequent.
  static let documents: [[UInt8]] = {
    var generator = SeededGenerator(5)
    return (0..<400).map { _ in
      let words = (0..<50).map { _ in
        let bound: UInt32 = 1 << UInt32.random(in: 0...24, using: &generator)
        return String(UInt32.random(in: 0...bound, using: &generator), radix: 36)
      }
      return Array(words.joined(separator: " ").utf8)
    }
  }()

  private func runs(budget: Int) throws -> [any PretokenRun] {
    let scanner = PretokenScanner(.gpt2)
    var counts = SpillingPretokenCounts(memoryByteBudget: budget, spill: MemorySpill())
    for document in Self.documents { try counts.count(document.span, using: scanner) }
    #expect(counts.counts.documentCount == 400)
    return try counts.finish()
  }

  private func whole() -> PretokenCounts {
    var counts = PretokenCounts()
    for document in Self.documents {
      counts.count(document.span, using: PretokenScanner(.gpt2))
    }
    return counts
  }

  @Test("the merged runs are the counts without a bound", arguments: [1 << 14, 1 << 18, 1 << 30])
  func merging(budget: Int) throws {
    let runs = try runs(budget: budget)
    if budget == 1 << 14 { #expect(runs.count > 10) }
    if budget == 1 << 30 { #expect(runs.count == 1) }
    var merged: [(bytes: [UInt8], count: UInt64)] = []
    try MergedPretokens(runs).forEachPretoken { bytes, count in
      merged.append((bytes.indices.map { bytes[$0] }, count))
    }
    let expected = whole().sorted
    #expect(merged.map(\.bytes) == expected.map(\.bytes))
    #expect(merged.map(\.count) == expected.map(\.count))
  }

  @Test("training on runs gives the vocabulary of training in memory") func training() throws {
    let trainer = try Trainer(TrainingOptions(vocabularySize: 600))
    let source = MergedPretokens(try runs(budget: 1 << 16))
    #expect(
      try trainer.train(source: source, pattern: .gpt2)
        == trainer.train(whole(), pattern: .gpt2))
  }

  @Test("a sum that leaves 64 bits is refused") func overflow() throws {
    let run = MemoryRun(pretokens: [([1, 2], .max)])
    #expect(throws: TrainingError.countsTooLarge) {
      try MergedPretokens([run, run]).forEachPretoken { _, _ in }
    }
  }

  @Test("no runs make no pretokens") func empty() throws {
    try MergedPretokens([]).forEachPretoken { _, _ in Issue.record("a pretoken from nowhere") }
  }

  @Test("what the spill throws comes through") func full() {
    var counts = SpillingPretokenCounts(memoryByteBudget: 1, spill: FullSpill())
    #expect(throws: SpillFull.self) {
      try counts.count([1, 2, 3].span, using: PretokenScanner(.gpt2))
    }
  }
}
