import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("Merging and shuffling datasets") struct DatasetRearrangingTests {
  private struct Noted: Hashable, Comparable {
    let tokens: [TokenID]
    let source: String?
    let byteCount: Int?

    static func < (left: Noted, right: Noted) -> Bool {
      (left.source ?? "") < (right.source ?? "")
    }
  }

  private let folder: TemporaryFolder
  private let paths: [String]

  init() throws {
    folder = try TemporaryFolder()
    let vocabulary = try PackingCorpus.vocabulary()
    var generator = SeededGenerator(3)
    var paths: [String] = []
    for part in 0..<3 {
      let path = folder.file("part\(part).gobbet")
      var writer = try TokenDatasetWriter(
        path: path, vocabulary: vocabulary,
        options: TokenDatasetOptions(embedsVocabulary: part == 1))
      for index in 0..<(100 * part + 30) {
        let count = index % 10 == 0 ? 0 : Int.random(in: 1...3000, using: &generator)
        let ids = (0..<count).map { _ in TokenID.random(in: 0...256, using: &generator) }
        try writer.append(
          document: ids.span, source: "\(part)/\(index)", byteCount: part == 2 ? nil : index)
      }
      try writer.finish()
      paths.append(path)
    }
    self.paths = paths
  }

  private func documents(_ dataset: TokenDataset) throws -> [Noted] {
    let sources = try dataset.documentSources()
    let byteCounts = try dataset.documentByteCounts()
    return try (0..<dataset.documentCount).map {
      Noted(
        tokens: try dataset.tokens(in: dataset.document($0)), source: sources?[$0],
        byteCount: byteCounts?[$0])
    }
  }

  @Test("a merge has all documents in their order, into one file or into shards")
  func merging() throws {
    let datasets = try paths.map { try TokenDataset(path: $0) }
    let expected = try datasets.flatMap { try documents($0).map(\.tokens) }
    let one = folder.file("one.gobbet")
    try DatasetMerging(datasets).write(to: one)
    let merged = try TokenDataset(path: one)
    #expect(try documents(merged).map(\.tokens) == expected)
    #expect(try merged.documentSources()?.last == "2/229")
    #expect(try merged.vocabulary() == PackingCorpus.vocabulary())
    let many = folder.file("many")
    try DatasetMerging(
      datasets, options: DatasetOutputOptions(codec: .packed, shardTokenCount: 50_000)
    ).write(to: many)
    let shards = try TokenDataset(recognizing: many)
    #expect(shards.paths.count > 5)
    #expect(shards.codec == .packed)
    #expect(try documents(shards).map(\.tokens) == expected)
  }

  @Test("datasets of two vocabularies do not merge, and nothing is left behind")
  func otherVocabulary() throws {
    let other = folder.file("other.gobbet")
    var writer = try TokenDatasetWriter(
      path: other,
      vocabulary: try Vocabulary(
        byteOrder: Array(0...255), pairs: [], pattern: .cl100k,
        specialTokens: SpecialTokens([])))
    try writer.finish()
    let before = try folder.names()
    let datasets = try [paths[0], other].map { try TokenDataset(path: $0) }
    #expect(throws: TokenDatasetError.self) {
      try DatasetMerging(datasets).write(to: folder.file("merged"))
    }
    #expect(try folder.names() == before)
  }

  @Test("a shuffle has the same documents in an order that the seed alone decides")
  func shuffling() throws {
    let dataset = try TokenDataset(path: paths[2])
    let before = try documents(dataset)
    var files: [[UInt8]] = []
    for (index, memory) in [1 << 20, 5 << 20, 1 << 30].enumerated() {
      let path = folder.file("shuffled\(index).gobbet")
      try DatasetShuffling(dataset, seed: 7, memoryByteBudget: memory).write(to: path)
      files.append(try readFile(path))
    }
    #expect(files.allSatisfy { $0 == files[0] })
    let shuffled = try documents(try TokenDataset(path: folder.file("shuffled0.gobbet")))
    #expect(shuffled != before)
    #expect(shuffled.sorted() == before.sorted())
    let other = folder.file("other.gobbet")
    try DatasetShuffling(dataset, seed: 8).write(to: other)
    #expect(try readFile(other) != files[0])
    #expect(try documents(TokenDataset(path: other)).sorted() == before.sorted())
    #expect(try folder.names().allSatisfy { $0.hasSuffix(".gobbet") })
  }

  @Test("a shuffle that is stopped leaves nothing behind")
  func stopped() throws {
    let before = try folder.names()
    let dataset = try TokenDataset(path: paths[2])
    for limit in [1, dataset.tokenCount, dataset.tokenCount * 3 / 2] {
      #expect(throws: CancellationError.self) {
        try DatasetShuffling(dataset, seed: 7).write(to: folder.file("x")) { $0 < limit }
      }
      #expect(try folder.names() == before)
    }
  }

  @Test(
    "tokens go to the files of others and come back",
    arguments: ForeignTokensWriter.Format.allCases)
  func exchange(format: ForeignTokensWriter.Format) throws {
    let dataset = try TokenDataset(path: paths[1])
    let foreign = folder.file("foreign")
    try TokenConversion.export(dataset, to: foreign, format: format)
    let tokens: ForeignTokens =
      switch format {
      case .nanoGPT: try .nanoGPT(foreign)
      case .llmC: try .llmC(foreign)
      case .megatron: try .megatron(prefix: foreign)
      case .numPy: try .numPy(foreign)
      }
    let back = folder.file("back.gobbet")
    _ = try TokenConversion.pack(
      tokens, to: back, vocabulary: PackingCorpus.vocabulary(), lastToken: 256)
    let found = try TokenDataset(path: back)
    let all = try dataset.tokens(in: 0..<dataset.tokenCount)
    #expect(try found.tokens(in: 0..<found.tokenCount) == all)
    if format == .megatron {
      #expect(try documents(found).map(\.tokens) == documents(dataset).map(\.tokens))
    } else {
      // Where documents ended is lost; they end after each of the token that was named.
      let ends = all.indices.filter { all[$0] == 256 }.map { $0 + 1 }
      let bounds = [0] + ends + (ends.last == all.count ? [] : [all.count])
      #expect(
        try (0..<found.documentCount).map { try found.document($0).upperBound }
          == Array(bounds.dropFirst())
      )
    }
  }
}
