import Gobbet

/// What `gobbet inspect` says of a file.
struct InspectionReport: Encodable {
  struct Part: Encodable {
    let kind: String
    let name: String?
    let codec: String
    let bytes: Int
    let stored_bytes: Int
    let ratio: Double
  }

  struct VocabularyPart: Encodable {
    let ids: Int
    let merges: Int
    let pattern: String
    let model: String
    let normalizers: [String]
    let pretokenizers: [String]
    let decoders: [String]
    let added_in_front: [TokenID]
    let added_behind: [TokenID]
    let special_tokens: [String: TokenID]
    let fingerprint: String
  }

  struct TokensPart: Encodable {
    let tokens: Int
    let documents: Int
    let codec: String
    let block_tokens: Int
    let bits_per_token: Double?
    let vocabulary_fingerprint: String
    /// What says which tokens count in a loss, `rule` or `runs`; nil if all do.
    let loss_mask: String?
    /// Tokens that count in a loss; nil without a mask, and where that would take long to say.
    let counted_tokens: Int?
  }

  struct TensorPart: Encodable {
    let name: String
    let type: String
    let shape: [Int]
    let codec: String
    let bytes: Int
    let stored_bytes: Int
    let ratio: Double
    let statistics: TensorStatistics?
  }

  struct CountsPart: Encodable {
    let unique_pretokens: Int
    let pattern: String
    let documents: UInt64
    let bytes: UInt64
    let cut_pretokens: UInt64
    let minimum_count: UInt64
    let pruned_pretokens: UInt64
    let pruned_occurrences: UInt64
  }

  struct WeightsPart: Encodable {
    let tensors: Int
    let bytes: Int
    let stored_bytes: Int
    let metadata: [String: String]
    let base: Base?
    let list: [TensorPart]?
  }
  struct Base: Encodable {
    let file: String
    let content_id: String
    let is_there: Bool
  }

  let file: String
  let profile: String
  let bytes: Int
  let content_id: String
  let generations: Int
  let signed_by: String?
  let sections: [Part]
  let vocabulary: VocabularyPart?
  let tokens: TokensPart?
  let counts: CountsPart?
  let weights: WeightsPart?
  /// Metadata of files that hold no weights, as it was written.
  let metadata: String?

  /// What a container holds; with `listingTensors`, of every tensor, which shows how far it is.
  init(_ container: ContainerReader, listingTensors: Progress?) throws {
    let holdings = FileHoldings(container)
    file = container.path
    profile = "\(container.profile)"
    bytes = container.byteCount
    content_id = "\(container.contentID)"
    generations = try container.generationCount()
    signed_by = try container.signature().map { hexadecimal($0.publicKey) }
    sections = container.sections.map { section in
      Part(
        kind: section.kind.description, name: section.name.isEmpty ? nil : section.name,
        codec: "\(section.codec)", bytes: section.byteCount, stored_bytes: section.storedByteCount,
        ratio: Double(section.storedByteCount) / Double(max(1, section.byteCount)))
    }
    vocabulary =
      holdings.vocabulary
      ? VocabularyPart(try Vocabulary(container)) : nil
    tokens =
      holdings.tokens
      ? try TokensPart(TokenDataset([container]), fileByteCount: container.byteCount)
      : nil
    counts =
      holdings.counts ? CountsPart(try PretokenCountsFile(container)) : nil
    weights =
      holdings.weights
      ? try WeightsPart(WeightsReader(container), listing: listingTensors) : nil
    metadata = holdings.weights ? nil : try container.metadata()
  }

  /// The same, for reading.
  var lines: [String] {
    var lines = [
      "\(file): \(profile), \(bytes.grouped("byte"))", "content id \(content_id)",
    ]
    if generations > 1 { lines.append("\(generations.grouped("generation"))") }
    if let signed_by { lines.append("a signature by \(signed_by), which verify checks") }
    lines.append("sections")
    for section in sections {
      let name = section.name.map { " \($0)" } ?? ""
      let stored =
        section.codec == "raw"
        ? "raw"
        : "\(section.codec), \(section.stored_bytes.grouped) stored "
          + "(\((section.ratio * 100).rounded(places: 1)) %)"
      lines.append("  \(section.kind)\(name)  \(section.bytes.grouped("byte")), \(stored)")
    }
    lines += vocabulary?.lines ?? []
    lines += tokens?.lines ?? []
    lines += counts?.lines ?? []
    lines += weights?.lines ?? []
    if let metadata { lines += ["metadata", "  \(metadata.cropped(to: 4096))"] }
    return lines
  }
}
