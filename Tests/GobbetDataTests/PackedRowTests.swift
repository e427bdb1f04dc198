import GobbetBPE
import GobbetData
import TestSupport
import Testing

@Suite("Packed rows") struct PackedRowTests {
  /// A dataset of two files, and its documents.
  static func dataset(
    _ folder: borrowing TemporaryFolder, count: Int = 60
  ) throws -> (TokenDataset, [[TokenID]]) {
    let vocabulary = try Vocabularies.random(mergeCount: 300, seed: 3)
    var all: [[TokenID]] = []
    let paths = try ["a", "b"].enumerated().map { number, name in
      let documents = TokenDatasetTests.documents(
        count, idBound: vocabulary.idBound, seed: UInt64(5 + number))
      all += documents
      try TokenDatasetTests.write(
        documents, to: folder.file("\(name).gobbet"), vocabulary,
        TokenDatasetOptions(blockTokenCount: 64, sampleTokenCount: 500))
      return folder.file("\(name).gobbet")
    }
    return (try TokenDataset(paths: paths), all)
  }

  /// What a batch of one row must be, from the documents and the parts of the row.
  static func expected(
    _ parts: [PackedRows.Part], _ documents: [[TokenID]], _ starts: [Int], length: Int
  ) -> (inputs: [TokenID], targets: [Int32], positions: [Int32], bounds: [Int32]) {
    var inputs: [TokenID] = []
    var targets: [Int32] = []
    var positions: [Int32] = []
    var bounds: [Int32] = [0]
    for part in parts {
      let document = documents[part.document]
      for token in part.tokens {
        let place = token - starts[part.document]
        inputs.append(document[place])
        targets.append(place + 1 < document.count ? Int32(document[place + 1]) : -100)
        positions.append(Int32(token - part.tokens.lowerBound))
      }
      bounds.append(Int32(inputs.count))
    }
    for position in 0..<(length - inputs.count) {
      inputs.append(7)
      targets.append(-100)
      positions.append(Int32(position))
    }
    if bounds.last != Int32(length) { bounds.append(Int32(length)) }
    return (inputs, targets, positions, bounds)
  }

  @Test("a row holds its documents, their next tokens as targets, positions and bounds")
  func content() throws {
    let folder = try TemporaryFolder()
    let (dataset, documents) = try Self.dataset(folder)
    let starts = documents.indices.map { documents[..<$0].reduce(0) { $0 + $1.count } }
    for long in [PackedRowOptions.LongDocuments.split, .crop] {
      for gaps in [PackedRowOptions.Gaps.pad, .crop] {
        for group in [7, 1 << 18] {
          let rows = try dataset.packedRows(
            PackedRowOptions(
              length: 48, longDocuments: long, gaps: gaps, groupDocumentCount: group),
            planByteBudget: group == 7 ? 0 : 1 << 20)
          var tokens: Set<Int> = []
          for row in 0..<rows.count {
            let parts = rows.parts(ofRow: row)
            for token in parts.flatMap({ Array($0.tokens) }) {
              #expect(tokens.insert(token).inserted)
            }
            let expected = Self.expected(parts, documents, starts, length: 48)
            let batch = try rows.batch([row], padding: 7)
            #expect(batch.inputs == expected.inputs)
            #expect(batch.targets == expected.targets)
            #expect(batch.positions == expected.positions)
            #expect(batch.bounds == expected.bounds)
          }
          #expect(rows.tokenCount == tokens.count)
          #expect(rows.tokenCount + rows.paddingCount == 48 * rows.count)
          if long == .split, gaps == .pad { #expect(rows.croppedTokenCount == 0) }
          if gaps == .crop { #expect(rows.efficiency == 1) }
        }
      }
    }
  }

  @Test("the bounds of a batch run on over its rows")
  func bounds() throws {
    let folder = try TemporaryFolder()
    let (dataset, _) = try Self.dataset(folder)
    let rows = try dataset.packedRows(PackedRowOptions(length: 50))
    let batch = try rows.batch([3, 0, rows.count - 1])
    #expect(batch.bounds.first == 0 && batch.bounds.last == 150)
    #expect(batch.bounds.contains(50) && batch.bounds.contains(100))
    for (start, end) in zip(batch.bounds, batch.bounds.dropFirst()) {
      #expect(batch.positions[Int(start)..<Int(end)].elementsEqual(0..<(end - start)))
    }
    #expect(try rows.batch([]).bounds == [0])
  }

  @Test("a sampler of rows resumes anywhere, and its state fits no other rows")
  func sampling() throws {
    let folder = try TemporaryFolder()
    let (dataset, _) = try Self.dataset(folder)
    let rows = try dataset.packedRows(PackedRowOptions(length: 50))
    var sampler = rows.sampler(seed: 2, rank: 1, worldSize: 2)
    for _ in 0..<5 { _ = sampler.next() }
    let state = sampler.state
    let rest = Array(sampler)
    #expect(Array(try rows.sampler(resuming: state)) == rest)
    let others = [
      PackedRowOptions(length: 50, longDocuments: .crop),
      PackedRowOptions(length: 50, gaps: .crop), PackedRowOptions(length: 51),
      PackedRowOptions(length: 50, groupDocumentCount: 9),
    ]
    for options in others {
      let other = try dataset.packedRows(options)
      #expect(throws: TokenDatasetError.self) { try other.sampler(resuming: state) }
    }
    #expect(throws: TokenDatasetError.self) {
      try dataset.windows(length: 50, stride: 50).sampler(resuming: state)
    }
    // Three readers go on where two stopped.
    let other = rows.sampler(seed: 2, rank: 0, worldSize: 2)
    let seen = Array(rows.sampler(seed: 2, rank: 1, worldSize: 2)).prefix(5) + other.prefix(5)
    let left = try (0..<3).flatMap { rank in
      Array(try rows.sampler(resuming: try #require(state.shared(rank: rank, worldSize: 3))))
    }
    #expect((seen + left).sorted() == Array(0..<rows.count))
  }

  @Test("a document longer than a row is named where that is asked for")
  func tooLong() throws {
    let folder = try TemporaryFolder()
    let (dataset, documents) = try Self.dataset(folder)
    let longest = documents.map(\.count).max() ?? 0
    let whole = try dataset.packedRows(PackedRowOptions(length: longest, longDocuments: .fail))
    #expect(whole.croppedTokenCount == 0 && whole.tooLongCount == 0)
    let first = try #require(documents.firstIndex { $0.count > 30 })
    let error = #expect(throws: TokenDatasetError.self) {
      try dataset.packedRows(PackedRowOptions(length: 30, longDocuments: .fail))
    }
    #expect(
      error?.code == .documentTooLong(first, tokenCount: documents[first].count, limit: 30))
  }

  @Test("datasets without documents, or with empty ones alone, have no rows")
  func empty() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    for (number, documents) in ([[], [[], []]] as [[[TokenID]]]).enumerated() {
      let path = folder.file("\(number).gobbet")
      try TokenDatasetTests.write(documents, to: path, vocabulary, TokenDatasetOptions())
      let rows = try TokenDataset(path: path).packedRows(PackedRowOptions(length: 8))
      #expect(rows.count == 0)
      #expect(rows.efficiency == 1)
    }
  }
}
