internal import Gobbet

/// How much of a dataset, or of one split of it, counts in a loss.
struct LossShare: Sendable {
  /// The name of the split; nil for a dataset that is one file.
  let split: DatasetSplit?
  let tokenCount: Int
  private(set) var countedTokenCount = 0
  let documentCount: Int
  /// Documents of which no token counts.
  private(set) var emptyDocumentCount = 0

  /// Tokens that don't count.
  var maskedTokenCount: Int { tokenCount - countedTokenCount }

  /// Counted tokens in a hundred.
  var percentage: Double { Double(countedTokenCount) * 100 / Double(max(1, tokenCount)) }

  /// Counts; of a dataset without masks, all tokens count.
  ///
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs can't be read.
  init(_ dataset: TokenDataset, split: DatasetSplit?) throws {
    self.split = split
    (tokenCount, documentCount) = (dataset.tokenCount, dataset.documentCount)
    guard dataset.hasLossMask else {
      countedTokenCount = tokenCount
      return
    }
    for index in 0..<documentCount {
      let count = try dataset.countedRanges(ofDocument: index).reduce(0) { $0 + $1.count }
      countedTokenCount += count
      if count == 0 { emptyDocumentCount += 1 }
    }
  }
}
