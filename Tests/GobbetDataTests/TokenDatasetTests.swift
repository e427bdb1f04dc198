import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Token datasets") struct TokenDatasetTests {
  /// Documents of random lengths, none and many tokens too.
  static func documents(_ count: Int, idBound: Int, seed: UInt64) -> [[TokenID]] {
    var generator = SeededGenerator(seed)
    return (0..<count).map { document in
      let length = document % 7 == 3 ? 0 : Int.random(in: 1...90, using: &generator)
      return TokenCodeTests.skewedIDs(
        length, below: UInt32(idBound), seed: seed &+ UInt64(document))
    }
  }

  static func write(
    _ documents: [[TokenID]], to path: String, _ vocabulary: Vocabulary,
    _ options: TokenDatasetOptions
  ) throws {
    var writer = try TokenDatasetWriter(path: path, vocabulary: vocabulary, options: options)
    for document in documents { try writer.append(document: document.span) }
    try writer.finish()
  }

  @Test(
    "every range and document comes back from every codec", arguments: TokenCodec.allCases,
    [0, 1, 60])
  func roundTrip(codec: TokenCodec, documentCount: Int) throws {
    let vocabulary = try Vocabularies.random(mergeCount: 300, seed: 3)
    let documents = Self.documents(documentCount, idBound: vocabulary.idBound, seed: 9)
    let folder = try TemporaryFolder()
    let path = folder.file("t.gobbet")
    try Self.write(
      documents, to: path, vocabulary,
      TokenDatasetOptions(codec: codec, blockTokenCount: 64, sampleTokenCount: 500))
    let dataset = try TokenDataset(path: path)
    let all = Array(documents.joined())
    #expect(dataset.tokenCount == all.count)
    #expect(dataset.documentCount == documents.count)
    #expect(dataset.codec == codec)
    #expect(try dataset.tokens(in: 0..<all.count) == all)
    for (index, document) in documents.enumerated() {
      #expect(try dataset.tokens(in: dataset.document(index)) == document)
    }
    var generator = SeededGenerator(4)
    for _ in 0..<100 {
      let start = Int.random(in: 0...all.count, using: &generator)
      let range = start..<Int.random(in: start...all.count, using: &generator)
      #expect(try dataset.tokens(in: range) == Array(all[range]))
    }
    #expect(try dataset.vocabulary() == vocabulary)
  }

  @Test("the same documents give the same bytes")
  func determinism() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 300, seed: 3)
    let documents = Self.documents(50, idBound: vocabulary.idBound, seed: 2)
    let folder = try TemporaryFolder()
    for name in ["a", "b"] {
      try Self.write(documents, to: folder.file(name), vocabulary, TokenDatasetOptions())
    }
    #expect(try readFile(folder.file("a")) == readFile(folder.file("b")))
  }

  @Test("windows are those of the book: inputs, and targets one further")
  func windows() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    let folder = try TemporaryFolder()
    let path = folder.file("t.gobbet")
    try Self.write([Array(0..<23)], to: path, vocabulary, TokenDatasetOptions())
    let dataset = try TokenDataset(path: path)
    let windows = dataset.windows(length: 4, stride: 4)
    // As `range(0, 23 - 4, 4)` gives them.
    #expect(windows.count == 5)
    #expect(try windows[1].inputs == [4, 5, 6, 7])
    #expect(try windows[1].targets == [5, 6, 7, 8])
    #expect(dataset.windows(length: 4, stride: 1).count == 19)
    #expect(dataset.windows(length: 22, stride: 9).count == 1)
    #expect(dataset.windows(length: 23, stride: 1).count == 0)
    #expect(windows.batchCount(size: 2) == 3)
    #expect(windows.batchCount(size: 2, dropsLast: true) == 2)
    #expect(try windows.batch(0, size: 2).inputs == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(try windows.batch(2, size: 2).windowCount == 1)
  }

  @Test("ids are checked against the vocabulary when they are written")
  func unknownID() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 10, seed: 3)
    let folder = try TemporaryFolder()
    let path = folder.file("t.gobbet")
    let bound = vocabulary.idBound
    var writer = try TokenDatasetWriter(path: path, vocabulary: vocabulary)
    try writer.append(document: [UInt32(bound - 1)].span)
    do {
      try writer.append(document: [0, UInt32(bound)].span)
      Issue.record("id \(bound) was taken")
    } catch let error as TokenDatasetError {
      #expect(error.code == .unknownID(UInt32(bound), bound: bound, document: 1))
      #expect(error.path == path)
    }
    try writer.finish()
    #expect(try TokenDataset(path: path).tokenCount == 1)
  }

  @Test("another vocabulary is refused, and the error names both")
  func wrongVocabulary() throws {
    let right = try Vocabularies.random(mergeCount: 10, seed: 3)
    let wrong = try Vocabularies.random(mergeCount: 10, seed: 4)
    let folder = try TemporaryFolder()
    let path = folder.file("t.gobbet")
    try Self.write([[1, 2]], to: path, right, TokenDatasetOptions(embedsVocabulary: false))
    let dataset = try TokenDataset(path: path)
    #expect(try dataset.vocabulary() == nil)
    #expect(try dataset.vocabulary(given: right) == right)
    let error = #expect(throws: TokenDatasetError.self) { try dataset.vocabulary(given: wrong) }
    let text = error?.description ?? ""
    #expect(text.contains(right.fingerprint.description))
    #expect(text.contains(wrong.fingerprint.description))
  }

  @Test(
    "windows are put into memory of the caller's as batches have them",
    arguments: TokenCodec.allCases)
  func windowsInPlace(codec: TokenCodec) throws {
    let vocabulary = try Vocabularies.random(mergeCount: 300, seed: 3)
    let folder = try TemporaryFolder()
    let path = folder.file("t.gobbet")
    let documents = Self.documents(40, idBound: vocabulary.idBound, seed: 8)
    try Self.write(
      documents, to: path, vocabulary,
      TokenDatasetOptions(codec: codec, blockTokenCount: 64, sampleTokenCount: 500))
    let all = Array(documents.joined())
    for (length, stride) in [(1, 1), (2, 3), (50, 7), (200, 200)] {
      let windows = try TokenDataset(path: path).windows(length: length, stride: stride)
      var generator = SeededGenerator(UInt64(length))
      let indices =
        [0, windows.count - 1]
        + (0..<9).map { _ in Int.random(in: 0..<windows.count, using: &generator) }
      // One place more than the rows take, which stays as it is.
      var inputs = [TokenID](repeating: .max, count: indices.count * length + 1)
      var targets = inputs
      var inputSpan = inputs.mutableSpan
      var targetSpan = targets.mutableSpan
      try windows.copy(indices.span, inputs: &inputSpan, targets: &targetSpan)
      let starts = indices.map { $0 * stride }
      #expect(inputs == starts.flatMap { all[$0..<($0 + length)] } + [.max])
      #expect(targets == starts.flatMap { all[($0 + 1)..<($0 + length + 1)] } + [.max])
      let batch = try windows.batch(indices)
      #expect(batch.inputs == inputs.dropLast() && batch.targets == targets.dropLast())
    }
  }

  @Test("a sampler goes on from its state, and refuses that of another file or other windows")
  func sampler() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 10, seed: 3)
    let folder = try TemporaryFolder()
    for (name, seed) in [("a", 1), ("b", 2)] as [(String, UInt64)] {
      let documents = Self.documents(40, idBound: vocabulary.idBound, seed: seed)
      try Self.write(documents, to: folder.file(name), vocabulary, TokenDatasetOptions())
    }
    let windows = try TokenDataset(path: folder.file("a")).windows(length: 8, stride: 4)
    var sampler = windows.sampler(seed: 3, rank: 1, worldSize: 2)
    let all = Array(sampler)
    for _ in 0..<10 { _ = sampler.next() }
    #expect(Array(try windows.sampler(resuming: sampler.state)) == Array(all[10...]))
    let others = [
      try TokenDataset(path: folder.file("b")).windows(length: 8, stride: 4),
      windows.dataset.windows(length: 8, stride: 5),
    ]
    for other in others {
      #expect(throws: TokenDatasetError.self) { try other.sampler(resuming: sampler.state) }
    }
    var impossible = sampler.state
    impossible.position = .max
    #expect(throws: TokenDatasetError.self) { try windows.sampler(resuming: impossible) }
  }

  @Test("documents keep their sources and byte counts, if they are given")
  func notes() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 20, seed: 3)
    let folder = try TemporaryFolder()
    let path = folder.file("t.gobbet")
    var writer = try TokenDatasetWriter(path: path, vocabulary: vocabulary)
    let ids: [TokenID] = [1, 2, 3]
    try writer.append(document: ids.span, source: "a/é.txt", byteCount: 300)
    try writer.append(document: ids.span)
    try writer.finish()
    let dataset = try TokenDataset(path: path)
    #expect(try dataset.documentSources() == ["a/é.txt", ""])
    #expect(try dataset.documentByteCounts() == [300, 0])
    let bare = folder.file("bare.gobbet")
    try Self.write([ids], to: bare, vocabulary, .init())
    #expect(try TokenDataset(path: bare).documentSources() == nil)
    #expect(try TokenDataset(paths: [path, bare]).documentByteCounts() == nil)
  }

  @Test("several files are one dataset, if they are of one vocabulary")
  func shards() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 20, seed: 3)
    let documents = Self.documents(30, idBound: vocabulary.idBound, seed: 9)
    let folder = try TemporaryFolder()
    let parts = [documents[..<11], documents[11..<11], documents[11..<12], documents[12...]]
    let paths = (0..<parts.count).map { folder.file("part\($0)") }
    for (part, path) in zip(parts, paths) {
      try Self.write(Array(part), to: path, vocabulary, .init(embedsVocabulary: path == paths[3]))
    }
    let dataset = try TokenDataset(paths: paths)
    let all = Array(documents.joined())
    #expect(dataset.tokenCount == all.count)
    #expect(dataset.documentCount == documents.count)
    #expect(try dataset.tokens(in: 0..<all.count) == all)
    for (index, document) in documents.enumerated() {
      let range = try dataset.document(index)
      #expect(try dataset.tokens(in: range) == document)
      if !range.isEmpty { #expect(try dataset.document(containing: range.lowerBound) == index) }
    }
    #expect(try dataset.vocabulary() == vocabulary)
    #expect(dataset.contentID != (try TokenDataset(paths: paths.reversed())).contentID)
    let other = folder.file("other")
    try Self.write([[1]], to: other, Vocabularies.random(mergeCount: 20, seed: 4), .init())
    #expect(throws: TokenDatasetError.self) { try TokenDataset(paths: [paths[0], other]) }
  }

  @Test("many threads read the same tokens, with and without room to keep blocks")
  func threads() async throws {
    let vocabulary = try Vocabularies.random(mergeCount: 300, seed: 3)
    let documents = Self.documents(200, idBound: vocabulary.idBound, seed: 9)
    let all = Array(documents.joined())
    let folder = try TemporaryFolder()
    for codec in [TokenCodec.rank, .packed] {
      let path = folder.file(codec.name)
      try Self.write(
        documents, to: path, vocabulary, TokenDatasetOptions(codec: codec, blockTokenCount: 64))
      for budget in [0, 1000, 1 << 20] {
        let dataset = try TokenDataset(path: path, cacheByteBudget: budget)
        try await withThrowingTaskGroup(of: Bool.self) { group in
          for task in 0..<8 {
            group.addTask {
              var generator = SeededGenerator(UInt64(task))
              return try (0..<200).allSatisfy { _ in
                let start = Int.random(in: 0...(all.count - 100), using: &generator)
                return try dataset.tokens(in: start..<(start + 100))
                  == Array(all[start..<(start + 100)])
              }
            }
          }
          for try await isSame in group { #expect(isSame) }
        }
      }
    }
  }

  @Test(
    "The Verdict has the book's tokens and windows",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
  func book() throws {
    var tokens = TokenTable()
    for bytes in try Conformance.ranks("gpt2") { try tokens.append(bytes) }
    let vocabulary = try Vocabulary(
      ranks: tokens, pattern: .gpt2,
      specialTokens: try SpecialTokens([SpecialToken("<|endoftext|>", id: 50256)]))
    let text = String(
      decoding: try Conformance.bytes("data/the-verdict.txt"), as: UTF8.self)
    let folder = try TemporaryFolder()
    let path = folder.file("verdict.gobbet")
    try Self.write([Tokenizer(vocabulary).encoded(text)], to: path, vocabulary, .init())
    let dataset = try TokenDataset(path: path)
    #expect(dataset.tokenCount == 5145)
    #expect(try dataset.tokens(in: 50..<54) == [290, 4920, 2241, 287])
    let windows = dataset.windows(length: 4, stride: 4)
    #expect(try windows[0].inputs == [40, 367, 2885, 1464])
    #expect(try windows[0].targets == [367, 2885, 1464, 1807])
    let batch = try windows.batch(0, size: 8)
    let starts = stride(from: 0, to: batch.inputs.count, by: 4).map { batch.inputs[$0] }
    #expect(starts == [40, 1807, 10899, 15632, 922, 568, 1049, 284])
  }
}
