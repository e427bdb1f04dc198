internal import GobbetBPE
internal import GobbetCorpus

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
          // Nobody waits for the output of a worker that has ended early.
          defer { if Task.isCancelled { sink.end() } }
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
            await sink.waitForOthers(before: sequence, limit: 4 * workerCount)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
