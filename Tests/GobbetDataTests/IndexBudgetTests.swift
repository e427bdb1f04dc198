import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Memory for indices") struct IndexBudgetTests {
  /// A dataset of empty documents: a header that says how many, and a byte of zero for each.
  private static func emptyDocuments(_ count: Int, sources: Bool = false, at path: String) throws {
    var container = try ContainerWriter(path: path, profile: .tokens)
    let header = TokenDatasetHeader(
      tokenCount: 0, documentCount: count, idBound: 259, blockTokenCount: 1024, codec: .raw16,
      fingerprint: ContentDigest(of: [UInt8]().span))
    try container.add(.tokens, [], level: nil)
    try container.add(.tokenBlocks, [], level: nil)
    for kind in sources ? [SectionKind.documentLengths, .documentSources] : [.documentLengths] {
      try container.begin(kind, level: 3)
      let zeros = [UInt8](repeating: 0, count: 1 << 20)
      for start in stride(from: 0, to: count, by: zeros.count) {
        try container.append(zeros.span.extracting(0..<min(zeros.count, count - start)))
      }
      try container.end()
    }
    try container.add(.tokenHeader, header.content, level: nil)
    _ = try container.finish()
  }

  /// The error of `body`; nil if it throws none.
  private static func overBudget(_ body: () throws -> Void) -> FormatError? {
    do {
      try body()
      return nil
    } catch {
      guard let error = error as? FormatError, case .overIndexBudget = error.code else {
        Issue.record("\(error)")
        return nil
      }
      return error
    }
  }

  @Test("a few kilobytes of empty documents are refused before anything is built, with the way out")
  func emptyDocuments() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("bomb.gobbet")
    try Self.emptyDocuments(40 << 20, at: path)
    #expect(try readFile(path).count < 8192)
    let error = Self.overBudget { _ = try TokenDataset(path: path).document(0) }
    #expect(error?.code == .overIndexBudget(needed: 9 * (40 << 20), budget: 256 << 20))
    #expect(error?.description.contains("GOBBET_INDEX_BUDGET") == true)
    #expect(error?.description.contains("indexBudget") == true)
  }

  @Test("what a caller allows for an index is what it may take: documents, and their sources")
  func given() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.gobbet")
    let count = 50_000
    try Self.emptyDocuments(count, sources: true, at: path)
    func dataset(_ budget: Int?) throws -> TokenDataset {
      try TokenDataset([ContainerReader(path: path, indexBudget: budget)])
    }
    #expect(Self.overBudget { _ = try dataset(9 * count - 1).document(0) } != nil)
    let narrow = try dataset(9 * count)
    #expect(try narrow.document(count - 1) == 0..<0)
    #expect(Self.overBudget { _ = try narrow.documentSources() } != nil)
    #expect(try dataset(nil).documentSources() == [String](repeating: "", count: count))
  }

  @Test("every index counts: ranks, blocks, tensors, metadata, vocabularies")
  func everyIndex() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try Vocabularies.random(mergeCount: 40, seed: 1)
    func read(_ path: String, _ budget: Int?) throws {
      let container = try ContainerReader(path: path, indexBudget: budget)
      if container.section(.tokenHeader) != nil { _ = try TokenDataset([container]).document(0) }
      if container.section(.tensorTable) != nil { _ = try WeightsReader(container) }
      if container.section(.vocabularyHeader) != nil { _ = try Vocabulary(container) }
    }
    var tokens = try TokenDatasetWriter(
      path: folder.file("tokens.gobbet"), vocabulary: vocabulary,
      options: TokenDatasetOptions(codec: .rank))
    try tokens.append(document: [1, 2, 3].span)
    _ = try tokens.finish()
    var weights = try WeightsWriter(path: folder.file("weights.gobbet"), metadata: [("a", "b")])
    try weights.append(
      TensorDescription(name: "w", elementType: .uint8, shape: [2]), [1, 2].span)
    try weights.finish()
    try vocabulary.write(to: folder.file("vocabulary.gobbet"))
    for name in ["tokens", "weights", "vocabulary"] {
      let path = folder.file("\(name).gobbet")
      #expect(Self.overBudget { try read(path, 10) } != nil, "\(name)")
      try read(path, nil)
    }
  }

  @Test("pretokens that share all but their ends with the one before are refused by their bytes")
  func counts() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("counts.gobbet")
    let length = 60_000
    let count = 400
    var writer = try PretokenCountsWriter(path: path, pattern: .gpt2)
    for number in 0..<count {
      let pretoken =
        [UInt8](repeating: 97, count: length) + [UInt8(number >> 8), UInt8(number & 255)]
      try writer.append(pretoken.span, count: 1)
    }
    try writer.finish()
    #expect(try readFile(path).count < 4096)
    let error = Self.overBudget {
      try PretokenCountsFile(path: path).forEachPretoken { _, _ in }
    }
    #expect(error?.field == "counts.pretoken")
    var found = 0
    try PretokenCountsFile(ContainerReader(path: path, indexBudget: count * (length + 2)))
      .forEachPretoken { _, _ in found += 1 }
    #expect(found == count)
    // What the process itself kept on disk is not from a stranger.
    found = 0
    try PretokenCountsFile(ownFile: path).forEachPretoken { _, _ in found += 1 }
    #expect(found == count)
  }
}
