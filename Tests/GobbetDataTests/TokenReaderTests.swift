import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

/// Windows and rows are read once while blocks are still to be checked, and once when all are: then, where
/// tokens are mapped, another way.
@Suite("Reading many windows and rows") struct TokenReaderTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let codec: TokenCodec
    let fileCount: Int
    let isMasked: Bool

    var testDescription: String { "\(codec.name), \(fileCount) files, masks: \(isMasked)" }

    static let all: [Kind] = TokenCodec.allCases.flatMap { codec in
      [(1, false), (1, true), (3, true)].map { Kind(codec: codec, fileCount: $0, isMasked: $1) }
    }
  }

  /// Some files with documents of up to 3,000 tokens, long enough for several stretches of masks.
  private static func dataset(
    _ kind: Kind, _ folder: TemporaryFolder
  ) throws -> (dataset: TokenDataset, documents: [(ids: [TokenID], counted: [Bool])]) {
    let vocabulary = try Vocabularies.random(mergeCount: 300, seed: 3)
    var random = SeededGenerator(21)
    var documents: [(ids: [TokenID], counted: [Bool])] = []
    let paths = (0..<kind.fileCount).map { folder.file("\($0).gobbet") }
    for path in paths {
      var writer = try TokenDatasetWriter(
        path: path, vocabulary: vocabulary,
        options: TokenDatasetOptions(codec: kind.codec, blockTokenCount: 512, sampleTokenCount: 500)
      )
      for index in 0..<30 {
        let count = index == 7 ? 0 : Int.random(in: 1...3_000, using: &random)
        let ids = (0..<count).map { _ in
          TokenID.random(in: 0..<TokenID(vocabulary.idBound), using: &random)
        }
        // Runs of all lengths, and documents all of which counts.
        var isCounted = index.isMultiple(of: 5)
        let counted = ids.map { _ in
          if kind.isMasked, index % 5 != 0, Int.random(in: 0..<(index + 2), using: &random) == 0 {
            isCounted.toggle()
          }
          return !kind.isMasked || isCounted
        }
        try writer.append(
          document: ids.span, counted: kind.isMasked ? LossMaskTests.ranges(counted) : nil)
        documents.append((ids, counted))
      }
      try writer.finish()
    }
    return (try TokenDataset(paths: paths), documents)
  }

  @Test(
    "windows and rows are the same before all blocks were checked and after it", arguments: Kind.all
  )
  func readTwice(kind: Kind) throws {
    let folder = try TemporaryFolder()
    let (dataset, documents) = try Self.dataset(kind, folder)
    let ids = documents.flatMap(\.ids)
    let ignored = TokenBatch.ignoredTarget
    let targets = zip(ids, documents.flatMap(\.counted)).map { $1 ? $0 : ignored }
    let (length, stride) = (700, 333)
    let windows = dataset.windows(length: length, stride: stride)
    let rows = try dataset.packedRows(PackedRowOptions(length: 900))
    for pass in 0..<3 {
      var random = SeededGenerator(UInt64(pass))
      let order = (0..<windows.count).shuffled(using: &random)
      let batch = try windows.batch(order)
      for (place, index) in order.enumerated() {
        let (row, start) = (place * length, index * stride)
        #expect(batch.inputs[row..<(row + length)] == ids[start..<(start + length)])
        #expect(batch.targets[row..<(row + length)] == targets[(start + 1)..<(start + 1 + length)])
      }
      let rowOrder = (0..<rows.count).shuffled(using: &random)
      var inputs = [TokenID](repeating: .max, count: rows.count * rows.length + 1)
      var found = inputs
      var inputSpan = inputs.mutableSpan
      var targetSpan = found.mutableSpan
      let bounds = try rows.copy(
        rowOrder, padding: 5, inputs: &inputSpan, targets: &targetSpan)
      #expect(inputs.removeLast() == .max && found.removeLast() == .max)
      var expected: (inputs: [TokenID], targets: [TokenID], bounds: [Int32]) = ([], [], [0])
      for row in rowOrder {
        for part in rows.parts(ofRow: row) {
          expected.inputs += ids[part.tokens]
          expected.targets += targets[(part.tokens.lowerBound + 1)..<part.tokens.upperBound]
          expected.targets.append(part.continues ? targets[part.tokens.upperBound] : ignored)
          expected.bounds.append(Int32(expected.inputs.count))
        }
        let left = (rows.length - expected.inputs.count % rows.length) % rows.length
        expected.inputs += [TokenID](repeating: 5, count: left)
        expected.targets += [TokenID](repeating: ignored, count: left)
        if left > 0 { expected.bounds.append(Int32(expected.inputs.count)) }
      }
      #expect(inputs == expected.inputs && found == expected.targets && bounds == expected.bounds)
      let whole = try rows.batch(rowOrder, padding: 5)
      #expect(whole.inputs == inputs && whole.targets.map { TokenID(bitPattern: $0) } == found)
      #expect(whole.bounds == bounds)
      #expect(
        whole.positions
          == zip(bounds, bounds.dropFirst()).flatMap { Array(0..<($1 - $0)) })
    }
  }
}
