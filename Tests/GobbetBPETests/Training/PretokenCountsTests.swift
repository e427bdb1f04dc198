import GobbetBPE
import TestSupport
import Testing

@Suite("Counting pretokens") struct PretokenCountsTests {
  /// Byte strings of 1 to 40 bytes, many of them several times.
  static func strings(seed: UInt64) -> [[UInt8]] {
    var generator = SeededGenerator(seed)
    return (0..<3000).map { _ in
      let length = Int.random(in: 1...40, using: &generator)
      let bound: UInt8 = length < 3 ? 255 : 1
      return (0..<length).map { index in
        index % 8 == 0 ? UInt8.random(in: 0...bound, using: &generator) : 0
      }
    }
  }

  @Test(
    "unique strings of any length are counted and sorted by bytes",
    arguments: 0..<5 as Range<UInt64>)
  func oracle(seed: UInt64) throws {
    var expected: [[UInt8]: UInt64] = [:]
    var counts = PretokenCounts()
    for (index, string) in Self.strings(seed: seed).enumerated() {
      expected[string, default: 0] += UInt64(index)
      try counts.add(string.span, count: UInt64(index))
    }
    expected = expected.filter { $0.value > 0 }
    let sorted = counts.sorted
    #expect(sorted.map(\.bytes) == expected.keys.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(sorted.allSatisfy { expected[$0.bytes] == $0.count })
    #expect(counts.uniqueCount == expected.count)
    for (string, count) in expected { #expect(counts.count(of: string.span) == count) }
    #expect(counts.count(of: Array("not there".utf8).span) == 0)
  }

  @Test("documents are counted as the scanner splits them") func documents() throws {
    let documents = [
      "a bee, a sea; a tea", "", "x", " a bee  and more\n\nthe internationalisations",
    ]
    let scanner = PretokenScanner(.gpt2)
    var expected: [[UInt8]: UInt64] = [:]
    var counts = PretokenCounts()
    for document in documents {
      let bytes = Array(document.utf8)
      scanner.forEachPretoken(in: bytes.span) { expected[Array(bytes[$0]), default: 0] += 1 }
      counts.count(bytes.span, using: scanner)
    }
    #expect(
      Dictionary(uniqueKeysWithValues: counts.sorted.map { ($0.bytes, $0.count) }) == expected)
    #expect(counts.documentCount == 4)
    #expect(counts.byteCount == documents.reduce(0) { $0 + UInt64($1.utf8.count) })
  }

  @Test("merged parts are the whole", arguments: 0..<5 as Range<UInt64>) func merging(seed: UInt64)
    throws
  {
    let documents = Self.strings(seed: seed)
    let scanner = PretokenScanner(.gpt2)
    var whole = PretokenCounts(maximumPretokenLength: 20)
    var parts = [whole, whole, whole]
    for (index, document) in documents.enumerated() {
      whole.count(document.span, using: scanner)
      parts[index % 3].count(document.span, using: scanner)
    }
    var merged = parts[2]
    try merged.merge(parts[0])
    try merged.merge(parts[1])
    #expect(merged.sorted.map(\.bytes) == whole.sorted.map(\.bytes))
    #expect(merged.sorted.map(\.count) == whole.sorted.map(\.count))
    #expect(merged.cutPretokenCount == whole.cutPretokenCount)
    #expect(merged.documentCount == whole.documentCount)
    #expect(merged.byteCount == whole.byteCount)
  }

  @Test("pruning leaves the frequent pretokens") func pruning() throws {
    var counts = PretokenCounts()
    for (index, string) in Self.strings(seed: 4).enumerated() {
      try counts.add(string.span, count: UInt64(index % 7 + 1))
    }
    let all = counts.sorted
    let removed = counts.prune(below: 4)
    let expected = all.filter { $0.count >= 4 }
    #expect(removed == all.count - expected.count)
    #expect(counts.sorted.map(\.bytes) == expected.map(\.bytes))
    #expect(counts.sorted.map(\.count) == expected.map(\.count))
    for (bytes, count) in expected { #expect(counts.count(of: bytes.span) == count) }
  }

  @Test("any number of workers counts the same", arguments: [1, 2, 5])
  func workers(workerCount: Int) async throws {
    let documents = Self.strings(seed: 9)
    let scanner = PretokenScanner(.cl100k)
    var whole = PretokenCounts()
    for document in documents { whole.count(document.span, using: scanner) }
    let parts = await withTaskGroup { group in
      for worker in 0..<workerCount {
        group.addTask {
          var part = PretokenCounts()
          for index in stride(from: worker, to: documents.count, by: workerCount) {
            let document = documents[index]
            part.count(document.span, using: scanner)
          }
          return part
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var merged = PretokenCounts()
    for part in parts { try merged.merge(part) }
    #expect(merged.sorted.map(\.bytes) == whole.sorted.map(\.bytes))
    #expect(merged.sorted.map(\.count) == whole.sorted.map(\.count))
    let trainer = try Trainer(TrainingOptions(vocabularySize: 400))
    #expect(
      try trainer.train(merged, pattern: .cl100k) == trainer.train(whole, pattern: .cl100k))
  }

  @Test("a pretoken longer than the bound is cut at it and reported") func cutting() {
    var counts = PretokenCounts(maximumPretokenLength: 10)
    let long = Array(repeating: "x", count: 25).joined()
    counts.count(Array("\(long) yy".utf8).span, using: PretokenScanner(.gpt2))
    #expect(counts.cutPretokenCount == 1)
    #expect(
      counts.sorted.map { String(decoding: $0.bytes, as: UTF8.self) } == [
        " yy", "xxxxx", "xxxxxxxxxx",
      ])
    #expect(counts.sorted.map(\.count) == [1, 1, 2])
  }

  @Test("a count that leaves 64 bits is refused") func overflow() throws {
    var counts = PretokenCounts()
    try counts.add([1, 2].span, count: .max)
    #expect(throws: TrainingError.countsTooLarge) { try counts.add([1, 2].span, count: 1) }
  }
}
