public import GobbetFile

/// Documents packed into rows of one length, each row from the beginning of a document or, where long
/// ones are split, of one of its parts.
///
/// Which documents share a row follows from their lengths: the documents of each group go into rows
/// by best fit, the longest first. Nothing is stored: groups are planned when the rows are made, and
/// again when a row is read whose plan is no longer kept.
public struct PackedRows: Sendable {
  /// What is packed.
  public let dataset: TokenDataset
  /// How it is packed.
  public let options: PackedRowOptions
  /// The SHA-256 of the content id of the dataset and of the options: what samplers are of.
  public let contentID: ContentDigest
  /// How many tokens of the dataset are in rows.
  public let tokenCount: Int
  /// Where the rows of each group begin, and at the end the number of rows.
  private let rowStarts: [Int]
  private let plans: RowPlanCache

  /// Plans the rows of a dataset; of the plans, those that fit into `planByteBudget` are kept.
  ///
  /// A plan takes some 4 to 8 bytes a document. Where not all can be kept, read the rows in an order of
  /// groups, which plans each group about once an epoch.
  /// - Throws: ``TokenDatasetError`` (`idsTooLarge`) for ids of 2³¹ or more, which targets have no
  ///   room for; (`tooManyTokens`).
  /// - Complexity: O(number of documents).
  public init(
    _ dataset: TokenDataset, _ options: PackedRowOptions, planByteBudget: Int = 64 << 20
  ) throws(TokenDatasetError) {
    guard dataset.idBound <= 1 << 31 else {
      throw TokenDatasetError(.idsTooLarge(bound: dataset.idBound), dataset.paths[0])
    }
    self.dataset = dataset
    self.options = options
    plans = RowPlanCache(budget: planByteBudget)
    var content = ByteWriter()
    content.write(dataset.contentID.bytes)
    for number in [
      options.length, Int(options.longDocuments.rawValue), Int(options.gaps.rawValue),
      options.groupDocumentCount,
    ] { content.write(UInt64(number)) }
    contentID = ContentDigest(of: content.bytes.span)
    var rowStarts = [0]
    var tokenCount = 0
    let size = options.groupDocumentCount
    for first in stride(from: 0, to: dataset.documentCount, by: size) {
      let plan = Self.plan(dataset, options, first: first)
      let (end, overflow) = (rowStarts.last ?? 0).addingReportingOverflow(plan.rowCount)
      guard !overflow, end <= Int.max / options.length else {
        throw TokenDatasetError(.tooManyTokens, dataset.paths[0])
      }
      rowStarts.append(end)
      tokenCount += plan.tokenCount
      plans.keep(plan, first / size)
    }
    self.rowStarts = rowStarts
    self.tokenCount = tokenCount
  }

  /// How many rows there are.
  public var count: Int { rowStarts[rowStarts.count - 1] }
  /// Tokens of each row, padding among them.
  public var length: Int { options.length }
  /// Tokens of the dataset that are in no row.
  public var croppedTokenCount: Int { dataset.tokenCount - tokenCount }
  /// Places of rows that hold no token.
  public var paddingCount: Int { count * length - tokenCount }
  /// The share of the places of all rows that hold a token; 1 if there are no rows.
  public var efficiency: Double {
    count == 0 ? 1 : Double(tokenCount) / Double(count * length)
  }

  private static func plan(
    _ dataset: TokenDataset, _ options: PackedRowOptions, first: Int
  ) -> RowPlan {
    let end = min(first + options.groupDocumentCount, dataset.documentCount)
    return RowPlan(lengths: dataset.documentLengths(first..<end), options)
  }

  /// Tokens of one document in a row.
  public struct Part: Hashable, Sendable {
    /// The index of the document in the dataset.
    public let document: Int
    /// The tokens, as a range of all tokens of the dataset.
    public let tokens: Range<Int>
  }

  /// What a row holds, in order; padding follows if that is less than a row.
  ///
  /// - Precondition: `row` is in `0..<count`.
  /// - Complexity: O(parts), and O(documents of a group) if its plan is no longer kept.
  public func parts(ofRow row: Int) -> [Part] {
    precondition((0..<count).contains(row), "PackedRows: no such row")
    var group = 0
    var end = rowStarts.count - 1
    // The rows of `group` begin at or before the row, those of `end` after it.
    while end - group > 1 {
      let middle = group + (end - group) / 2
      if rowStarts[middle] <= row { group = middle } else { end = middle }
    }
    let first = group * options.groupDocumentCount
    let plan = plans.plan(ofGroup: group) { Self.plan(dataset, options, first: first) }
    return plan.parts(ofRow: row - rowStarts[group]) {
      dataset.document(first + $0).count
    }.map { part in
      let start = dataset.document(first + part.document).lowerBound
      return Part(
        document: first + part.document,
        tokens: (start + part.tokens.lowerBound)..<(start + part.tokens.upperBound))
    }
  }
}

extension PackedRows: SampledWindows {
  /// What a sampler has to know of the rows: each counts as a window of ``length`` tokens.
  public var sampled: WindowSampler.Windows {
    WindowSampler.Windows(contentID: contentID, length: length, stride: length, count: count)
  }

  /// The first file of the dataset.
  public var sampledPath: String { dataset.paths[0] }
}
