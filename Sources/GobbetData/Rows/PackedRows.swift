public import GobbetBPE
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
  /// How many documents are longer than a row.
  public let tooLongCount: Int
  /// Where the rows of each group begin, and at the end the number of rows.
  private let rowStarts: [Int]
  private let plans: RowPlanCache
  private let documents: DocumentPlaces

  /// Plans the rows of a dataset; of the plans, those that fit into `planByteBudget` are kept.
  ///
  /// A plan takes some 4 to 8 bytes a document. Where not all can be kept, read the rows in an order of
  /// groups, which plans each group about once an epoch.
  /// - Throws: ``TokenDatasetError`` (`idsTooLarge`) for ids of 2³¹ or more, which targets have no
  ///   room for; (`tooManyTokens`); (`documentTooLong`) where the options say so. `FormatError` if the
  ///   lengths of documents are damaged; `FileError`.
  /// - Complexity: O(number of documents).
  public init(
    _ dataset: TokenDataset, _ options: PackedRowOptions, planByteBudget: Int = 64 << 20
  ) throws {
    guard dataset.idBound <= 1 << 31 else {
      throw TokenDatasetError(.idsTooLarge(bound: dataset.idBound), dataset.paths[0])
    }
    let documents = try dataset.documentPlaces()
    self.dataset = dataset
    self.documents = documents
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
    var tooLongCount = 0
    let size = options.groupDocumentCount
    for first in stride(from: 0, to: dataset.documentCount, by: size) {
      let plan = Self.plan(documents, options, first: first)
      if options.longDocuments == .fail, plan.tooLongCount > 0 {
        throw Self.tooLong(documents, options, dataset.paths[0])
      }
      let (end, overflow) = (rowStarts.last ?? 0).addingReportingOverflow(plan.rowCount)
      guard !overflow, end <= Int.max / options.length else {
        throw TokenDatasetError(.tooManyTokens, dataset.paths[0])
      }
      rowStarts.append(end)
      tokenCount += plan.tokenCount
      tooLongCount += plan.tooLongCount
      plans.keep(plan, first / size)
    }
    self.rowStarts = rowStarts
    self.tokenCount = tokenCount
    self.tooLongCount = tooLongCount
  }

  /// The error that names the first document that is longer than a row.
  private static func tooLong(
    _ documents: DocumentPlaces, _ options: PackedRowOptions, _ path: String
  ) -> TokenDatasetError {
    let lengths = documents.lengths(0..<documents.count)
    let document = lengths.firstIndex { $0 > options.length } ?? 0
    return TokenDatasetError(
      .documentTooLong(document, tokenCount: lengths[document], limit: options.length), path)
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
    _ documents: DocumentPlaces, _ options: PackedRowOptions, first: Int
  ) -> RowPlan {
    let end = min(first + options.groupDocumentCount, documents.count)
    return RowPlan(lengths: documents.lengths(first..<end), options)
  }

  /// Tokens of one document in a row.
  public struct Part: Hashable, Sendable {
    /// The index of the document in the dataset.
    public let document: Int
    /// The tokens, as a range of all tokens of the dataset.
    public let tokens: Range<Int>
    /// Whether the document goes on after them.
    public let continues: Bool
  }

  /// What a row holds, in order; padding follows if that is less than a row.
  ///
  /// - Precondition: `row` is in `0..<count`.
  /// - Complexity: O(parts), and O(documents of a group) if its plan is no longer kept.
  public func parts(ofRow row: Int) -> [Part] { layout(ofRows: [row]).parts }

  /// What rows hold, in the order of `rows`.
  ///
  /// - Precondition: all rows are in `0..<count`.
  package func layout(ofRows rows: [Int]) -> RowLayout {
    var layout = RowLayout(length: length, rowCount: rows.count)
    let documents = documents
    var index = 0
    while index < rows.count {
      precondition((0..<count).contains(rows[index]), "PackedRows: no such row")
      let group = rowStarts.partitioningIndex { $0 > rows[index] } - 1
      let rowsOfGroup = rowStarts[group]..<rowStarts[group + 1]
      let first = group * options.groupDocumentCount
      let plan = plans.plan(ofGroup: group) { Self.plan(documents, options, first: first) }
      // As a rule many rows in a row are of one group.
      while index < rows.count, rowsOfGroup.contains(rows[index]) {
        plan.forEachPart(
          ofRow: rows[index] - rowsOfGroup.lowerBound, tokensOf: { documents[first + $0] }
        ) { document, tokens, part in
          layout.append(
            Part(
              document: first + document, tokens: part,
              continues: part.upperBound < tokens.upperBound))
        }
        layout.endRow()
        index += 1
      }
    }
    return layout
  }

  /// Puts some rows into memory of the caller's, in the order of `indices`, and returns their
  /// ``PackedRowBatch/bounds``.
  ///
  /// Each is a row of inputs and a row of targets, ``length`` tokens long; what is after the rows stays
  /// as it is. Targets are as those of ``TokenWindows/copy(_:inputs:targets:)``. It is for a trainer that
  /// reads batch after batch into the same memory.
  /// - Precondition: all indices are in `0..<count`, both spans have room for the rows, and these have at
  ///   most 2³¹ − 1 tokens.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read; the spans then hold anything.
  public func copy(
    _ indices: [Int], padding: TokenID = 0, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws -> [Int32] {
    let layout = layout(ofRows: indices)
    try dataset.copy(layout, padding: padding, inputs: &inputs, targets: &targets)
    return layout.bounds
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
