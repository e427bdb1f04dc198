import Gobbet

/// What `gobbet inspect` says of a file.
struct InspectionReport: Encodable {
  struct Part: Encodable {
    let kind: String
    let name: String?
    let codec: String
    let bytes: Int
    let stored_bytes: Int
  }

  struct VocabularyPart: Encodable {
    let ids: Int
    let merges: Int
    let pattern: String
    let special_tokens: [String: TokenID]
    let fingerprint: String
  }

  struct TokensPart: Encodable {
    let tokens: Int
    let documents: Int
    let codec: String
    let block_tokens: Int
    let bits_per_token: Double
    let vocabulary_fingerprint: String
  }

  struct TensorPart: Encodable {
    let name: String
    let type: String
    let shape: [Int]
    let codec: String
    let stored_bytes: Int
  }

  struct WeightsPart: Encodable {
    let tensors: Int
    let bytes: Int
    let stored_bytes: Int
    let metadata: [String: String]
    let list: [TensorPart]?
  }

  let file: String
  let profile: String
  let bytes: Int
  let content_id: String
  let sections: [Part]
  let vocabulary: VocabularyPart?
  let tokens: TokensPart?
  let weights: WeightsPart?

  init(_ container: ContainerReader, listingTensors: Bool) throws {
    let holdings = FileHoldings(container)
    file = container.path
    profile = "\(container.profile)"
    bytes = container.byteCount
    content_id = "\(container.contentID)"
    sections = container.sections.map { section in
      Part(
        kind: section.kind.description, name: section.name.isEmpty ? nil : section.name,
        codec: "\(section.codec)", bytes: section.byteCount, stored_bytes: section.storedByteCount)
    }
    vocabulary =
      holdings.vocabulary
      ? VocabularyPart(try Vocabulary(contentsOf: container.path)) : nil
    tokens =
      holdings.tokens
      ? TokensPart(try TokenDataset(path: container.path), fileByteCount: container.byteCount)
      : nil
    weights =
      holdings.weights
      ? WeightsPart(try WeightsReader(path: container.path), listing: listingTensors) : nil
  }

  /// The same, for reading.
  var text: String {
    var lines = [
      "\(file): \(profile), \(bytes.grouped) bytes", "content id \(content_id)", "sections",
    ]
    for section in sections {
      let name = section.name.map { " \($0)" } ?? ""
      let stored =
        section.codec == "raw"
        ? "raw" : "\(section.codec), \(section.stored_bytes.grouped) stored"
      lines.append("  \(section.kind)\(name)  \(section.bytes.grouped) bytes, \(stored)")
    }
    lines += vocabulary?.lines ?? []
    lines += tokens?.lines ?? []
    lines += weights?.lines ?? []
    return lines.joined(separator: "\n")
  }
}

extension InspectionReport.VocabularyPart {
  init(_ vocabulary: Vocabulary) {
    ids = vocabulary.idBound
    merges = vocabulary.merges.count
    pattern = vocabulary.pattern.name ?? "settings \(vocabulary.pattern.settings)"
    special_tokens = Dictionary(
      vocabulary.specialTokens.map { ($0.text, $0.id) }, uniquingKeysWith: { first, _ in first })
    fingerprint = "\(vocabulary.fingerprint)"
  }

  var lines: [String] {
    let specials = special_tokens.sorted { $0.value < $1.value }.map { "\($0.key) = \($0.value)" }
    return [
      "vocabulary", "  \(ids.grouped) ids, \(merges.grouped) merges, pattern \(pattern)",
      "  special tokens: \(specials.isEmpty ? "none" : specials.joined(separator: ", "))",
      "  fingerprint \(fingerprint)",
    ]
  }
}

extension InspectionReport.TokensPart {
  init(_ dataset: TokenDataset, fileByteCount: Int) {
    tokens = dataset.tokenCount
    documents = dataset.documentCount
    codec = dataset.codec.name
    block_tokens = dataset.blockTokenCount
    bits_per_token = Double(fileByteCount) * 8 / Double(max(1, dataset.tokenCount))
    vocabulary_fingerprint = "\(dataset.fingerprint)"
  }

  var lines: [String] {
    [
      "tokens", "  \(tokens.grouped) tokens in \(documents.grouped) documents",
      "  codec \(codec), blocks of \(block_tokens.grouped) tokens, "
        + "\(bits_per_token.rounded(places: 2)) bits a token in all",
      "  vocabulary \(vocabulary_fingerprint)",
    ]
  }
}

extension InspectionReport.WeightsPart {
  init(_ weights: WeightsReader, listing: Bool) {
    func stored(_ tensor: TensorDescription) -> Int {
      weights.storedByteCount(ofTensorNamed: tensor.name) ?? 0
    }
    tensors = weights.tensors.count
    bytes = weights.tensors.reduce(0) { $0 + $1.byteCount }
    stored_bytes = weights.tensors.reduce(0) { $0 + stored($1) }
    metadata = Dictionary(weights.metadata, uniquingKeysWith: { first, _ in first })
    list =
      listing
      ? weights.tensors.map { tensor in
        InspectionReport.TensorPart(
          name: tensor.name, type: tensor.elementType.name, shape: tensor.shape,
          codec: weights.codec(ofTensorNamed: tensor.name)?.name ?? "", stored_bytes: stored(tensor)
        )
      } : nil
  }

  var lines: [String] {
    var lines = [
      "weights",
      "  \(tensors.grouped) tensors, \(bytes.grouped) bytes, \(stored_bytes.grouped) stored",
    ]
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(key): \(value)")
    }
    for tensor in list ?? [] {
      lines.append(
        "  \(tensor.name)  \(tensor.type) \(tensor.shape), \(tensor.codec), "
          + "\(tensor.stored_bytes.grouped) bytes")
    }
    return lines
  }
}
