internal import GobbetBPE
internal import GobbetCorpus

/// Reads a corpus in batches, has several workers process them, and takes the outputs in order.
///
/// A worker reads its next batch itself, under a lock, so that no batch waits to be parsed, and parses
/// it. What is consumed, in which order, and which error ends the job do not depend on the number of
/// workers.
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
    typealias Processed = (output: Output, rejections: [CorpusError], rejectedLines: [[UInt8]])
    let outputs = OrderedStage<Result<Processed, any Error>>()
    let queue = PipelineQueue<Never, Never>(openBatchLimit: 5 * workerCount)
    try await queue.run(workerCount: workerCount) {
      var parser = try DocumentParser(options)
      let process = makeWorker()
      return { job in
        guard case .read = job else { return queue.close() }
        guard let (sequence, unparsed, _) = source.next() else { return queue.endCorpus() }
        let result = Result<Processed, any Error> {
          let batch = try parser.documents(of: try unparsed.get())
          return (try process(batch), batch.rejections, batch.rejectedLines)
        }
        try outputs.take(result, sequence) { result, _ in
          let processed = try result.get()
          try options.log?.add(rejections: processed.rejections, lines: processed.rejectedLines)
          try consume(processed.output)
          queue.finishBatches(1)
        }
      }
    }
  }
}
