internal import GobbetBPE
internal import GobbetCorpus
internal import Synchronization

/// Reads a corpus in batches, has several workers process them, and takes the outputs in order.
///
/// A worker reads its next batch itself, under a lock, so that no batch waits in a queue, and
/// parses it; outputs that come early wait for those before them. What is consumed, in which order,
/// and which error ends the run do not depend on the number of workers.
struct DocumentPipeline: Sendable {
  /// Files, directories, or `-`.
  let inputs: [String]
  /// How they are read.
  let options: CorpusOptions
  /// How many batches are processed at a time; 0 for one per core.
  let workerCount: Int
  /// Bytes of input after which a batch is full.
  var batchByteCount = 1 << 20
  /// Reading ends with the unit, a line or a document, that has this byte; nil for no end.
  var byteLimit: Int?

  /// Runs to the end of the corpus.
  ///
  /// `makeWorker` is called once a worker and gives what turns a batch into an output, with any
  /// state it keeps; `consume` is called with one output at a time.
  /// - Throws: `WorkerCountError`, else the first error in the order of the corpus: of reading, of a
  ///   worker, of `consume`.
  func run<Output: Sendable>(
    makeWorker: @escaping @Sendable () -> (DocumentBatch) throws -> Output,
    consume: @escaping @Sendable (Output) throws -> Void
  ) async throws {
    let workerCount = try resolvedWorkerCount(workerCount)
    let source = BatchSource(
      try CorpusReader(inputs: inputs, options: options), batchByteCount: batchByteCount,
      byteLimit: byteLimit ?? .max)
    let log = options.log
    let sink = OrderedSink<(output: Output, rejections: [CorpusError], rejectedLines: [[UInt8]])> {
      try log?.add(rejections: $0.rejections, lines: $0.rejectedLines)
      try consume($0.output)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workerCount {
        group.addTask {
          var parser = try DocumentParser(options)
          let process = makeWorker()
          while let (sequence, unparsed, _) = source.next() {
            try Task.checkCancellation()
            let result = Result {
              let batch = try parser.documents(of: try unparsed.get())
              return (
                output: try process(batch), rejections: batch.rejections,
                rejectedLines: batch.rejectedLines
              )
            }
            try sink.take(result, sequence)
            while sink.waitingCount > 4 * workerCount, sink.isAhead(sequence) {
              try Task.checkCancellation()
              await Task.yield()
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

/// Passes outputs on in the order of their numbers.
private final class OrderedSink<Output: Sendable>: Sendable {
  private struct State {
    var waiting: [Int: Result<Output, any Error>] = [:]
    var nextSequence = 0
    /// Whether a thread is passing outputs on; that one takes what comes meanwhile, too.
    var isConsuming = false
    /// Whether one has failed; nothing after it is passed on.
    var hasFailed = false
  }

  private let state = Mutex(State())
  private let consume: @Sendable (Output) throws -> Void

  init(_ consume: @escaping @Sendable (Output) throws -> Void) { self.consume = consume }

  /// Outputs that came before their turn.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Whether outputs before `sequence` are still missing.
  func isAhead(_ sequence: Int) -> Bool { state.withLock { $0.nextSequence <= sequence } }

  /// Takes an output, and passes on those whose turn it is, without the lock: what the caller does
  /// with an output may take its time, and ask anything.
  func take(_ output: Result<Output, any Error>, _ sequence: Int) throws {
    state.withLock { $0.waiting[sequence] = output }
    while let next = next() {
      do {
        try consume(try next.get())
      } catch {
        state.withLock { state in
          state.hasFailed = true
          state.isConsuming = false
        }
        throw error
      }
      state.withLock { $0.isConsuming = false }
    }
  }

  /// The output whose turn it is, for this thread alone to pass on; nil if it has not come, or if
  /// another thread is at work.
  private func next() -> Result<Output, any Error>? {
    state.withLock { state in
      guard !state.isConsuming, !state.hasFailed,
        let next = state.waiting.removeValue(forKey: state.nextSequence)
      else { return nil }
      state.isConsuming = true
      state.nextSequence += 1
      return next
    }
  }
}
