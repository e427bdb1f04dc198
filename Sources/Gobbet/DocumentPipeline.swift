internal import GobbetCorpus
internal import Synchronization

/// Reads a corpus in batches, has several workers process them, and takes the outputs in order.
///
/// A worker reads its next batch itself, under a lock, so that no batch waits in a queue; outputs
/// that come early wait for those before them. What is consumed, and in which order, does not
/// depend on the number of workers.
struct DocumentPipeline: Sendable {
  /// How many batches are processed at a time.
  let workerCount: Int
  /// Bytes of text after which a batch is full.
  var batchByteCount = 1 << 20

  /// Runs to the end of the corpus.
  ///
  /// `makeWorker` is called once a worker and gives what turns a batch into an output, with any
  /// state it keeps; `consume` is called with one output at a time.
  /// - Throws: the first error of reading, of a worker or of `consume`; the others then stop.
  func run<Output: Sendable>(
    _ reader: consuming CorpusReader,
    makeWorker: @escaping @Sendable () -> (DocumentBatch) throws -> Output,
    consume: @escaping @Sendable (Output) throws -> Void
  ) async throws {
    let source = BatchSource(reader, batchByteCount: batchByteCount)
    let sink = OrderedSink(consume)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workerCount {
        group.addTask {
          let process = makeWorker()
          while let (sequence, batch) = try source.next() {
            try Task.checkCancellation()
            try sink.take(try process(batch), sequence)
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

/// The batches of a corpus, numbered, handed to whoever asks next.
private final class BatchSource: Sendable {
  private struct State: ~Copyable {
    var reader: CorpusReader
    var nextSequence = 0
  }

  private let state: Mutex<State>
  private let batchByteCount: Int

  init(_ reader: consuming CorpusReader, batchByteCount: Int) {
    state = Mutex(State(reader: reader))
    self.batchByteCount = batchByteCount
  }

  func next() throws -> (sequence: Int, batch: DocumentBatch)? {
    try state.withLock { state in
      guard let batch = try state.reader.nextBatch(byteCount: batchByteCount) else { return nil }
      defer { state.nextSequence += 1 }
      return (state.nextSequence, batch)
    }
  }
}

/// Passes outputs on in the order of their numbers.
private final class OrderedSink<Output: Sendable>: Sendable {
  private struct State {
    var waiting: [Int: Output] = [:]
    var nextSequence = 0
  }

  private let state = Mutex(State())
  private let consume: @Sendable (Output) throws -> Void

  init(_ consume: @escaping @Sendable (Output) throws -> Void) { self.consume = consume }

  /// Outputs that came before their turn.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Whether outputs before `sequence` are still missing.
  func isAhead(_ sequence: Int) -> Bool { state.withLock { $0.nextSequence <= sequence } }

  func take(_ output: Output, _ sequence: Int) throws {
    try state.withLock { state in
      state.waiting[sequence] = output
      while let next = state.waiting.removeValue(forKey: state.nextSequence) {
        state.nextSequence += 1
        try consume(next)
      }
    }
  }
}
