import Foundation
import Gobbet
import GobbetBPE
import GobbetData
import GobbetFile

/// What a file holds, in the words of `Tests/reader/README.md`.
struct Answer: Encodable {
  struct Section: Encodable {
    let kind: String
    let name: String
    let codec: UInt8
    let byteCount: Int
    let digest: String
  }
  struct Signature: Encodable {
    let publicKey: String
    let isValid: Bool
  }
  struct SpecialToken: Encodable {
    let id: UInt32
    let bytes: String
  }
  struct VocabularyAnswer: Encodable {
    let fingerprint: String
    let idBound: Int
    let mergeRule: UInt8
    let pattern: String
    let tokenCount: Int
    let mergeCount: Int
    let special: [SpecialToken]
  }
  struct Document: Encodable {
    let tokenCount: Int
    let digest: String
    let byteCount: Int?
    let source: String?
    let runs: [Int]?
  }
  struct Tokens: Encodable {
    let fingerprint: String
    let tokenCount: Int
    let documents: [Document]
  }
  struct Tensor: Encodable {
    let name: String
    let type: UInt8
    let shape: [Int]
    var digest: String?
    var difference: String?
  }
  struct Base: Encodable {
    let contentID: String
    let fileName: String
  }
  struct Pretoken: Encodable {
    let bytes: String
    let count: UInt64
  }
  struct Counts: Encodable {
    let pattern: String
    let origin: [UInt64]
    let pretokens: [Pretoken]
  }

  let profile: UInt32
  let contentID: String
  let generationCount: Int
  let unfinishedByteCount: Int
  let sections: [Section]
  let signature: Signature?
  var vocabulary: VocabularyAnswer?
  var tokens: Tokens?
  var tensors: [Tensor]?
  var metadata: [[String]]?
  var base: Base?
  var counts: Counts?
}

extension Answer {
  /// Reads all of `container`, whose bytes are `bytes`; what its sections mean too if `hasContent`.
  init(_ bytes: [UInt8], hasContent: Bool) throws {
    let container = try ContainerReader(MemorySource(bytes), named: "file")
    let whole = Array(bytes.dropLast(container.unfinishedByteCount))
    let last = try ContainerReader(MemorySource(whole), named: "file")
    try last.verify()
    _ = try container.metadata()
    profile = container.profile.rawValue
    contentID = container.contentID.description
    generationCount = try container.generationCount()
    unfinishedByteCount = container.unfinishedByteCount
    sections = container.sections.map {
      Section(
        kind: $0.kind.description, name: $0.name, codec: $0.codec.rawValue,
        byteCount: $0.byteCount, digest: $0.digest.description)
    }
    signature = try container.signature().map {
      Signature(
        publicKey: hex($0.publicKey), isValid: $0.isValid(for: container.contentID))
    }
    guard hasContent else { return }
    try FileVerification.requireHeads(of: container)
    let holdings = FileHoldings(container)
    if holdings.vocabulary { vocabulary = try VocabularyAnswer(container) }
    if holdings.tokens { tokens = try Tokens(container) }
    if holdings.weights {
      let weights = try WeightsReader(verifying: container)
      tensors = try weights.tensors.map { tensor in
        let isDelta = weights.codec(ofTensorNamed: tensor.name) == .delta
        let digest = digest(try weights.storedElements(of: tensor))
        return Tensor(
          name: tensor.name, type: tensor.elementType.rawValue, shape: tensor.shape,
          digest: isDelta ? nil : digest, difference: isDelta ? digest : nil)
      }
      base = weights.base.map { .init(contentID: "\($0.contentID)", fileName: $0.fileName) }
      metadata = weights.metadata.map { [$0.0, $0.1] }
    }
    if holdings.counts { counts = try Counts(container) }
    guard holdings.vocabulary || holdings.tokens || holdings.weights || holdings.counts else {
      throw FormatError(
        code: .damaged("no section that says what it holds"), offset: 0, field: "table")
    }
  }
}

extension Answer.VocabularyAnswer {
  init(_ container: ContainerReader) throws {
    try Vocabulary.verify(container)
    let vocabulary = try Vocabulary(container)
    fingerprint = vocabulary.fingerprint.description
    idBound = vocabulary.idBound
    mergeRule = vocabulary.mergeRule.rawValue
    pattern = hex(vocabulary.pattern.settings)
    let tokens = vocabulary.tokens
    tokenCount = (0..<tokens.count).count { !tokens[UInt32($0)].isEmpty }
    mergeCount = vocabulary.merges.count
    special = vocabulary.specialTokens.map { .init(id: $0.id, bytes: hex($0.bytes)) }
  }
}

extension Answer.Tokens {
  init(_ container: ContainerReader) throws {
    let dataset = try TokenDataset(verifying: container)
    let sources = try dataset.documentSources()
    let byteCounts = try dataset.documentByteCounts()
    fingerprint = dataset.fingerprint.description
    tokenCount = dataset.tokenCount
    documents = try (0..<dataset.documentCount).map { index in
      let ids = try dataset.tokens(in: dataset.document(index))
      let bytes = ids.flatMap { id in
        (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * UInt32($0))) }
      }
      return .init(
        tokenCount: ids.count, digest: digest(bytes), byteCount: byteCounts?[index],
        source: sources?[index],
        runs: container.section(.lossMasks) == nil
          ? nil
          : try Self.runs(of: dataset.countedRanges(ofDocument: index), count: ids.count))
    }
  }

  /// Runs that in turn don't count in a loss and do, of which only the first may be empty.
  private static func runs(of counted: [Range<Int>], count: Int) -> [Int] {
    var bounds = [0] + counted.flatMap { [$0.lowerBound, $0.upperBound] }
    if bounds.last != count { bounds.append(count) }
    return zip(bounds, bounds.dropFirst()).map { $1 - $0 }
  }
}

extension Answer.Counts {
  init(_ container: ContainerReader) throws {
    let file = try PretokenCountsFile(container)
    pattern = hex(file.pattern.settings)
    let from = file.origin
    origin = [
      from.documentCount, from.byteCount, from.cutPretokenCount, from.minimumCount,
      from.prunedPretokenCount, from.prunedOccurrenceCount,
    ]
    var pretokens: [Answer.Pretoken] = []
    try file.forEachPretoken { bytes, count in
      pretokens.append(.init(bytes: hex(bytes.indices.map { bytes[$0] }), count: count))
    }
    self.pretokens = pretokens
  }
}

/// The tensors of a file with the bases that lie beside it.
struct WeightsAnswer: Encodable {
  let tensors: [Answer.Tensor]

  /// Reads the file at `path`.
  init(_ path: String) throws {
    let weights = try WeightsReader(path: path)
    tensors = try weights.tensors.map {
      Answer.Tensor(
        name: $0.name, type: $0.elementType.rawValue, shape: $0.shape,
        digest: digest(try weights.bytes(of: $0)))
    }
  }
}

private func hex(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func digest(_ bytes: [UInt8]) -> String { ContentDigest(of: bytes.span).description }
