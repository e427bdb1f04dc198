import Foundation
import Gobbet
import Synchronization
import TestSupport
import Testing

/// The names of the files in a folder, sorted.
func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

@Suite("Packing into shards") struct PackingFolderTests {
  private let folder: TemporaryFolder
  private let corpus: PackingCorpus
  private let shards = ShardOptions(tokenCount: 40_000, validationShare: 0.2)

  init() throws {
    folder = try TemporaryFolder()
    corpus = try PackingCorpus(800, in: folder)
  }

  @Test("every document is in one split, once and in its order, with what was to be kept of it")
  func contentsOfShards() async throws {
    let path = folder.file("out")
    let summary = try await corpus.run().write(toFolder: path, shards)
    let manifest = try DatasetManifest(contentsOf: path + "/manifest.json")
    #expect(summary.manifest == manifest)
    #expect(manifest.fingerprint == (try PackingCorpus.vocabulary().fingerprint))
    #expect(manifest.options["shard_tokens"] == .number(40_000))
    var found: [Int: [TokenID]] = [:]
    for split in DatasetSplit.allCases {
      let dataset = try TokenDataset(recognizing: path, split: split)
      let sources = try #require(try dataset.documentSources())
      let byteCounts = try #require(try dataset.documentByteCounts())
      #expect(sources.compactMap { Int($0) } == sources.compactMap { Int($0) }.sorted())
      for index in 0..<dataset.documentCount {
        let id = try #require(Int(sources[index]))
        #expect(found[id] == nil)
        found[id] = try dataset.tokens(in: dataset.document(index))
        #expect(byteCounts[index] == corpus.documents[id].utf8.count)
      }
    }
    let expected = Dictionary(
      uniqueKeysWithValues: corpus.unique.map { ($0.id, PackingCorpus.tokens(of: $0.text)) })
    #expect(found == expected)
    #expect(summary.documentCount == expected.count)
    #expect(summary.duplicateCount == 800 - expected.count)
    #expect(manifest[.validation]?.documentCount ?? 0 > expected.count / 10)
  }

  @Test("a shard ends with the document that fills it")
  func shardEnds() async throws {
    let path = folder.file("out")
    _ = try await corpus.run().write(toFolder: path, shards)
    for split in try DatasetManifest(contentsOf: path + "/manifest.json").splits {
      for (index, shard) in split.shards.enumerated() {
        let dataset = try TokenDataset(path: path + "/" + shard.name)
        #expect(dataset.tokenCount == shard.tokenCount)
        let isLast = index == split.shards.count - 1
        #expect(isLast || dataset.tokenCount >= 40_000)
        let last = try dataset.document(dataset.documentCount - 1)
        #expect(dataset.tokenCount - last.count < 40_000)
      }
      #expect(split.shards.count > 1 || split.name == .validation)
    }
  }

  @Test("any number of workers and any size of batches give the same bytes")
  func determinism() async throws {
    var results: [[String: [UInt8]]] = []
    for (workers, bytes) in [(1, 100), (1, 1 << 20), (3, 100), (8, 1500)] {
      var run = try corpus.run(workerCount: workers)
      run.batchByteCount = bytes
      let path = folder.file("out\(workers)-\(bytes)")
      _ = try await run.write(toFolder: path, shards)
      results.append(try contents(of: path))
    }
    for result in results { #expect(result == results[0]) }
    let paths = try [1, 5].map { try (corpus.run(workerCount: $0), folder.file("one\($0)")) }
    for (run, path) in paths { _ = try await run.write(to: path) }
    #expect(try readFile(paths[0].1) == readFile(paths[1].1))
  }

  @Test("a run stopped anywhere and taken up has the bytes of an undisturbed one")
  func resuming() async throws {
    let undisturbed = folder.file("undisturbed")
    _ = try await corpus.run().write(toFolder: undisturbed, shards)
    let expected = try contents(of: undisturbed)
    let calls = Mutex(0)
    var stop = 1
    while true {
      calls.withLock { $0 = 0 }
      let path = folder.file("stopped\(stop)")
      let limit = stop
      do {
        _ = try await corpus.run(workerCount: 1 + stop % 3).write(toFolder: path, shards) { _ in
          calls.withLock { count in
            count += 1
            return count < limit
          }
        }
        break
      } catch is CancellationError {}
      #expect(!FileManager.default.fileExists(atPath: path + "/manifest.json"))
      // Left behind by a process that was killed rather than stopped.
      try writeFile(path + "/.train-00001.gobbet.x.partial", [1])
      let summary = try await corpus.run().write(toFolder: path, shards, resuming: true)
      #expect(try contents(of: path) == expected, "stopped after \(stop)")
      #expect(summary.documentCount + summary.keptDocumentCount == corpus.unique.count)
      stop += 1
    }
    #expect(stop > 5)
  }

  @Test("what is finished is found finished, and is replaced only when asked")
  func finished() async throws {
    let path = folder.file("out")
    let run = try corpus.run()
    let first = try await run.write(toFolder: path, shards)
    let before = try contents(of: path)
    let again = try await run.write(toFolder: path, shards, resuming: true)
    #expect(again.manifest == first.manifest)
    #expect(again.documentCount == 0)
    let error = await #expect(throws: FileError.self) {
      try await run.write(toFolder: path, shards)
    }
    #expect(error?.operation == .create)
    #expect(try contents(of: path) == before)
    let fewer = ShardOptions(tokenCount: 400_000)
    _ = try await run.write(toFolder: path, fewer, replacing: true)
    #expect(try names(in: path) == ["manifest.json", "train-00000.gobbet"])
  }

  @Test("a second writer is kept out while one is at work")
  func twoWriters() async throws {
    let path = folder.file("out")
    let run = try corpus.run(workerCount: 1)
    await #expect(throws: CancellationError.self) {
      _ = try await run.write(toFolder: path, shards) { _ in false }
    }
    let held = try GrowingFile(path + "/unfinished.json")
    let before = try contents(of: path)
    for resuming in [true, false] {
      let error = await #expect(throws: FileError.self) {
        try await run.write(
          toFolder: path, shards, replacing: !resuming, resuming: resuming)
      }
      #expect(error?.operation == .open)
    }
    #expect(try contents(of: path) == before)
    #expect(held.byteCount > 0)
  }

  /// A folder with some finished shards and no manifest.
  private func begun() async throws -> String {
    let path = folder.file("begun")
    await #expect(throws: CancellationError.self) {
      _ = try await corpus.run(workerCount: 1).write(toFolder: path, shards) {
        $0.documentCount < 220
      }
    }
    #expect(try names(in: path).contains("train-00000.gobbet"))
    return path
  }

  @Test("other options, another vocabulary and other inputs are refused, and both are named")
  func otherPlans() async throws {
    let path = try await begun()
    let before = try contents(of: path)
    var packed = try corpus.run()
    packed.options.codec = .packed
    var inputs = try corpus.run()
    inputs.inputs = ["elsewhere.jsonl"]
    var vocabulary = try corpus.run()
    vocabulary.vocabulary = try Vocabulary(
      byteOrder: Array(0...255), pairs: [(97, 98)], pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<|endoftext|>", id: 257)]))
    for (run, words) in [
      (packed, ["codec rank", "packed"]), (inputs, ["corpus.jsonl", "elsewhere.jsonl"]),
      (
        vocabulary,
        [
          "\(try PackingCorpus.vocabulary().fingerprint)", "\(vocabulary.vocabulary.fingerprint)",
        ]
      ),
    ] {
      let error = await #expect(throws: LoadingError.self) {
        try await run.write(toFolder: path, shards, resuming: true)
      }
      for word in words { #expect(error?.description.contains(word) == true, "\(word)") }
      #expect(try contents(of: path) == before)
    }
  }

  @Test("inputs that begin with other documents than a finished shard are refused")
  func otherDocuments() async throws {
    let path = try await begun()
    var bytes = try readFile(corpus.path)
    // A letter of an early document.
    let place = try #require(bytes.firstIndex(of: UInt8(ascii: "z")))
    bytes[place] = UInt8(ascii: "y")
    try writeFile(corpus.path, bytes)
    let error = await #expect(throws: LoadingError.self) {
      try await corpus.run().write(toFolder: path, shards, resuming: true)
    }
    #expect(error?.description.contains("train-00000.gobbet") == true)
    try writeFile(corpus.path, Array(bytes.prefix(300)))
    await #expect(throws: (any Error).self) {
      try await corpus.run().write(toFolder: path, shards, resuming: true)
    }
  }

  @Test("a file that is not the one of the manifest is refused")
  func exchangedShard() async throws {
    let path = folder.file("out")
    _ = try await corpus.run().write(toFolder: path, shards)
    let one = path + "/train-00000.gobbet"
    try writeFile(one, try readFile(path + "/train-00001.gobbet"))
    let error = #expect(throws: LoadingError.self) { try TokenDataset(recognizing: path) }
    #expect(error?.path == one)
    _ = try TokenDataset(recognizing: path, split: .validation)
  }

  @Test("no cut and no changed byte of a manifest traps or leads out of the folder")
  func damagedManifests() async throws {
    let path = folder.file("out")
    _ = try await corpus.run().write(toFolder: path, ShardOptions(tokenCount: 60_000))
    let manifest = path + "/manifest.json"
    let bytes = try readFile(manifest)
    for count in 0..<bytes.count where bytes.count - count > 2 {
      try writeFile(manifest, Array(bytes.prefix(count)))
      #expect(throws: (any Error).self) { try DatasetManifest(contentsOf: manifest) }
    }
    var generator = SeededGenerator(7)
    for _ in 0..<500 {
      var changed = bytes
      changed[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
      try writeFile(manifest, changed)
      _ = try? TokenDataset(recognizing: manifest)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    for name in ["../x.gobbet", "", "..", "a/b"] {
      let changed = text.replacing("train-00000.gobbet", with: name)
      try writeFile(manifest, Array(changed.utf8))
      #expect(throws: LoadingError.self) { try DatasetManifest(contentsOf: manifest) }
    }
  }

  @Test("an empty corpus gives a dataset without tokens")
  func emptyCorpus() async throws {
    try writeFile(corpus.path, [])
    let path = folder.file("out")
    let summary = try await corpus.run().write(toFolder: path, shards)
    #expect(summary.manifest?.splits.map(\.shards.count) == [1, 1])
    #expect(try TokenDataset(recognizing: path).tokenCount == 0)
  }

  @Test("a dry run counts the same and writes nothing")
  func dryRun() async throws {
    let wet = try await corpus.run().write(toFolder: folder.file("out"), shards)
    let before = try folder.names()
    let dry = try await corpus.run().dryRun(shards)
    #expect(dry.tokenCount == wet.tokenCount)
    #expect(dry.documentCount == wet.documentCount)
    #expect(dry.duplicateCount == wet.duplicateCount)
    #expect(dry.shardCount == wet.manifest?.splits.reduce(0) { $0 + $1.shards.count })
    #expect(try folder.names() == before)
  }

  @Test("bad lines end the run, or are left out and kept aside as they are")
  func badLines() async throws {
    let bad = [#"{"text": 7, "id": 1}"#, "nonsense", #"{"id": 2}"#]
    let good = #"{"text": "so", "id": 3}"#
    let lines = [good] + bad + [good]
    let path = try folder.write("bad.jsonl", Array(lines.joined(separator: "\n").utf8))
    var run = try corpus.run()
    run.removesDuplicates = false
    run.inputs = [path]
    let out = folder.file("out")
    await #expect(throws: CorpusError.self) { try await run.write(to: out) }
    #expect(!FileManager.default.fileExists(atPath: out))
    run.corpus.badLines = .skip
    let summary = try await run.write(to: out)
    #expect(summary.badLineCount == 3)
    #expect(summary.firstBadLine?.line == 2)
    #expect(summary.documentCount == 2)
    run.corpus.badLines = .keepAside
    run.badLinesPath = folder.file("aside")
    _ = try await run.write(to: out, replacing: true)
    #expect(try readFile(folder.file("aside")) == Array((bad.joined(separator: "\n") + "\n").utf8))
  }
}
