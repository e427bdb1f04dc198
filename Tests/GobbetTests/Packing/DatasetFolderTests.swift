import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("The folder of a dataset") struct DatasetFolderTests {
  private let folder: TemporaryFolder
  private let path: String
  private let vocabulary: Vocabulary

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("set")
    vocabulary = try PackingCorpus.vocabulary()
  }

  private func plan(_ name: String) -> DatasetPlan {
    DatasetPlan(fingerprint: vocabulary.fingerprint, entries: [("name", .text(name))])
  }

  private func begin(
    _ name: String, _ mode: DatasetFolder.Mode, isResumable: Bool = true
  ) throws -> DatasetFolder {
    guard
      case .begun(let begun) = try DatasetFolder.begin(
        path, plan(name), mode, isResumable: isResumable)
    else { throw CancellationError() }
    return begun
  }

  /// Writes a shard of one document.
  private func write(
    _ ids: [TokenID], _ number: Int, _ split: DatasetSplit = .train, in target: DatasetFolder
  ) throws -> DatasetManifest.Shard {
    let path = target.path(ofShard: number, in: split)
    var writer = try TokenDatasetWriter(path: path, vocabulary: vocabulary, replacing: true)
    try writer.append(document: ids.span)
    let summary = try writer.finish()
    return DatasetManifest.Shard(
      name: URL(filePath: path).lastPathComponent, tokenCount: summary.tokenCount,
      documentCount: 1, byteCount: try FileStatus(of: path).byteCount,
      contentID: summary.contentID)
  }

  /// Makes the dataset with a shard of each of `documents`.
  private func make(_ documents: [[TokenID]], _ mode: DatasetFolder.Mode = .new) throws {
    let target = try begin("made", mode)
    let shards = try documents.enumerated().map { try write($1, $0, in: target) }
    _ = try target.finish([DatasetManifest.Split(name: .train, shards: shards)])
  }

  private func tokens() throws -> [TokenID] {
    let dataset = try TokenDataset(recognizing: path)
    return try dataset.tokens(in: 0..<dataset.tokenCount)
  }

  @Test("the old dataset is whole until the new one stands, and then only the new one is there")
  func replacing() throws {
    try make([[1], [2], [3]])
    let plain = ["manifest.json", "train-00000.gobbet", "train-00001.gobbet"]
    #expect(try names(in: path) == plain + ["train-00002.gobbet"])
    let old = try contents(of: path)
    do {
      let target = try begin("new", .replace)
      let shards = [try write([4], 0, in: target), try write([5, 6], 1, in: target)]
      for (name, bytes) in old { #expect(try contents(of: path)[name] == bytes) }
      #expect(try tokens() == [1, 2, 3])
      _ = try target.finish([DatasetManifest.Split(name: .train, shards: shards)])
    }
    #expect(try tokens() == [4, 5, 6])
    #expect(try names(in: path) == plain)
  }

  @Test("a job that cannot be resumed leaves the folder as it was, one that can leaves its shards")
  func failing() throws {
    try make([[1], [2]])
    let old = try contents(of: path)
    do {
      let target = try begin("merged", .replace, isResumable: false)
      _ = try write([9], 0, in: target)
    }
    #expect(try contents(of: path) == old)
    do {
      let target = try begin("packed", .replace)
      _ = try write([9], 0, in: target)
    }
    #expect(try tokens() == [1, 2])
    #expect(try names(in: path).contains("train-00000.new.gobbet"))
    let resumed = try begin("packed", .resume)
    let shard = try write([9], 0, in: resumed)
    _ = try resumed.finish([DatasetManifest.Split(name: .train, shards: [shard])])
    #expect(try tokens() == [9])
    #expect(try names(in: path) == ["manifest.json", "train-00000.gobbet"])
  }

  @Test("what a killed job left is removed by the next, whichever it is")
  func leftovers() throws {
    try make([[1], [2]])
    let old = try contents(of: path)
    var left: [String: [UInt8]] = [:]
    do {
      let target = try begin("killed", .replace, isResumable: false)
      _ = try write([9], 0, in: target)
      left = try contents(of: path)
    }
    #expect(try contents(of: path) == old)
    // As a process that could not clean up leaves it.
    left[".train-00001.new.gobbet.0.partial"] = [1]
    for (name, bytes) in left { try writeFile(path + "/" + name, bytes) }
    #expect(try names(in: path).count == old.count + 3)
    #expect(try tokens() == [1, 2])
    try make([[3]], .replace)
    #expect(try names(in: path) == ["manifest.json", "train-00000.gobbet"])
    #expect(try tokens() == [3])
  }

  @Test("a job that was killed after its manifest was in place is finished, and cleaned up")
  func committed() throws {
    try make([[1], [2]])
    let old = try contents(of: path)
    var during: [String: [UInt8]] = [:]
    do {
      let target = try begin("new", .replace)
      let shards = [try write([4], 0, in: target)]
      during = try contents(of: path)
      _ = try target.finish([DatasetManifest.Split(name: .train, shards: shards)])
    }
    let settled = try contents(of: path)
    // As it was between the rename and all that follows: the manifest names the new files.
    let manifest = String(decoding: try #require(settled["manifest.json"]), as: UTF8.self)
      .replacing("train-00000.gobbet", with: "train-00000.new.gobbet")
    during["manifest.json"] = Array(manifest.utf8)
    for (name, bytes) in during { try writeFile(path + "/" + name, bytes) }
    #expect(try names(in: path).count == old.count + 2)
    #expect(try tokens() == [4])
    guard case .finished = try DatasetFolder.begin(path, plan("new"), .resume) else {
      Issue.record("not finished")
      return
    }
    #expect(try contents(of: path) == settled)
  }

  @Test("another job is kept out from the first moment to the last")
  func locked() throws {
    try make([[1]])
    let target = try begin("first", .replace)
    for mode in [DatasetFolder.Mode.replace, .resume] {
      let error = #expect(throws: FileError.self) { _ = try begin("first", mode) }
      #expect(error?.reason == "another writer has it open")
    }
    let shards = [try write([4], 0, in: target)]
    _ = try target.finish([DatasetManifest.Split(name: .train, shards: shards)])
    try make([[5]], .replace)
    #expect(try tokens() == [5])
  }

  @Test("files that are called otherwise than shards are never removed")
  func others() throws {
    try make([[1], [2]])
    for name in ["train-notes.gobbet", "train-1.gobbet", "validation.gobbet", "readme"] {
      try writeFile(path + "/" + name, [1])
    }
    try make([[3]], .replace)
    #expect(
      try names(in: path) == [
        "manifest.json", "readme", "train-00000.gobbet", "train-1.gobbet", "train-notes.gobbet",
        "validation.gobbet",
      ])
  }

  @Test("shards that change before the manifest is written are refused, and the old dataset stays")
  func exchanged() throws {
    try make([[1]])
    let target = try begin("new", .replace)
    let shard = try write([4], 0, in: target)
    _ = try write([5], 0, in: target)
    #expect(throws: LoadingError.self) {
      _ = try target.finish([DatasetManifest.Split(name: .train, shards: [shard])])
    }
    #expect(try tokens() == [1])
  }

  @Test("a manifest whose numbers are not those of its files is refused")
  func lies() throws {
    try make([[1], [2, 3]])
    let manifest = path + "/manifest.json"
    let text = String(decoding: try readFile(manifest), as: UTF8.self)
    let second = try #require(text.firstRange(of: #""train-00001.gobbet""#))
    func refuse(_ changed: String, _ words: String) throws {
      #expect(changed != text)
      try writeFile(manifest, Array(changed.utf8))
      let error = #expect(throws: LoadingError.self) { _ = try TokenDataset(recognizing: path) }
      #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    }
    try refuse(
      text.replacingCharacters(in: second, with: #""train-00000.gobbet""#),
      "lists train-00000.gobbet twice")
    try refuse(
      text.replacing(#""tokens": 3"#, with: #""tokens": 4"#),
      "split train does not have the 3 tokens and 2 documents")
    try refuse(
      text.replacing(#""tokens": 3"#, with: #""tokens": 4"#)
        .replacing(#""tokens": 2"#, with: #""tokens": 3"#),
      "a number of tokens of 2, not 3")
    try refuse(
      text.replacing(#""tokens": 1"#, with: #""tokens": 9223372036854775807"#),
      "more than 2^63")
    let zeros = String(repeating: "0", count: 64)
    try refuse(
      text.replacing("\(vocabulary.fingerprint)", with: zeros), "not \(zeros) as its manifest says")
    try writeFile(manifest, Array(text.utf8))
    var faults: [String] = []
    let size = try #require(text.firstMatch(of: /"bytes": [0-9]+/)).output
    try writeFile(manifest, Array(text.replacing(size, with: #""bytes": 1"#).utf8))
    try DatasetManifest(contentsOf: manifest).check(in: path) { file, _ in faults.append(file) }
    #expect(faults == [path + "/train-00000.gobbet", path + "/train-00001.gobbet"])
  }

  @Test("options of a manifest may be of any kind, and nested up to 64 deep without a key twice")
  func foreignOptions() throws {
    try make([[1]])
    let manifest = path + "/manifest.json"
    let text = String(decoding: try readFile(manifest), as: UTF8.self)
    func read(_ options: String) throws -> [String: OptionValue] {
      let changed = text.replacing(#""name": "made""#, with: options)
      try writeFile(manifest, Array(changed.utf8))
      return try DatasetManifest(contentsOf: manifest).options
    }
    #expect(
      try read(#""a": {"b": [1, -2.5, {"c": null}]}, "d": -3, "e": ["f", 1], "g": ["h"]"#) == [
        "a": .json(#"{"b":[1,-2.5,{"c":null}]}"#), "d": .json("-3"), "e": .json(#"["f",1]"#),
        "g": .list(["h"]),
      ])
    // The manifest and its options are two of the 64.
    func arrays(_ depth: Int) -> String {
      #""a": "# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try read(arrays(62)).count == 1)
    for damaged in [arrays(63), #""a": [{"b": 1, "b": 1}]"#] {
      #expect(throws: InterchangeError.self) { try read(damaged) }
    }
  }

  @Test("a manifest of many options and many shards is read in linear time")
  func large() throws {
    try make([[1]])
    let manifest = path + "/manifest.json"
    let text = String(decoding: try readFile(manifest), as: UTF8.self)
    let options = (0..<40_000).map { #""k\#($0)": \#($0)"# }.joined(separator: ",")
    let entry = try #require(text.firstMatch(of: /\{\s*"name": "train-00000.gobbet"[^}]*\}/)).output
    let shards = (0..<20_000).map {
      entry.replacing("train-00000", with: "train-\(100_000 + $0)")
    }
    let large = text.replacing(#""name": "made""#, with: options)
      .replacing(entry, with: shards.joined(separator: ","))
      .replacing(
        #""tokens": 1,"# + "\n      \"documents\": 1", with: #""tokens": 20000, "documents": 20000"#
      )
    try writeFile(manifest, Array(large.utf8))
    let start = ContinuousClock.now
    let read = try DatasetManifest(contentsOf: manifest)
    #expect(read.options.count == 40_000)
    #expect(read[.train]?.shards.count == 20_000)
    // Quadratic comparing took minutes in this build; the bound is for slow machines.
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test("a dataset of which only one split is read is not replaced by what is made of that")
  func keptSplits() throws {
    let target = try begin("two", .new)
    let splits = try DatasetSplit.allCases.map { split in
      let shards = try (0..<2).map { try write([TokenID($0), 7], $0, split, in: target) }
      return DatasetManifest.Split(name: split, shards: shards)
    }
    _ = try target.finish(splits)
    let before = try contents(of: path)
    let dataset = try TokenDataset(recognizing: path)
    let options = DatasetOutputOptions(shardTokenCount: 2, replaces: true)
    for write in [
      { try DatasetMerging([dataset], options: options).write(to: path) },
      { try DatasetShuffling(dataset, seed: 1, options: options).write(to: path) },
    ] {
      let error = #expect(throws: FileError.self) { try write() }
      #expect(error?.reason.contains("split validation") == true)
      #expect(try contents(of: path) == before)
    }
    let one = DatasetOutputOptions(replaces: true)
    let shard = path + "/train-00000.gobbet"
    let error = #expect(throws: FileError.self) {
      try DatasetMerging([dataset], options: one).write(to: shard)
    }
    #expect(error?.reason == "is a shard of the dataset in its folder")
  }

  @Test("a dataset is merged and shuffled onto itself")
  func ontoItself() throws {
    try make([[1], [2], [3, 4]])
    let options = DatasetOutputOptions(shardTokenCount: 2, replaces: true)
    try DatasetMerging([try TokenDataset(recognizing: path)], options: options).write(to: path)
    #expect(try tokens() == [1, 2, 3, 4])
    #expect(
      try names(in: path) == ["manifest.json", "train-00000.gobbet", "train-00001.gobbet"])
    try DatasetShuffling(try TokenDataset(recognizing: path), seed: 3, options: options)
      .write(to: path)
    #expect(try tokens().sorted() == [1, 2, 3, 4])
    #expect(try folder.names() == ["set"])
    let before = try contents(of: path)
    #expect(throws: CancellationError.self) {
      try DatasetMerging([try TokenDataset(recognizing: path)], options: options)
        .write(to: path) { $0 < 3 }
    }
    #expect(try contents(of: path) == before)
  }

  @Test("inputs that are not there are found before the folder is looked at")
  func missingInputs() async throws {
    let corpus = try PackingCorpus(50, in: folder)
    _ = try await corpus.run().write(toFolder: path)
    let before = try contents(of: path)
    var job = try corpus.run()
    job.inputs = [folder.file("typo.jsonl")]
    await #expect(throws: FileError.self) { try await job.write(toFolder: path, replacing: true) }
    #expect(try contents(of: path) == before)
  }
}
