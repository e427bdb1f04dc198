import Foundation
import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

/// With `GOBBET_WRITE_FIXTURES=1` files that aren't there yet are written first; those that are stay as they are.
@Suite("Golden files of what containers hold") struct GoldenContentTests {
  /// What a file holds, as lines: fingerprints, documents, tensors, counts.
  static func lines(_ path: String) throws -> [String] {
    try lines(ContainerReader(path: path))
  }

  /// The same of an open container.
  static func lines(_ container: ContainerReader) throws -> [String] {
    var lines: [String] = []
    if container.section(.vocabularyHeader) != nil {
      try Vocabulary.verify(container)
      let vocabulary = try Vocabulary(container)
      lines.append("vocabulary \(vocabulary.fingerprint) \(vocabulary.idBound)")
    }
    if container.section(.tokenHeader) != nil {
      let dataset = try TokenDataset(verifying: container)
      lines.append("tokens \(dataset.tokenCount) of \(dataset.fingerprint)")
      let sources = try dataset.documentSources()
      let byteCounts = try dataset.documentByteCounts()
      for index in 0..<dataset.documentCount {
        let ids = try dataset.tokens(in: dataset.document(index))
        let digest = Self.digest(ids.flatMap(HandMadeFile.little))
        lines.append(
          "document \(ids.count) \(digest) \(byteCounts?[index] ?? 0) \(sources?[index] ?? "")")
        if dataset.hasLossMask {
          lines.append("counted \(try dataset.countedRanges(ofDocument: index))")
        }
      }
    }
    if container.section(.tensorTable) != nil {
      let weights = try WeightsReader(verifying: container)
      for tensor in weights.tensors {
        let data = try weights.bytes(of: tensor)
        lines.append(
          "tensor \(tensor.name) \(tensor.elementType.rawValue) \(tensor.shape)"
            + " \(Self.digest(data))")
      }
      lines += weights.metadata.map { "metadata \(digest(Array("\($0)=\($1)".utf8)))" }
    }
    if container.section(.countsHeader) != nil {
      let counts = try PretokenCountsFile(container)
      let settings = counts.pattern.settings.map { "\($0)" }.joined(separator: ".")
      lines.append("pretokens \(counts.uniqueCount) \(settings) \(counts.origin.documentCount)")
      try counts.forEachPretoken { pretoken, count in
        lines.append("pretoken \(ContentDigest(of: pretoken)) \(count)")
      }
    }
    return lines
  }

  private static func digest(_ bytes: [UInt8]) -> ContentDigest { ContentDigest(of: bytes.span) }

  @Test("a golden file holds what is written today", arguments: GoldenContents.all)
  func golden(file: GoldenContents.File) throws {
    let folder = try TemporaryFolder()
    let written = folder.file("written.gobbet")
    try file.write(written)
    let golden = "\(fixturesFolder)/\(file.path)"
    if ProcessInfo.processInfo.environment["GOBBET_WRITE_FIXTURES"] == "1",
      !FileManager.default.fileExists(atPath: golden)
    {
      try FileManager.default.createDirectory(
        atPath: "\(fixturesFolder)/golden/\(file.version)/\(file.kind)",
        withIntermediateDirectories: true)
      try writeFile(golden, readFile(written))
    }
    let lines = try Self.lines(golden)
    #expect(!lines.isEmpty)
    #expect(try lines == Self.lines(written))
    try ContainerReader(path: golden).verify()
  }
}
