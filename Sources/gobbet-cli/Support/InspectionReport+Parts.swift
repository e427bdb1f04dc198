import Gobbet

// What each kind of content says of itself.

extension InspectionReport.VocabularyPart {
  init(_ vocabulary: Vocabulary) {
    ids = vocabulary.idBound
    merges = vocabulary.merges.count
    pattern = vocabulary.pattern.nameOrSettings
    let pipeline = vocabulary.pipeline
    model = pipeline.modelName
    normalizers = pipeline.normalizers.map(\.name)
    pretokenizers = pipeline.pretokenizers.map(\.name)
    decoders = pipeline.decoders.map(\.name)
    added_in_front = pipeline.template?.before ?? []
    added_behind = pipeline.template?.after ?? []
    special_tokens = Dictionary(
      vocabulary.specialTokens.map { ($0.text, $0.id) }, uniquingKeysWith: { first, _ in first })
    fingerprint = "\(vocabulary.fingerprint)"
  }

  var lines: [String] {
    let specials = special_tokens.sorted { $0.value < $1.value }.map {
      "\($0.key.cropped()) = \($0.value)"
    }
    var lines = [
      "vocabulary",
      "  \(model): \(ids.grouped("id")), \(merges.grouped("merge")), pattern \(pattern)",
    ]
    for (title, steps) in [
      ("normalizers", normalizers), ("pre-tokenizers", pretokenizers), ("decoders", decoders),
    ] where !steps.isEmpty {
      lines.append("  \(title): \(steps.joined(separator: ", "))")
    }
    if !added_in_front.isEmpty || !added_behind.isEmpty {
      let ids = added_in_front.map { "\($0)" } + ["the text"] + added_behind.map { "\($0)" }
      lines.append("  post-processor: \(ids.joined(separator: ", "))")
    }
    lines.append(
      "  special tokens: \(specials.isEmpty ? "none" : specials.joined(separator: ", "))")
    lines.append("  fingerprint \(fingerprint)")
    return lines
  }
}

extension InspectionReport.TokensPart {
  /// Tokens that are read to say how many of them a rule counts.
  private static let mostTokensRead = 1 << 24

  init(_ dataset: TokenDataset, fileByteCount: Int) throws {
    tokens = dataset.tokenCount
    documents = dataset.documentCount
    codec = dataset.codec.name
    block_tokens = dataset.blockTokenCount
    bits_per_token =
      dataset.tokenCount == 0
      ? nil : Double(fileByteCount) * 8 / Double(dataset.tokenCount)
    vocabulary_fingerprint = "\(dataset.fingerprint)"
    loss_mask = dataset.hasLossMask ? dataset.lossRule == nil ? "runs" : "rule" : nil
    counted_tokens =
      dataset.hasLossMask
      ? try dataset.countedTokenCount(readingAtMost: Self.mostTokensRead) : nil
  }

  var lines: [String] {
    let share = bits_per_token.map { ", \($0.rounded(places: 2)) bits a token in all" } ?? ""
    let masks = loss_mask.map { kind in
      let what = kind == "rule" ? "by a rule of delimiters" : "by a mask of each document"
      let count = counted_tokens.map { counted in
        let share = Double(counted) * 100 / Double(max(1, tokens))
        return "\(counted.grouped("token")) (\(share.rounded(places: 1)) %) count in a loss,"
      }
      return count.map { "  \($0) which is said \(what)" }
        ?? "  which tokens count in a loss is said \(what); gobbet report shows how many"
    }
    return [
      "tokens", "  \(tokens.grouped("token")) in \(documents.grouped("document"))",
      "  codec \(codec), blocks of \(block_tokens.grouped("token"))\(share)",
      "  vocabulary \(vocabulary_fingerprint)",
    ] + (masks.map { [$0] } ?? [])
  }
}

extension InspectionReport.CountsPart {
  init(_ counts: PretokenCountsFile) {
    unique_pretokens = counts.uniqueCount
    pattern = counts.pattern.nameOrSettings
    documents = counts.origin.documentCount
    bytes = counts.origin.byteCount
    cut_pretokens = counts.origin.cutPretokenCount
    minimum_count = counts.origin.minimumCount
    pruned_pretokens = counts.origin.prunedPretokenCount
    pruned_occurrences = counts.origin.prunedOccurrenceCount
  }

  var lines: [String] {
    var lines = [
      "counts", "  \(unique_pretokens.grouped("unique pretoken")), pattern \(pattern)",
      "  of \(bytes.grouped("byte")) in \(documents.grouped("document")), "
        + "\(cut_pretokens.grouped("pretoken")) cut",
    ]
    if minimum_count > 1 {
      lines.append(
        "  \(pruned_pretokens.grouped("pretoken")) of fewer than "
          + "\(minimum_count.grouped("occurrence")) left out, "
          + "\(pruned_occurrences.grouped("occurrence")) in all")
    }
    return lines
  }
}

extension SplitPattern {
  /// The name, or what the pattern is made of if it has none.
  fileprivate var nameOrSettings: String {
    name ?? expression?.text.cropped(to: 4096) ?? "settings \(settings)"
  }
}

extension InspectionReport.WeightsPart {
  init(_ weights: some TensorSource, listing: Progress?) throws {
    let packed = weights as? WeightsReader
    let storage = TensorStorage(weights)
    tensors = weights.tensors.count
    bytes = weights.tensors.reduce(0) { $0 + storage.byteCount(of: $1) }
    stored_bytes = weights.tensors.reduce(0) { $0 + storage.storedByteCount(of: $1) }
    metadata = Dictionary(
      weights.metadata.map { ($0.0, Self.shortened($0.1)) }, uniquingKeysWith: { first, _ in first }
    )
    let baseIsThere = packed?.baseFault == nil
    base = packed?.base.map {
      .init(file: $0.fileName, content_id: "\($0.contentID)", is_there: baseIsThere)
    }
    let byteCount = bytes
    var done = 0
    list = try listing.map { progress in
      try weights.tensors.map { tensor in
        progress.showBytes(done, of: byteCount)
        let bytes = storage.byteCount(of: tensor)
        let storedBytes = storage.storedByteCount(of: tensor)
        done += bytes
        return InspectionReport.TensorPart(
          name: tensor.name, type: storage.typeName(of: tensor), shape: tensor.shape,
          codec: storage.codecName(of: tensor), bytes: bytes, stored_bytes: storedBytes,
          ratio: Double(storedBytes) / Double(max(1, bytes)),
          statistics: storage.isRead(tensor) && baseIsThere
            ? try weights.statistics(of: tensor) : nil)
      }
    }
  }

  /// A value of metadata, or the beginning of one that is a list of tokens or the like.
  private static func shortened(_ value: String) -> String {
    guard value.utf8.count > 4096 else { return value }
    return "\(value.prefix(60))… (\(value.utf8.count.grouped("byte")))"
  }

  var lines: [String] {
    var lines = [
      "weights",
      "  \(tensors.grouped("tensor")), \(bytes.grouped("byte")), \(stored_bytes.grouped) stored",
    ]
    if let base {
      lines.append(
        "  differences from \(base.file.cropped()), content id \(base.content_id)"
          + (base.is_there ? "" : ", which is not there"))
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(key.cropped()): \(value)")
    }
    for tensor in list ?? [] {
      lines.append(
        "  \(tensor.name.cropped())  \(tensor.type) \(tensor.shape), \(tensor.codec), "
          + "\(tensor.stored_bytes.grouped("byte")) (\((tensor.ratio * 100).rounded(places: 1)) %)"
          + (tensor.statistics?.text ?? ""))
    }
    return lines
  }
}

extension TensorStatistics {
  /// The end of a tensor's line.
  var text: String {
    var text = ""
    if let minimum, let maximum, let mean {
      text +=
        ", \(minimum.rounded(places: 4)) to \(maximum.rounded(places: 4)), "
        + "mean \(mean.rounded(places: 4))"
    }
    if nanCount > 0 { text += ", \(nanCount.grouped) NaN" }
    if infinityCount > 0 { text += ", \(infinityCount.grouped) infinite" }
    return text
  }
}
