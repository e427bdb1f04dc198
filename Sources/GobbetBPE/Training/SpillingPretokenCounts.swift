/// Counts pretokens in bounded memory: what no longer fits goes to a spill in sorted runs.
///
/// The sum of the runs is what ``PretokenCounts`` without a bound would hold.
public struct SpillingPretokenCounts<Spill: PretokenSpill>: Sendable {
  /// Bytes of memory that the counts may take.
  public let memoryByteBudget: Int
  /// What was counted since the last run was written, and the numbers of all documents so far.
  public private(set) var counts: PretokenCounts
  private var spill: Spill
  private var runs: [any PretokenRun] = []

  /// No pretokens yet.
  public init(
    memoryByteBudget: Int, spill: Spill,
    maximumPretokenLength: Int = TokenTable.maximumTokenByteCount
  ) {
    self.memoryByteBudget = memoryByteBudget
    self.spill = spill
    counts = PretokenCounts(maximumPretokenLength: maximumPretokenLength)
  }

  /// How many runs have been written.
  public var runCount: Int { runs.count }

  /// Counts the pretokens of one document.
  ///
  /// - Throws: what the spill throws.
  public mutating func count(_ document: Span<UInt8>, using scanner: PretokenScanner) throws {
    counts.count(document, using: scanner)
    // Half, because a table that grows is there twice for a moment.
    if counts.memoryByteCount > memoryByteBudget / 2 { try writeRun() }
  }

  /// Counts the pretokens of one document.
  ///
  /// - Throws: what the spill throws.
  public mutating func count(_ document: Span<UInt8>, using text: TrainingText) throws {
    counts.count(document, using: text)
    if counts.memoryByteCount > memoryByteBudget / 2 { try writeRun() }
  }

  /// Writes what is left and returns all runs.
  ///
  /// - Throws: what the spill throws.
  public consuming func finish() throws -> [any PretokenRun] {
    if counts.uniqueCount > 0 { try writeRun() }
    return runs
  }

  private mutating func writeRun() throws {
    runs.append(try spill.write(counts))
    counts.removePretokens()
  }
}
