import Gobbet

// Reports for reading, a line each.

extension FileInspection {
  var lines: [String] {
    switch self {
    case .gobbet(let report): report.lines
    case .foreign(let report): report.lines
    }
  }
}

extension InspectionReport {
  var lines: [String] {
    var lines = [
      "\(file): \(profile), \(byteCount.grouped("byte"))", "content id \(contentID)",
    ]
    if generations > 1 { lines.append("\(generations.grouped("generation"))") }
    if let signer { lines.append("a signature by \(signer), which verify checks") }
    lines.append("sections")
    for section in sections {
      let name = section.name.map { " \($0)" } ?? ""
      let stored =
        section.codec == "raw"
        ? "raw"
        : "\(section.codec), \(section.storedByteCount.grouped) stored "
          + "(\((section.ratio * 100).rounded(places: 1)) %)"
      lines.append("  \(section.kind)\(name)  \(section.byteCount.grouped("byte")), \(stored)")
    }
    lines += vocabulary?.lines ?? []
    lines += tokens?.lines ?? []
    lines += counts?.lines ?? []
    lines += weights?.lines ?? []
    if let metadata { lines += ["metadata", "  \(metadata.cropped(to: 4096))"] }
    return lines
  }
}

extension ForeignInspection {
  var lines: [String] {
    ["\(file): \(format)" + (part.map { ", \($0)" } ?? "")] + (vocabulary?.lines ?? [])
      + (vocabularyProblem.map { ["vocabulary", "  \($0)"] } ?? []) + (weights?.lines ?? [])
      + (opaqueNames.map { ["opaque names, never called"] + $0.map { "  \($0.cropped())" } } ?? [])
  }
}

extension InspectionReport.VocabularyPart {
  var lines: [String] {
    let specials = specialTokens.sorted { $0.value < $1.value }.map {
      "\($0.key.cropped()) = \($0.value)"
    }
    var lines = [
      "vocabulary",
      "  \(model): \(idBound.grouped("id")), \(mergeCount.grouped("merge")), pattern \(pattern)",
    ]
    for (title, steps) in [
      ("normalizers", normalizers), ("pre-tokenizers", pretokenizers), ("decoders", decoders),
    ] where !steps.isEmpty {
      lines.append("  \(title): \(steps.joined(separator: ", "))")
    }
    if !addedInFront.isEmpty || !addedBehind.isEmpty {
      let ids = addedInFront.map { "\($0)" } + ["the text"] + addedBehind.map { "\($0)" }
      lines.append("  post-processor: \(ids.joined(separator: ", "))")
    }
    lines.append(
      "  special tokens: \(specials.isEmpty ? "none" : specials.joined(separator: ", "))")
    lines.append("  fingerprint \(fingerprint)")
    return lines
  }
}

extension InspectionReport.TokensPart {
  var lines: [String] {
    let share = bitsPerToken.map { ", \($0.rounded(places: 2)) bits a token in all" } ?? ""
    let masks = lossMask.map { kind in
      let what = kind == "rule" ? "by a rule of delimiters" : "by a mask of each document"
      let count = countedTokenCount.map { counted in
        let share = Double(counted) * 100 / Double(max(1, tokenCount))
        return "\(counted.grouped("token")) (\(share.rounded(places: 1)) %) count in a loss,"
      }
      return count.map { "  \($0) which is said \(what)" }
        ?? "  which tokens count in a loss is said \(what); gobbet report shows how many"
    }
    return [
      "tokens", "  \(tokenCount.grouped("token")) in \(documentCount.grouped("document"))",
      "  codec \(codec), blocks of \(blockTokenCount.grouped("token"))\(share)",
      "  vocabulary \(fingerprint)",
    ] + (masks.map { [$0] } ?? [])
  }
}

extension InspectionReport.CountsPart {
  var lines: [String] {
    var lines = [
      "counts", "  \(uniqueCount.grouped("unique pretoken")), pattern \(pattern)",
      "  of \(origin.byteCount.grouped("byte")) in \(origin.documentCount.grouped("document")), "
        + "\(origin.cutPretokenCount.grouped("pretoken")) cut",
    ]
    if origin.minimumCount > 1 {
      lines.append(
        "  \(origin.prunedPretokenCount.grouped("pretoken")) of fewer than "
          + "\(origin.minimumCount.grouped("occurrence")) left out, "
          + "\(origin.prunedOccurrenceCount.grouped("occurrence")) in all")
    }
    return lines
  }
}

extension InspectionReport.WeightsPart {
  var lines: [String] {
    var lines = [
      "weights",
      "  \(tensorCount.grouped("tensor")), \(byteCount.grouped("byte")), \(storedByteCount.grouped) stored",
    ]
    if let base {
      lines.append(
        "  differences from \(base.file.cropped()), content id \(base.contentID)"
          + (base.isThere ? "" : ", which is not there"))
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(key.cropped()): \(value)")
    }
    for tensor in list ?? [] {
      lines.append(
        "  \(tensor.name.cropped())  \(tensor.type) \(tensor.shape), \(tensor.codec), "
          + "\(tensor.storedByteCount.grouped("byte")) (\((tensor.ratio * 100).rounded(places: 1)) %)"
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
