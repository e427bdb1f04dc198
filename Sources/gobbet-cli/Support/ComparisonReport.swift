import Gobbet

/// What `gobbet diff` says of two files.
struct ComparisonReport: Encodable {
  let same: Bool
  let sections: [FileComparison.SectionDifference]
  let vocabulary: VocabularyDifference?
  let tokens: TokenDifference?
  let weights: WeightsDifference?

  init(_ comparison: FileComparison) {
    same = comparison.isSame
    sections = comparison.sections
    vocabulary = comparison.vocabulary
    tokens = comparison.tokens
    weights = comparison.weights
  }

  /// The same, for reading.
  var lines: [String] {
    var lines = sections.map { section in
      let name = section.name.isEmpty ? section.kind : "\(section.kind) \(section.name)"
      return switch section.change {
      case .onlyInFirst: "section \(name): only in the first"
      case .onlyInSecond: "section \(name): only in the second"
      case .different: "section \(name): other content"
      }
    }
    lines += vocabulary?.lines ?? []
    lines += tokens?.lines ?? []
    lines += weights?.lines ?? []
    return lines
  }
}

extension VocabularyDifference {
  var lines: [String] {
    var lines: [String] = []
    if let firstToken {
      lines.append(
        "vocabulary: \(tokenCount.grouped("different token")), the first is \(firstToken)")
    }
    if let firstMerge { lines.append("vocabulary: merges differ from rank \(firstMerge) on") }
    if rulesDiffer { lines.append("vocabulary: text is split or merged by other rules") }
    lines += onlyInFirst.map { "special token \($0.cropped()): only in the first, with this id" }
    lines += onlyInSecond.map { "special token \($0.cropped()): only in the second, with this id" }
    return lines
  }
}

extension TokenDifference {
  var lines: [String] {
    var lines: [String] = []
    if vocabulariesDiffer { lines.append("tokens: of different vocabularies") }
    if let token = firstToken {
      func text(_ id: TokenID?) -> String { id.map { "\($0)" } ?? "nothing" }
      let place = token.document.map { " (document \($0))" } ?? ""
      lines.append(
        "tokens: the first that differs is \(token.index)\(place): "
          + "\(text(token.first)), \(text(token.second))")
    }
    if let firstDocument {
      lines.append(
        "tokens: documents lie elsewhere from \(firstDocument) on; there are "
          + documentCounts.map(\.grouped).joined(separator: " and "))
    }
    if let firstMask {
      lines.append("tokens: other tokens count in a loss from document \(firstMask) on")
    }
    return lines
  }
}

extension WeightsDifference {
  var lines: [String] {
    onlyInFirst.map { "tensor \($0.cropped()): only in the first" }
      + onlyInSecond.map { "tensor \($0.cropped()): only in the second" }
      + different.map { tensor in
        let name = tensor.name.cropped()
        let count = "\(tensor.elementCount.grouped("different element"))"
        let values = tensor.values.map { ", " + $0.text } ?? ""
        guard let descriptions = tensor.descriptions else {
          return "tensor \(name): \(count)\(values)"
        }
        return "tensor \(name): \(descriptions.joined(separator: ", "))"
          + (tensor.values == nil ? "" : "; \(count)\(values)")
      }
  }
}

extension ValueDifference {
  /// The end of a tensor's line.
  var text: String {
    var parts = ["by \(largest) at most", "rms \(rootMeanSquare)"]
    if let relative { parts.append("relative \(relative)") }
    if let cosine { parts.append("cosine \(cosine)") }
    return parts.joined(separator: ", ")
  }
}
