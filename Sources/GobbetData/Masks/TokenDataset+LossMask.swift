internal import GobbetBPE

extension TokenDataset {
  /// Whether any file says which tokens count in a loss; otherwise all do.
  public var hasLossMask: Bool { shards.contains { $0.masks != nil } }

  /// The rule that the first file has; nil if it has none.
  public var lossRule: LossRule? { shards.lazy.compactMap { $0.masks?.rule }.first }

  /// Which tokens of a range count in a loss.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs cannot be read.
  /// - Complexity: linear in the tokens; where a rule says so, in those back to the last opening or
  ///   closing before the range, or to the beginning of the document.
  public func lossMask(in range: Range<Int>) throws -> [Bool] {
    var mask = [Bool](repeating: true, count: range.count)
    for part in try uncountedRanges(in: range) {
      for token in part { mask[token - range.lowerBound] = false }
    }
    return mask
  }

  /// The tokens of a range that don't count in a loss, as ranges of all tokens, in order.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: as ``lossMask(in:)``.
  package func uncountedRanges(in range: Range<Int>) throws -> [Range<Int>] {
    guard hasLossMask, !range.isEmpty else { return [] }
    var uncounted: [Range<Int>] = []
    var end = range.lowerBound
    var index = document(containing: range.lowerBound)
    while index < documentCount {
      let document = document(index)
      guard document.lowerBound < range.upperBound else { break }
      let part = document.clamped(to: range)
      if !part.isEmpty {
        for counted in try countedRanges(ofDocument: index, part) {
          let counted = counted.clamped(to: part)
          guard !counted.isEmpty else { continue }
          if end < counted.lowerBound { uncounted.append(end..<counted.lowerBound) }
          end = counted.upperBound
        }
      }
      index += 1
    }
    if end < range.upperBound { uncounted.append(end..<range.upperBound) }
    return uncounted
  }

  /// The tokens of a document that count in a loss, counted from its first, as ranges that rise and
  /// don't touch.
  ///
  /// - Precondition: `index` is in `0..<documentCount`.
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs cannot be read.
  public func countedRanges(ofDocument index: Int) throws -> [Range<Int>] {
    let document = document(index)
    return try countedRanges(ofDocument: index, document).map {
      ($0.lowerBound - document.lowerBound)..<($0.upperBound - document.lowerBound)
    }
  }

  /// The tokens of a document that count, as ranges of all tokens; perhaps only those that touch
  /// `part`.
  private func countedRanges(
    ofDocument index: Int, _ part: Range<Int>
  ) throws -> [Range<Int>] {
    let document = document(index)
    let whole = part.isEmpty ? [] : [part]
    guard let (masks, local) = masks(ofDocument: index) else { return whole }
    switch masks[local] {
    case .runs(let runs):
      return DocumentMask.ranges(ofRuns: runs, count: document.count).map {
        (document.lowerBound + $0.lowerBound)..<(document.lowerBound + $0.upperBound)
      }
    case .byRule:
      guard let rule = masks.rule else { return whole }
      return try ranges(of: part, in: document, by: rule)
    }
  }

  /// The tokens of a part of a document that count by a rule, as ranges of all tokens.
  private func ranges(
    of part: Range<Int>, in document: Range<Int>, by rule: LossRule
  ) throws -> [Range<Int>] {
    let step = 1 << 12
    let overlap = LossRule.maximumOpeningLength
    var end = part.lowerBound
    var isCounting: Bool?
    // Backwards, to the last opening or closing before the part.
    while isCounting == nil, end > document.lowerBound {
      let start = max(document.lowerBound, end - step)
      let first = max(document.lowerBound, start - overlap)
      let tokens = try tokens(in: first..<end)
      isCounting = rule.lastChange(in: tokens.span, from: start - first)
      end = start
    }
    let first = max(document.lowerBound, part.lowerBound - overlap)
    let tokens = try tokens(in: first..<part.upperBound)
    return rule.ranges(
      in: tokens.span, from: part.lowerBound - first, isCounting: isCounting ?? false
    ).map { (first + $0.lowerBound)..<(first + $0.upperBound) }
  }
}
