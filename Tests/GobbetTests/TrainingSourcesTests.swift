import Gobbet
import TestSupport
import Testing

/// The same merges, whichever way the counts come about.
@Suite("What a training run learns from") struct TrainingSourcesTests {
  static let corpus = fixturesFolder + "/corpus"

  private func trained(
    _ change: (inout PretokenCountingJob) -> Void = { _ in }
  ) async throws -> TrainingResult {
    var counting = PretokenCountingJob(inputs: [Self.corpus], pattern: .cl100k)
    change(&counting)
    return try await TrainingJob(
      source: .corpus(counting), options: TrainingOptions(vocabularySize: 1500)
    ).result()
  }

  @Test("little memory gives the merges of enough memory, and leaves no file")
  func budget() async throws {
    let folder = try TemporaryFolder()
    let whole = try await trained()
    for workers in [1, 3] {
      let budgeted = try await trained { counting in
        counting.memoryByteBudget = 200_000
        counting.temporaryFolder = folder.path
        counting.workerCount = workers
      }
      #expect(budgeted.vocabulary == whole.vocabulary)
      #expect(budgeted.uniquePretokenCount == whole.uniquePretokenCount)
      #expect(budgeted.byteCount == whole.byteCount)
    }
    #expect(try folder.names() == [])
  }

  @Test("a run that is stopped leaves no file")
  func interruption() async throws {
    let folder = try TemporaryFolder()
    await #expect(throws: CancellationError.self) {
      var counting = PretokenCountingJob(inputs: [Self.corpus], pattern: .cl100k)
      counting.memoryByteBudget = 200_000
      counting.temporaryFolder = folder.path
      _ = try await counting.result { progress in
        if case .gathering = progress { return false }
        return true
      }
    }
    #expect(try folder.names() == [])
  }

  @Test("counts of parts merge into the bytes of counting the whole, and train the same")
  func parts() async throws {
    let folder = try TemporaryFolder()
    let languages = ["ar", "code", "de", "el", "en", "es", "fr", "hi", "ja", "ru", "zh"]
    var generator = SeededGenerator(4)
    for round in 0..<3 {
      var parts: [String] = []
      let shuffled = languages.shuffled(using: &generator)
      for start in stride(from: 0, to: shuffled.count, by: round + 2) {
        let part = shuffled[start..<min(start + round + 2, shuffled.count)]
        let counted = try await PretokenCountingJob(
          inputs: part.map { Self.corpus + "/" + $0 }, pattern: .cl100k
        ).result()
        let file = folder.file("\(round)-\(start).gobbet")
        try counted.write(to: file)
        parts.append(file)
      }
      _ = try PretokenCountsFile.merge(parts, to: folder.file("merged\(round).gobbet"))
      let whole = try await PretokenCountingJob(inputs: [Self.corpus], pattern: .cl100k).result()
      try whole.write(to: folder.file("whole.gobbet"), replacing: true)
      #expect(
        try readFile(folder.file("merged\(round).gobbet")) == readFile(folder.file("whole.gobbet")))
      let learned = try await TrainingJob(
        source: .counts(parts), options: TrainingOptions(vocabularySize: 1500)
      ).result()
      #expect(try await trained().vocabulary == learned.vocabulary)
    }
  }

  @Test("smaller sizes of one run are what training for them gives")
  func nested() async throws {
    var options = TrainingOptions(vocabularySize: 2000, specialTokens: [Array("<|end|>".utf8)])
    var run = TrainingJob(inputs: [Self.corpus], pattern: .gpt2, options: options)
    run.smallerSizes = [1000, 300]
    let nested = try await run.result().vocabularies
    for (size, vocabulary) in zip([2000, 1000, 300], nested) {
      options.vocabularySize = size
      let alone = try await TrainingJob(inputs: [Self.corpus], pattern: .gpt2, options: options)
        .result()
      #expect(vocabulary == alone.vocabulary)
    }
    run.smallerSizes = [256]
    await #expect(throws: TrainingError.vocabularyTooSmall(size: 256, minimum: 257)) {
      _ = try await run.result()
    }
  }

  @Test("a share of the documents is set aside, the same for any number of workers")
  func heldOut() async throws {
    var shares: [TrainingResult] = []
    for workers in [1, 3] {
      shares.append(
        try await trained { counting in
          counting.heldOutShare = 0.3
          counting.workerCount = workers
        })
    }
    let whole = try await trained()
    for part in shares {
      let heldOut = try #require(part.corpus?.heldOut)
      #expect(heldOut.documentCount > 0)
      #expect(part.documentCount + Int(heldOut.documentCount) == whole.documentCount)
      #expect(part.byteCount + Int(heldOut.byteCount) == whole.byteCount)
      #expect(part.vocabulary == shares[0].vocabulary)
      let ratio = try #require(part.heldOutBytesPerToken(of: part.vocabulary))
      #expect(ratio > 1 && ratio < 10)
    }
    #expect(whole.heldOutBytesPerToken(of: whole.vocabulary) == nil)
  }

  @Test("a limit takes whole documents from the front", arguments: [1, 100, 100_000, 10_000_000])
  func limit(byteCount: Int) async throws {
    var expectedDocuments = 0
    var expectedBytes = 0
    var reader = try CorpusReader(inputs: [Self.corpus])
    while expectedBytes < byteCount, let document = try reader.next() {
      expectedDocuments += 1
      expectedBytes += document.text.count
    }
    let limited = try await trained { $0.byteLimit = byteCount }
    #expect(limited.documentCount == expectedDocuments)
    #expect(limited.byteCount == expectedBytes)
  }

  @Test(
    "a limit ends with the line that has its last byte, to the line and on any number of workers",
    arguments: [1, 10, 11, 12, 65_536, 99_998, 99_999, 100_000, 1_500_000])
  func exactLimit(byteCount: Int) async throws {
    let folder = try TemporaryFolder()
    // Lines of ten letters and a newline.
    let lines = (100_000..<300_000).map { "word\($0)\n" }.joined()
    let text = try folder.write("lines.txt", Array(lines.utf8))
    for workers in [1, 3] {
      let limited = try await trained { counting in
        counting.inputs = [text]
        counting.corpus.textSeparator = [0x0A]
        counting.byteLimit = byteCount
        counting.workerCount = workers
      }
      #expect(limited.documentCount == min(200_000, (byteCount + 10) / 11))
    }
  }

  @Test("a limit ends with the value of a JSON array that has its last byte")
  func exactLimitOfValues() async throws {
    let folder = try TemporaryFolder()
    // After the bracket, values of 20 bytes with a comma each.
    let values = (10_000..<40_000).map { "{\"text\": \"ab \($0)\"}" }
    let path = try folder.write("a.json", Array("[\(values.joined(separator: ","))]".utf8))
    for byteCount in [1, 21, 22, 23, 100_000] {
      let limited = try await trained { counting in
        counting.inputs = [path]
        counting.byteLimit = byteCount
      }
      #expect(limited.documentCount == (byteCount + 20) / 21)
    }
  }

  @Test("long pretokens are cut, and counted as cut")
  func cuts() async throws {
    let result = try await trained { $0.maximumPretokenLength = 8 }
    #expect(try #require(result.corpus).cutPretokenCount > 0)
    #expect(try await #require(trained().corpus).cutPretokenCount == 0)
  }
}
