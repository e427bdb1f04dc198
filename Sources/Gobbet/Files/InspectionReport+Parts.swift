package import GobbetBPE
package import GobbetData
internal import GobbetSystem

// What each kind of content says of itself.

extension InspectionReport {
  /// A vocabulary.
  package struct VocabularyPart: Sendable {
    package let idBound: Int
    package let mergeCount: Int
    package let pattern: String
    package let model: String
    package let normalizers: [String]
    package let pretokenizers: [String]
    package let decoders: [String]
    package let addedInFront: [TokenID]
    package let addedBehind: [TokenID]
    package let specialTokens: [String: TokenID]
    package let fingerprint: String

    package init(_ vocabulary: Vocabulary) {
      idBound = vocabulary.idBound
      mergeCount = vocabulary.merges.count
      pattern = vocabulary.pattern.nameOrSettings
      let pipeline = vocabulary.pipeline
      model = pipeline.modelName
      normalizers = pipeline.normalizers.map(\.name)
      pretokenizers = pipeline.pretokenizers.map(\.name)
      decoders = pipeline.decoders.map(\.name)
      addedInFront = pipeline.template?.before ?? []
      addedBehind = pipeline.template?.after ?? []
      specialTokens = Dictionary(
        vocabulary.specialTokens.map { ($0.text, $0.id) }, uniquingKeysWith: { first, _ in first })
      fingerprint = "\(vocabulary.fingerprint)"
    }

    package var json: JSONReport {
      .object([
        "ids": .number(idBound), "merges": .number(mergeCount), "pattern": .text(pattern),
        "model": .text(model), "normalizers": .texts(normalizers),
        "pretokenizers": .texts(pretokenizers), "decoders": .texts(decoders),
        "added_in_front": .list(addedInFront.map { .number(Int($0)) }),
        "added_behind": .list(addedBehind.map { .number(Int($0)) }),
        "special_tokens": .object(specialTokens.mapValues { .number(Int($0)) }),
        "fingerprint": .text(fingerprint),
      ])
    }
  }

  /// A dataset of tokens.
  package struct TokensPart: Sendable {
    package let tokenCount: Int
    package let documentCount: Int
    package let codec: String
    package let blockTokenCount: Int
    package let bitsPerToken: Double?
    package let fingerprint: String
    /// What says which tokens count in a loss, `rule` or `runs`; nil if all do.
    package let lossMask: String?
    /// Tokens that count in a loss; nil without a mask, and where that would take long to say.
    package let countedTokenCount: Int?

    /// Tokens that are read to say how many of them a rule counts.
    private static let mostTokensRead = 1 << 24

    init(_ dataset: TokenDataset, fileByteCount: Int) throws {
      tokenCount = dataset.tokenCount
      documentCount = dataset.documentCount
      codec = dataset.codec.name
      blockTokenCount = dataset.blockTokenCount
      bitsPerToken =
        dataset.tokenCount == 0 ? nil : Double(fileByteCount) * 8 / Double(dataset.tokenCount)
      fingerprint = "\(dataset.fingerprint)"
      lossMask = dataset.hasLossMask ? dataset.lossRule == nil ? "runs" : "rule" : nil
      countedTokenCount =
        dataset.hasLossMask
        ? try dataset.countedTokenCount(readingAtMost: Self.mostTokensRead) : nil
    }

    var json: JSONReport {
      .object([
        "tokens": .number(tokenCount), "documents": .number(documentCount), "codec": .text(codec),
        "block_tokens": .number(blockTokenCount),
        "bits_per_token": bitsPerToken.map { .decimal($0) },
        "vocabulary_fingerprint": .text(fingerprint), "loss_mask": lossMask.map { .text($0) },
        "counted_tokens": countedTokenCount.map { .number($0) },
      ])
    }
  }

  /// A table of counts.
  package struct CountsPart: Sendable {
    package let uniqueCount: Int
    package let pattern: String
    package let origin: PretokenCountsOrigin

    init(_ counts: PretokenCountsFile) {
      uniqueCount = counts.uniqueCount
      pattern = counts.pattern.nameOrSettings
      origin = counts.origin
    }

    var json: JSONReport {
      func number(_ count: UInt64) -> JSONReport { .number(Int(clamping: count)) }
      return .object([
        "unique_pretokens": .number(uniqueCount), "pattern": .text(pattern),
        "documents": number(origin.documentCount), "bytes": number(origin.byteCount),
        "cut_pretokens": number(origin.cutPretokenCount),
        "minimum_count": number(origin.minimumCount),
        "pruned_pretokens": number(origin.prunedPretokenCount),
        "pruned_occurrences": number(origin.prunedOccurrenceCount),
      ])
    }
  }
}

extension SplitPattern {
  /// The name, or what the pattern is made of if it has none.
  fileprivate var nameOrSettings: String {
    name ?? expression?.text.cropped(to: 4096) ?? "settings \(settings)"
  }
}
