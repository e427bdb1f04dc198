internal import GobbetBPE
internal import GobbetData
internal import Synchronization

/// The tables of a counting run, one a worker, and their sum in the end.
final class CountTables: Sendable {
  /// What one worker has counted.
  struct Table: Sendable {
    var counts: SpillingPretokenCounts<UnnamedCounts>
    var heldOut: PretokenCounts
  }

  private struct State {
    var tables: [SharedTable] = []
    var documentCount = 0
    var byteCount = 0
    var uniquePretokenCount = 0
  }

  private let run: PretokenCountingJob
  private let workerCount: Int
  private let spill: UnnamedCounts
  private let state = Mutex(State())

  init(_ run: PretokenCountingJob, workerCount: Int) {
    self.run = run
    self.workerCount = workerCount
    spill = UnnamedCounts(folder: run.temporaryFolder, pattern: run.pattern)
  }

  /// A new table.
  func add() -> SharedTable {
    let counts = SpillingPretokenCounts(
      memoryByteBudget: (run.memoryByteBudget ?? .max) / workerCount, spill: spill,
      maximumPretokenLength: run.maximumPretokenLength)
    let heldOut = PretokenCounts(maximumPretokenLength: run.maximumPretokenLength)
    let table = SharedTable(Table(counts: counts, heldOut: heldOut))
    state.withLock { $0.tables.append(table) }
    return table
  }

  /// Adds to what was read, and says how much it is.
  ///
  /// `uniquePretokenCount` is how many different pretokens the worker's table has by now.
  func add(
    documentCount: Int, byteCount: Int, uniquePretokenCount: Int
  ) -> TrainingJobProgress {
    state.withLock { state in
      state.documentCount += documentCount
      state.byteCount += byteCount
      state.uniquePretokenCount = max(state.uniquePretokenCount, uniquePretokenCount)
      return .counting(
        documentCount: state.documentCount, byteCount: state.byteCount,
        uniquePretokenCount: state.uniquePretokenCount)
    }
  }

  /// The sum of all tables, which are gone then.
  ///
  /// - Throws: `TrainingError` (`countsTooLarge`), `FileError`; `CancellationError` if
  ///   `progress` answered false.
  func gathered(_ progress: (TrainingJobProgress) -> Bool) throws -> CountedCorpus {
    var tables = state.withLock { state in
      defer { state.tables = [] }
      return state.tables.compactMap { $0.take() }
    }
    var heldOut = PretokenCounts()
    var documentCount = 0
    var byteCount = 0
    var cutPretokenCount = 0
    for table in tables {
      try heldOut.merge(table.heldOut)
      documentCount += Int(clamping: table.counts.counts.documentCount)
      byteCount += Int(clamping: table.counts.counts.byteCount)
      cutPretokenCount += Int(clamping: table.counts.counts.cutPretokenCount)
    }
    let storage: CountedCorpus.Storage =
      tables.allSatisfy { $0.counts.runCount == 0 }
      ? .memory(try Self.summed(&tables)) : .disk(try merged(&tables, progress))
    return CountedCorpus(
      pattern: run.pattern, documentCount: documentCount, byteCount: byteCount,
      cutPretokenCount: cutPretokenCount, heldOut: heldOut, storage: storage)
  }

  private static func summed(_ tables: inout [Table]) throws -> PretokenCounts {
    guard var sum = tables.popLast()?.counts.counts else { return PretokenCounts() }
    while let next = tables.popLast() { try sum.merge(next.counts.counts) }
    return sum
  }

  private func merged(
    _ tables: inout [Table], _ progress: (TrainingJobProgress) -> Bool
  ) throws -> PretokenCountsFile {
    var runs: [any PretokenRun] = []
    while let table = tables.popLast() { runs += try table.counts.finish() }
    var count = 0
    return try spill.file { writer in
      try MergedPretokens(runs).forEachPretoken { pretoken, occurrences in
        if count.isMultiple(of: 1 << 14), !progress(.gathering(pretokenCount: count)) {
          throw CancellationError()
        }
        count += 1
        try writer.append(pretoken, count: occurrences)
      }
    }
  }
}

/// A table that one worker fills, until it is taken.
final class SharedTable: Sendable {
  private let table: Mutex<CountTables.Table?>

  init(_ table: CountTables.Table) { self.table = Mutex(table) }

  /// Lets the worker at the table, which is its own meanwhile; the lock is not held.
  func update(_ body: (inout CountTables.Table) throws -> Void) throws {
    guard var own = take() else { return }
    defer { put(own) }
    try body(&own)
  }

  private func put(_ own: consuming sending CountTables.Table) {
    table.withLock { $0 = own }
  }

  /// The table, once.
  func take() -> CountTables.Table? {
    table.withLock { table in
      defer { table = nil }
      return table
    }
  }
}
