import GobbetBPE
import GobbetData
import TestSupport
import Testing

@Suite("Mixtures of datasets") struct TokenMixtureTests {
  private let folder: TemporaryFolder
  private let mixture: TokenMixture
  private let vocabulary: Vocabulary

  init() throws {
    folder = try TemporaryFolder()
    vocabulary = try Vocabularies.random(mergeCount: 10, seed: 3)
    var windows: [TokenWindows] = []
    for (index, count) in [40, 9, 23].enumerated() {
      let path = folder.file("\(index)")
      let ids = TokenCodeTests.skewedIDs(4 * count + 1, below: 200, seed: UInt64(index))
      try TokenDatasetTests.write([ids], to: path, vocabulary, .init())
      windows.append(try TokenDataset(path: path).windows(length: 4, stride: 4))
    }
    mixture = try TokenMixture(windows, parts: [7, 2, 1])
  }

  private func places(_ count: Int, _ sampler: MixtureSampler) -> [TokenMixture.Place] {
    var sampler = sampler
    return (0..<count).compactMap { _ in sampler.next() }
  }

  @Test("every cycle has as many windows of each dataset as its part says")
  func parts() {
    let places = places(500, mixture.sampler(seed: 1))
    for start in stride(from: 0, to: 500, by: 10) {
      let cycle = places[start..<(start + 10)]
      #expect(
        mixture.parts.indices.map { part in cycle.count { $0.dataset == part } } == [7, 2, 1])
    }
  }

  @Test("every window of a dataset comes once before any comes again, in another order each time")
  func epochs() {
    let places = places(2000, mixture.sampler(seed: 1))
    for (dataset, windows) in mixture.windows.enumerated() {
      let visited = places.filter { $0.dataset == dataset }.map(\.window)
      let epochs = stride(from: 0, through: visited.count - windows.count, by: windows.count).map {
        Array(visited[$0..<($0 + windows.count)])
      }
      #expect(epochs.count > 1)
      for epoch in epochs { #expect(epoch.sorted() == Array(0..<windows.count)) }
      #expect(Set(epochs).count > 1)
    }
  }

  @Test("ranks take turns, and each goes on where it stopped", arguments: [1, 2, 3, 8])
  func ranks(worldSize: Int) throws {
    let whole = places(240, mixture.sampler(seed: 5))
    for rank in 0..<worldSize {
      let part = places(
        240 / worldSize, mixture.sampler(seed: 5, rank: rank, worldSize: worldSize))
      let expected = stride(from: rank, to: 240, by: worldSize).map { whole[$0] }
      #expect(part == expected)
      for stop in 0..<part.count {
        var sampler = mixture.sampler(seed: 5, rank: rank, worldSize: worldSize)
        for _ in 0..<stop { _ = sampler.next() }
        let resumed = try mixture.sampler(resuming: sampler.state)
        #expect(places(part.count - stop, resumed) == Array(part[stop...]))
      }
    }
  }

  @Test("batches hold the tokens of their places")
  func batches() throws {
    let places = places(30, mixture.sampler(seed: 2))
    let batch = try mixture.batch(places)
    #expect(batch.windowCount == 30)
    for (row, place) in places.enumerated() {
      let tokens = try mixture.windows[place.dataset].dataset.tokens(
        in: (4 * place.window)..<(4 * place.window + 5))
      #expect(Array(batch.inputs[(4 * row)..<(4 * row + 4)]) == Array(tokens.dropLast()))
      #expect(Array(batch.targets[(4 * row)..<(4 * row + 4)]) == Array(tokens.dropFirst()))
    }
  }

  @Test("a state of another mixture, and one that cannot be, are refused")
  func foreignStates() throws {
    let other = try TokenMixture(mixture.windows, parts: [7, 2, 2])
    let state = mixture.sampler(seed: 1).state
    #expect(throws: TokenDatasetError.self) { try other.sampler(resuming: state) }
    for (rank, worldSize, position) in [(1, 1, 0), (0, 0, 0), (0, 1, -1), (0, 4, Int.max / 2)] {
      var impossible = state
      impossible.rank = rank
      impossible.worldSize = worldSize
      impossible.position = position
      #expect(throws: TokenDatasetError.self) { try mixture.sampler(resuming: impossible) }
    }
  }

  @Test("datasets of another vocabulary do not mix")
  func otherVocabulary() throws {
    let path = folder.file("other")
    let other = try Vocabularies.random(mergeCount: 11, seed: 4)
    try TokenDatasetTests.write([Array(0..<20)], to: path, other, .init())
    let windows = try TokenDataset(path: path).windows(length: 4, stride: 4)
    #expect(throws: TokenDatasetError.self) {
      try TokenMixture([mixture.windows[0], windows], parts: [1, 1])
    }
  }
}

@Suite("Rows and padding") struct PaddingTests {
  private func dataset(_ documents: [[TokenID]], _ folder: TemporaryFolder) throws -> TokenDataset {
    let path = folder.file("t.gobbet")
    try TokenDatasetTests.write(
      documents, to: path, Vocabularies.random(mergeCount: 0, seed: 3), .init())
    return try TokenDataset(path: path)
  }

  @Test("a last batch is filled up with rows of padding where that is asked for")
  func paddedBatch() throws {
    let folder = try TemporaryFolder()
    let windows = try dataset([Array(0..<13)], folder).windows(length: 4, stride: 4)
    let batch = try windows.batch(1, size: 2, padding: 99)
    #expect(batch.windowCount == 1)
    #expect(batch.rowCount == 2)
    #expect(batch.inputs == [8, 9, 10, 11, 99, 99, 99, 99])
    #expect(batch.targets == [9, 10, 11, 12, 99, 99, 99, 99])
    #expect(try windows.batch(0, size: 2, padding: 99) == windows.batch(0, size: 2))
  }

  @Test("documents lie in rows of one length, cut or filled up")
  func rows() throws {
    let folder = try TemporaryFolder()
    let dataset = try dataset([[1, 2, 3], [], [4], [5, 6, 7, 8, 9]], folder)
    let rows = try dataset.rows(ofDocuments: [3, 1, 0], length: 4, padding: 50)
    #expect(rows.tokens == [5, 6, 7, 8, 50, 50, 50, 50, 1, 2, 3, 50])
    #expect(rows.counts == [4, 0, 3])
    let longest = try dataset.rows(ofDocuments: [0, 2], padding: 50)
    #expect(longest.length == 3)
    #expect(longest.tokens == [1, 2, 3, 4, 50, 50])
    #expect(try dataset.rows(ofDocuments: [], padding: 0).tokens.isEmpty)
  }

  @Test("a document in parts is one document, and every cut of the parts gives the same file")
  func parts() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    let ids = TokenCodeTests.skewedIDs(500, below: 200, seed: 1)
    var files: [[UInt8]] = []
    for cuts in [[500], [1, 499], [100, 300, 500]] {
      let path = folder.file("\(cuts.count)")
      var writer = try TokenDatasetWriter(
        path: path, vocabulary: vocabulary,
        options: TokenDatasetOptions(blockTokenCount: 64, sampleTokenCount: 90))
      var start = 0
      for end in cuts + [500] {
        try writer.append(part: ids.span.extracting(start..<end))
        start = end
      }
      writer.endDocument()
      writer.endDocument()
      try writer.finish()
      files.append(try readFile(path))
      #expect(try TokenDataset(path: path).documentCount == 2)
      #expect(try TokenDataset(path: path).tokens(in: 0..<500) == ids)
    }
    #expect(files.allSatisfy { $0 == files[0] })
  }
}
