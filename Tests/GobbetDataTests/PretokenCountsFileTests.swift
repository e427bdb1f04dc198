import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Files of counts") struct PretokenCountsFileTests {
  /// Random pretokens, many of which begin alike; some are long and some counts are large.
  static func counts(seed: UInt64, _ number: Int) throws -> PretokenCounts {
    var generator = SeededGenerator(seed)
    var counts = PretokenCounts()
    for index in 0..<number {
      let length = index == 7 ? 60_000 : Int.random(in: 1...6, using: &generator)
      let bytes = (0..<length).map { _ in UInt8.random(in: 97...100, using: &generator) }
      try counts.add(bytes.span, count: UInt64.random(in: 1...(1 << 40), using: &generator))
    }
    return counts
  }

  static func sorted(_ counts: PretokenCounts) -> [[UInt8]: UInt64] {
    var all: [[UInt8]: UInt64] = [:]
    counts.forEachSortedPretoken { bytes, count in all[bytes.indices.map { bytes[$0] }] = count }
    return all
  }

  static func content(_ source: some PretokenSource) throws -> [([UInt8], UInt64)] {
    var all: [([UInt8], UInt64)] = []
    try source.forEachPretoken { bytes, count in
      all.append((bytes.indices.map { bytes[$0] }, count))
    }
    return all
  }

  @Test("counts come back in order, as often as they are read", arguments: [0, 1, 3000, 40_000])
  func roundTrip(number: Int) throws {
    let folder = try TemporaryFolder()
    let counts = try Self.counts(seed: 3, number)
    var spill = PretokenCountsSpill(folder: folder.path, pattern: .o200k)
    _ = try spill.write(counts)
    let file = try PretokenCountsFile(path: folder.file("run-0.gobbet"))
    #expect(file.pattern == .o200k)
    #expect(file.uniqueCount == counts.uniqueCount)
    for _ in 0..<2 {
      let found = try Self.content(file)
      #expect(Dictionary(uniqueKeysWithValues: found) == Self.sorted(counts))
      #expect(found.map(\.0) == found.map(\.0).sorted { $0.lexicographicallyPrecedes($1) })
    }
  }

  @Test("a count of 64 bits comes back, and a merge of several files holds the sums")
  func merge() throws {
    let folder = try TemporaryFolder()
    var spill = PretokenCountsSpill(folder: folder.path, pattern: .gpt2)
    var sum = PretokenCounts()
    var runs: [any PretokenRun] = []
    for seed in 0..<4 as Range<UInt64> {
      let counts = try Self.counts(seed: seed, 500)
      try sum.merge(counts)
      runs.append(try spill.write(counts))
    }
    let path = folder.file("merged.gobbet")
    try PretokenCountsWriter.merge(runs, to: path, pattern: .gpt2)
    let merged = try Self.content(PretokenCountsFile(path: path))
    #expect(Dictionary(uniqueKeysWithValues: merged) == Self.sorted(sum))

    let largest = folder.file("largest.gobbet")
    var writer = try PretokenCountsWriter(path: largest, pattern: .gpt2)
    let pretoken: [UInt8] = [0]
    try writer.append(pretoken.span, count: .max)
    try writer.finish()
    #expect(try Self.content(PretokenCountsFile(path: largest)).first?.1 == .max)
  }
}
