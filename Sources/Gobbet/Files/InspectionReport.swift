internal import GobbetBPE
internal import GobbetData
package import GobbetFile
internal import GobbetInterchange

/// What `gobbet inspect` says of a Gobbet file.
package struct InspectionReport: Sendable {
  /// A section.
  package struct Part: Sendable {
    package let kind: String
    package let name: String?
    package let codec: String
    package let byteCount: Int
    package let storedByteCount: Int
    package let ratio: Double
  }

  package let file: String
  package let profile: String
  package let byteCount: Int
  package let contentID: String
  package let generations: Int
  package let signer: String?
  package let sections: [Part]
  package let vocabulary: VocabularyPart?
  package let tokens: TokensPart?
  package let counts: CountsPart?
  package let weights: WeightsPart?
  /// Metadata of files that hold no weights, as it was written.
  package let metadata: String?

  /// Called with how many bytes of tensors were read, of all; ends the reading by throwing.
  package typealias Progress = (_ byteCount: Int, _ all: Int) throws -> Void

  /// What a container holds; with `listingTensors`, of every tensor.
  package init(_ container: ContainerReader, listingTensors: Progress?) throws {
    let holdings = FileHoldings(container)
    file = container.path
    profile = "\(container.profile)"
    byteCount = container.byteCount
    contentID = "\(container.contentID)"
    generations = try container.generationCount()
    signer = try container.signature()?.signer
    sections = container.sections.map { section in
      Part(
        kind: section.kind.description, name: section.name.isEmpty ? nil : section.name,
        codec: "\(section.codec)", byteCount: section.byteCount,
        storedByteCount: section.storedByteCount,
        ratio: Double(section.storedByteCount) / Double(max(1, section.byteCount)))
    }
    vocabulary = holdings.vocabulary ? VocabularyPart(try Vocabulary(container)) : nil
    tokens =
      holdings.tokens
      ? try TokensPart(TokenDataset([container]), fileByteCount: container.byteCount) : nil
    counts = holdings.counts ? CountsPart(try PretokenCountsFile(container)) : nil
    weights =
      holdings.weights
      ? try WeightsPart(WeightsReader(container), listing: listingTensors) : nil
    metadata = holdings.weights ? nil : try container.metadata()
  }

  /// The report as `--json` prints it.
  package var json: JSONReport {
    .object([
      "file": .text(file), "profile": .text(profile), "bytes": .number(byteCount),
      "content_id": .text(contentID), "generations": .number(generations),
      "signed_by": signer.map { .text($0) }, "sections": .list(sections.map(\.json)),
      "vocabulary": vocabulary?.json, "tokens": tokens?.json, "counts": counts?.json,
      "weights": weights?.json, "metadata": metadata.map { .text($0) },
    ])
  }
}

extension ContainerSignature {
  /// The public key of the signer in hexadecimal digits.
  package var signer: String {
    publicKey.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension InspectionReport.Part {
  fileprivate var json: JSONReport {
    .object([
      "kind": .text(kind), "name": name.map { .text($0) }, "codec": .text(codec),
      "bytes": .number(byteCount), "stored_bytes": .number(storedByteCount),
      "ratio": .decimal(ratio),
    ])
  }
}
